#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# In which context a script runs: how users say it, what is refused, and what differs while the script is loaded.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
folder=/lib/modules/lua
# A body that says what it was loaded with, and what it is called with.
echo 'local n, first = select("#", ...), ...
return function(...) return n, first, ... end' >$folder/suite_body.lua
echo 'print(...)' >args.lua
echo 'return ...' >results.lua
echo 'return function() end, "after it"' >body.lua
field() { lunatik status "$1" --json | sed -n "s/.*\"$2\": \"*\([^\",]*\).*/\1/p"; }

# The command.
check_output "a script for hooks is run, and its function is no result" "" lunatik run -c softirq body.lua
check_output "it stays, and list shows its name alone" "body" lunatik list
check_output "status shows where its code runs" "body run (softirq)" sh -c 'lunatik status body | awk "/^body/ { print \$1, \$2, \$3 }"'
check_output "so does list --all" "body run (softirq)" sh -c 'lunatik list --all | awk "/^body/ { print \$1, \$2, \$3 }"'
check_output "and the JSON" "softirq" field body class
check_output "it may use 4 MiB" "4194304" field body memory_limit
check "it is stopped" within 10 lunatik stop body
check "and gone" not_running body
check_output "elsewhere a function is a result" "function" sh -c 'lunatik run body.lua | cut -d: -f1'
check_output "whose script is one of processes" "process" field body class
check_output "other results are printed" "a	b" lunatik run --context softirq results.lua a b
check_output "a limit of one's own holds" "8388608" sh -c 'lunatik run -c softirq --mem 8M body.lua && lunatik status body --json | sed -n "s/.*\"memory_limit\": \([0-9]*\).*/\1/p"'
lunatik stop body
check_says "the limit is kept" 1 "not enough memory" lunatik run -c softirq - <<'L'
local t = {} for i = 1, 8192 do t[i] = ("x"):rep(1000) .. i end
L
check_output "a process may take as much" "8192" lunatik run - <<'L'
local t = {} for i = 1, 8192 do t[i] = ("x"):rep(1000) .. i end return #t
L

# The word after the script.
check_output "a context after the script is none of its arguments" "a	-b" lunatik run args.lua softirq a -b
check_output "it is its context" "softirq" field args class
check_output "so is the word process" "a" lunatik run args.lua process a
check_output "one after -- is an argument" "softirq	a" lunatik run -- args.lua softirq a
check_output "one beside -c, too" "softirq" lunatik run -c process args.lua softirq
check_output "one that is not the first, too" "a	softirq" lunatik run args.lua a softirq
check_output "other words are" "Softirq	soft" lunatik run args.lua Softirq soft

# What is refused.
check_says "an unknown context is wrong usage" 2 "[possible values: process, softirq, hardirq]" lunatik run -c irq args.lua
check_says "hardirq is told to be missing" 1 "hardirq runtimes are not supported yet: use softirq" lunatik run -c hardirq --name never args.lua
check_says "as a word, too" 1 "hardirq runtimes are not supported yet: use softirq" lunatik run --name never args.lua hardirq
check_says "a thread is for processes" 2 "runtime context mismatch: thread needs process" lunatik spawn -c softirq --name never body.lua
check_says "of any context" 2 "runtime context mismatch: thread needs process" lunatik spawn -c hardirq --name never body.lua
check_status "nothing was made" 3 lunatik status never
check_output "the word process is an argument of what is spawned" "process" sh -c 'echo "print(...) return function() end" >spawned.lua; lunatik spawn spawned.lua process'
check_output "spawn takes the context that it needs" "a" lunatik spawn -c process spawned.lua a

# Files.
check_output "no hook can use files, so io is no global" "nil	table	true" lunatik run -c softirq - <<'L'
local io_now, found = io, require("io")
print(io_now, type(found), found == package.loaded.io)
L
check_output "while the script is loaded they can be read" "Linux" lunatik run -c softirq - <<'L'
print(require("io").open("/proc/version"):read("a"):match("%w+"))
L
check_output "elsewhere io is one" "table" lunatik run - <<'L'
print(type(io))
L

# While a script is loaded that hooks will call; and with nothing permitted, for a mismatch comes first.
for permissions in all env; do
	within 60 lunatik run -c softirq -P $permissions -P load -P fs:read --name suite/contexts "$SUITE_DIR/lua/contexts_start.lua" \
		"$SUITE_DIR" >contexts_start.out 2>contexts_start.err
	take_checks contexts_start $?
	check "nothing of it is left ($permissions)" not_running suite/contexts
done

# From Lua.
lua_checks "$SUITE_DIR/lua/contexts_lua.lua" "$SUITE_DIR"
lunatik eval 'require("lunatik.runner").run("suite_body", "softirq", { mem = 2 << 20 })'
check_output "a script that Lua runs for hooks stays with its context" "softirq" field suite_body class
check_output "and its limit" "2097152" field suite_body memory_limit
lunatik stop suite_body
echo 'local runtime = require("lunatik").runtime
process, hooks = runtime("suite_body"), runtime("suite_body", "softirq")
return function() end' >parent.lua
lunatik run -c softirq parent.lua
lunatik status --clear
check_output "children are shown with their own" "parent run (softirq)
suite_body child ready
suite_body child (softirq)" sh -c 'lunatik status | awk "/parent|suite_body/ { print \$1, \$2, \$3 }"'
lunatik shutdown
lunatik status --clear

# The module's default, if that is less.
lunatik unload
modprobe lunatik memory_mib=2
lunatik run -c softirq body.lua
check_output "the default of the module is no less than it says" "2097152" field body memory_limit
lunatik unload
lunatik load
rm -f $folder/suite_body.lua
finish
