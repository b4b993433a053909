#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Where scripts and their modules are found, and how a script learns about itself: package.path and arg.

. "$(dirname "$0")/../lib/ktap.sh"

DIR=/lib/modules/lua/suite
mkdir -p $DIR/part "$WORK/a/deep/er" "$WORK/b" "$WORK/odd;one"
cd "$WORK/a" || exit 1
WORK_REAL=$(cd "$WORK" && pwd -P)

# Modules that are missing.
eval_is "require says what was tried, and nothing else" "module 'suite.missing' not found:
	no field package.preload['suite.missing']
	no file '/lib/modules/lua/suite/missing.lua'
	no file '/lib/modules/lua/suite/missing/init.lua'" 'return select(2, pcall(require, "suite.missing"))'
eval_is "without a path only what is preloaded" "module 'x' not found:
	no field package.preload['x']" 'package.path = "" return select(2, pcall(require, "x"))'
eval_is "with a path of one" "module 'x' not found:
	no field package.preload['x']
	no file '/nowhere/x'" 'package.path = "/nowhere/?" return select(2, pcall(require, "x"))'
eval_is "nothing is said of libraries in C" "2	" 'return #package.searchers, package.cpath'
eval_is "a searcher can be added" "found	x" 'table.insert(package.searchers, function(name) return function() return "found" end, name end)
	return require("x")'
check_says "a path that is no string is told" 1 "'package.path' must be a string" lunatik eval 'package.path = nil require("x")'

# Modules beside the script.
echo 'return "beside"' >suite_near.lua
echo 'return require("suite_near"), (require("deep"))' >main.lua
echo 'return "init"' >deep/init.lua
echo 'return "other"' >../b/suite_near.lua
echo 'print((require("suite_near")))' >../b/main.lua
check_output "a local script finds modules in its folder" "beside	init" lunatik run main.lua
check_output "by ./" "beside	init" lunatik run ./main.lua
check_output "by an absolute path" "beside	init" lunatik run "$WORK/a/main.lua"
check_output "by ../" "beside	init" sh -c 'cd deep/er && lunatik run ../../main.lua'
check_output "each in its own" "other" lunatik run ../b/main.lua
ln -s ../a/main.lua ../b/link.lua
check_output "through a link where the file is" "beside	init" lunatik run ../b/link.lua
check_output "and spawned" "near" sh -c 'echo "local near = require([[suite_near]]) return function() print(near == [[beside]] and [[near]]) end" >spawned.lua
	lunatik spawn spawned.lua
	for i in 1 2 3 4 5 6 7 8 9 10; do lunatik list | grep -q spawned || break; usleep 100000; done
	lunatik logs spawned'
echo 'return package.path' >path.lua
check_output "the folder comes first" "$WORK_REAL/a/?.lua;$WORK_REAL/a/?/init.lua;/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua" \
	lunatik run path.lua
cp path.lua "../odd;one/"
check_output "a folder that no template can say is none" "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua" \
	lunatik run "../odd;one/path.lua"
check_output "standard input has the current one" "$WORK_REAL/a/?.lua;$WORK_REAL/a/?/init.lua;/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua" sh -c 'lunatik run - <path.lua'
check_output "so it finds modules there" "beside	init" sh -c 'lunatik run - <main.lua'
echo 'return require("deep.er.inner") .. " of " .. ...' >deep/outer.lua
echo 'return "inner"' >deep/er/inner.lua
echo 'return require("deep.outer")' >subfolders.lua
check_output "modules in subfolders find each other from the script's folder" "inner of deep.outer	$WORK_REAL/a/deep/outer.lua" lunatik run subfolders.lua
check_output "of standard input, too" "inner of deep.outer	$WORK_REAL/a/deep/outer.lua" sh -c 'lunatik run - <subfolders.lua'
mkdir -p $DIR/deep/er
cp deep/outer.lua $DIR/deep/
cp deep/er/inner.lua $DIR/deep/er/
cp subfolders.lua $DIR/
check_output "and of a name" "inner of deep.outer	$DIR/deep/outer.lua" lunatik run suite/subfolders
rm -r $DIR/deep $DIR/subfolders.lua
check_says "but not from their own" 1 "module 'er.inner' not found" sh -c "cd deep && echo 'return require(\"er.inner\")' >../own.lua && lunatik run ../own.lua"
eval_is "nor has eval" "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua" 'return package.path'
echo 'return "part"' >$DIR/part/near.lua
echo 'return require("near"), package.path' >$DIR/part/main.lua
check_output "a script with a name finds what lies beside it" \
	"part	$DIR/part/?.lua;$DIR/part/?/init.lua;/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua" lunatik run suite/part/main
echo 'require("near") return function() return (require("near")) end' >$DIR/part/child.lua
eval_is "so does a child" "part" 'local child <close> = require("lunatik").runtime("suite/part/child") return child:resume()'
echo 'worker.message(require("near"))' >$DIR/part/worker.lua
eval_is "and a worker" "part" 'return worker.receive(worker.create("suite/part/worker"))'
check_says "permission to read stays needed" 1 "permission \"fs:read\" denied for '$WORK_REAL/a/suite_near.lua'" \
	lunatik run -P load -P "fs:read=/lib/modules/*" main.lua
check_output "and is enough" "beside	init" lunatik run -P load -P "fs:read=$WORK_REAL/a/*" -P "fs:read=/lib/modules/*" main.lua
check_says "as is permission to load" 1 'permission "load" denied' lunatik run -P fs main.lua
if unshare -m true 2>/dev/null; then
	check_output "who sees other paths than the kernel has no folder" "/lib/modules/lua/?.lua;/lib/modules/lua/?/init.lua" \
		unshare -m lunatik run path.lua
else
	skip "who sees other paths than the kernel has no folder" "there is no unshare here"
fi

# arg.
echo 'print(#arg, arg[0], arg[-1], arg[-2], arg[-3], table.concat(arg, ","), select("#", ...))' >args.lua
cp args.lua $DIR/args.lua
check_output "arg has the script and its arguments" "3	args.lua	run	lunatik	nil	a,b c,-x	3" lunatik run args.lua a "b c" -x
check_output "without arguments only the script" "0	./args.lua	run	lunatik	nil		0" lunatik run ./args.lua
check_output "with a name it is that" "1	suite/args	run	lunatik	nil	x	1" lunatik run suite/args x
check_output "standard input is -" "1	-	run	lunatik	nil	x	1" sh -c 'lunatik run - x <args.lua'
eval_is "eval has it, too" "(command line)	x	eval" 'return arg[0], arg[1], arg[-1]' x
echo 'return function() return arg[0], arg[1], arg[2].field, arg[-1] end' >$DIR/values.lua
eval_is "from Lua its elements are values" "suite/values	1.5	x	runtime" '
	local child <close> = require("lunatik").runtime("suite/values", 1.5, { field = "x" }) return child:resume()'
echo 'worker.message({ arg[0], arg[1], arg[-1] })' >$DIR/worker.lua
eval_is "a worker has it" "suite/worker	7	worker" 'return table.unpack(worker.receive(worker.create("suite/worker", 7)))'
eval_is "it is a table as any other" "nil" 'arg = nil return arg'

# Files that exist exactly as they are named.
echo 'worker.message("lus " .. ...)' >$DIR/slow_task.lus
eval_is "a worker is the file that its name says" "lus x" 'return worker.receive(worker.create("suite/slow_task.lus", "x"))'
eval_is "also beside its parent" "lus y" -P load -P "fs:read=$DIR/*" 'return worker.receive(worker.create("suite/slow_task.lus", "y"))'
echo 'return worker.receive(worker.create("./slow_task.lus", "z"))' >$DIR/parent.lua
check_output "and with ./" "lus z" lunatik run suite/parent
echo 'worker.message("local " .. ...)' >local_task.lus
echo 'return worker.receive(worker.create("./local_task.lus", "w"))' >parent.lua
for path in parent.lua ./parent.lua "$WORK/a/parent.lua" ../a/parent.lua; do
	check_output "beside a local script, too ($path)" "local w" lunatik run "$path"
done
echo 'return "named", arg[0]' >$DIR/named.lus
check_output "run takes it, too" "named	suite/named.lus	" sh -c 'printf "%s\t\n" "$(lunatik run suite/named.lus)"'
check "under that name" sh -c 'lunatik status suite/named.lus | grep -q finished'
echo 'return function() return "resumed" end' >$DIR/body.lus
eval_is "so does a child" "resumed" 'local child <close> = require("lunatik").runtime("suite/body.lus") return child:resume()'
check "and spawn" lunatik spawn suite/body.lus
check "whose messages name the file" sh -c "echo 'error()' >$DIR/bad.lus; lunatik run suite/bad.lus 2>&1 | grep -q '$DIR/bad.lus:1:'"
mkdir -p $DIR/folder
echo 'return "with suffix"' >$DIR/folder.lua
check_output "a folder of that name is no script" "with suffix" lunatik run suite/folder
echo 'return "as named"' >$DIR/both
echo 'return "with suffix"' >$DIR/both.lua
check_output "of two files the one that is named is taken" "as named" lunatik run suite/both
eval_is "with its suffix, the other one" "with suffix" '
	local runner = require("lunatik.runner")
	local f = io.open("/lib/modules/lua/suite/both.lua", "w") f:write("require(\"rcu\") require(\"lunatik\")._ENV.suite_both = \"with suffix\"") f:close()
	runner.run("suite/both.lua")
	local said = require("lunatik")._ENV.suite_both
	require("lunatik")._ENV.suite_both = nil
	return said'
check_says "what is neither is told with its suffix" 3 "there is no file /lib/modules/lua/suite/none.lus.lua" lunatik run suite/none.lus
check_says "for a worker, too" 1 "there is no file /lib/modules/lua/suite/none.lus.lua" \
	lunatik eval 'worker.receive(worker.create("suite/none.lus"))'

# The module that Documentation/adding-a-module.md explains.
check_fails "the example of a module is offered to tests only" lunatik eval 'require("lunatik.example")'
lunatik unload
modprobe lunatik testing=1
mkdir -p $DIR
echo 'local counter = worker.peek() counter:add(2) worker.message(counter)' >$DIR/adds.lua
eval_is "it counts, and its objects travel" "5	7	true	8" '
	local counter = require("lunatik.example").counter(5)
	local first = counter:add(0)
	local w = worker.create("suite/adds")
	worker.send(w, counter)
	local again = worker.receive(w)
	local table = require("rcu").table(2)
	table.counter = again
	return first, table.counter:add(1), again == counter, counter:add(0)'
check_says "another object is none" 1 "example.counter expected, got rcu.table" \
	lunatik eval 'local c = require("lunatik.example").counter() c.add(require("rcu").table(2), 1)'
check_says "it asks for its permission" 1 "permission" \
	lunatik eval -P load 'local c = require("lunatik.example").counter() c:add(1)'
rm -r $DIR
finish
