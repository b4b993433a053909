#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Built-in modules that are written in Lua (lua/lib/): how they are found, what they cost, that they open no way for
# byte code, and that a stop ends them like any code. The module of the tests is tools/testing/library/.

. "$(dirname "$0")/../lib/ktap.sh"

if [ "$KIND" = debian ]; then
	skip "modules in Lua" "the module is that of the packages, which lacks the module of the tests"
	finish
fi
module=lunatik.testing.library
folder=/lib/modules/lua/lunatik/testing
check_says "the module of the tests is not there without testing=1" 1 "module '$module' not found" \
	lunatik eval "require('$module')"
check_says "what is for Rust alone is never found" 1 "module 'internal.resume' not found" \
	lunatik eval 'package.path = "" require("internal.resume")'
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
check_says "with testing=1, too" 1 "module 'internal.resume' not found" \
	lunatik eval 'package.path = "" require("internal.resume")'

# How it is found.
mkdir -p $folder /lib/modules/lua/suite "$WORK/lunatik/testing"
echo "worker.message(require('$module').text.trim(' x '))" >/lib/modules/lua/suite/lib_worker.lua
echo 'return "from a file"' >$folder/library.lua
echo 'return "beside the script"' >"$WORK/lunatik/testing/library.lua"
echo "print(type(require('$module')))" >"$WORK/main.lua"
eval_is "it comes before a file of its name" "table" "return type(require('$module'))"
check_output "also before one beside the script" "table" lunatik run "$WORK/main.lua"
eval_is "no path is needed" "table" "package.path = '' return type(require('$module'))"
eval_is "nor any searcher but the first" "table" "package.searchers[2] = nil return type(require('$module'))"
eval_is "nor any permission" "table	false" -P env "return type(require('$module')), (pcall(load, 'return 1'))"
eval_is "a sealed script finds it" "x" "pledge('~load', '~fs', 'seal') return require('$module').text.trim(' x ')"
eval_is "a worker does" "x" "return worker.receive(worker.create('suite/lib_worker'))"
echo "worker.message(require('$module').list.map({ 60000 }, function(ms)
	worker.message('ready') return (worker.peek(ms)) end)[1])" >/lib/modules/lua/suite/lib_waits.lua
eval_is "a worker waits in it" "answer" "local w = worker.create('suite/lib_waits')
	assert(worker.receive(w) == 'ready') worker.send(w, 'answer') return worker.receive(w)"
eval_is "what a script preloads itself comes first" "own" \
	"package.preload['$module'] = function() return 'own' end return (require('$module'))"
check_says "what it does needs the permission of the script" 1 'permission "fs:read" denied' \
	lunatik eval -P env "require('$module').list.fold({ '/etc/passwd' }, nil, function(_, path) return io.open(path) end)"
rm -r $folder

# Its functions.
echo 'return function(code, ...) return load(code)(...) end' >/lib/modules/lua/suite/lib_child.lua
lua_checks "$SUITE_DIR/lua/lib_functions.lua" "$SUITE_DIR" suite/lib_child
check_says "the error that ends a script shows the module" 1 "[lib $module]:" lunatik eval "require('$module').fail('x')"
check "with its function in the traceback" grep -qE "^[[:space:]]\[lib $module\]:[0-9]+: in (function|field)" "$WORK/stderr"
echo 'return function() error("in the child") end' >/lib/modules/lua/suite/lib_fails.lua
check_says "a resumed runtime's error is its own" 1 "/lib/modules/lua/suite/lib_fails.lua:1: in the child" \
	lunatik eval "local c <close> = require('lunatik').runtime('suite/lib_fails') c:resume()"

# What it costs.
case $KIND in
um | '' | qemu) lua_checks "$SUITE_DIR/lua/lib_cost.lua" "$SUITE_DIR" "$SUITE_DIR/library/lunatik/testing/library.lua" \
	suite/lib_child ;;
*) skip "what it costs" "on this kind Lua's memory is another" ;;
esac

# Stops, while its code runs.
stopped() {
	echo "$2" >"$WORK/stopped.lua"
	lunatik spawn --name suite/stopped "$WORK/stopped.lua"
	check "$1 runs" wait_until 10 sh -c 'lunatik status suite/stopped | grep -q running'
	check "and is stopped" within 5 lunatik stop suite/stopped
	check "and gone" not_running suite/stopped
}
stopped "an endless loop in its code" "return function() require('$module').wait_for(0.5, 1) end"
stopped "one that metamethods make endless" "local m = {}
	m.__add = function(a) return a end
	m.__eq = function() return false end
	return function()
		while true do pcall(require('$module').wait_for, setmetatable({}, m), setmetatable({}, m)) end
	end"
stopped "one that calls back and catches" "local fold = require('$module').list.fold
	return function()
		local function deep() while true do pcall(fold, { 1, 2 }, 0, deep) end end
		deep()
	end"

# Many runtimes that use it at once, and unloading the module.
cat >/lib/modules/lua/suite/lib_busy.lua <<LUA
collectgarbage(...)
local sum = 0
for i = 1, 300 do
	package.loaded["$module"] = nil
	local library = require("$module")
	local heap = library.Heap.new()
	for j = 20, 1, -1 do heap:push(j) end
	sum = sum + heap:pop() + #library.text.base64(library.LONG)
end
worker.message(sum)
LUA
eval_is "16 workers have it on all processors at once" "16	0	25500" "local workers, sums = {}, {}
	for i = 1, 16 do workers[i] = worker.create('suite/lib_busy', i % 2 == 0 and 'generational' or 'incremental') end
	for i = 1, 16 do sums[i] = worker.receive(workers[i]) end
	local other = 0
	for i = 1, 16 do other = other + (sums[i] == sums[1] and 0 or 1) end
	return #sums, other, sums[1]"
eval_is "100 runtimes have it at once" "100" --mem 64M "local runtimes, n = {}, 0
	for i = 1, 100 do runtimes[i] = require('lunatik').runtime('suite/lib_child') end
	for i = 1, 100 do n = n + runtimes[i]:resume([[library = require('$module') return library.list.fold({ 1 }, 0, function(a, b) return a + b end)]]) end
	return n"
cat >"$WORK/holds.lua" <<LUA
runtimes = {}
for i = 1, 100 do
	runtimes[i] = require("lunatik").runtime("suite/lib_child")
	runtimes[i]:resume([[library = require("$module") setmetatable({}, { __gc = function() library.text.base64(library.LONG) end })]])
end
return function() while true do require("$module").text.base64("x") require("linux").schedule(1) end end
LUA
lunatik spawn --name suite/holds "$WORK/holds.lua"
check "a script has 100 of them, whose finalizers use it" wait_until 20 running suite/holds
check "the module is unloaded with all of them" within 20 lunatik unload

# With the parameter bytecode=1, a dumped function can be loaded like any other.
check "the module is loaded with bytecode=1" modprobe lunatik bytecode=1 testing=1
eval_is "what string.dump gives is loaded then" "x" "return load(string.dump(require('$module').text.trim))(' x ')"
check_says "but in no fixed buffer" 1 "invalid mode" lunatik eval "load(string.dump(require('$module').text.trim), 'x', 'bB')"
check "it is unloaded" lunatik unload
rm -f /lib/modules/lua/suite/lib_*.lua
finish
