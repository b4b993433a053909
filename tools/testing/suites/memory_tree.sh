#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Memory of a tree of runtimes: all of it counts against the root, and is given back.

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua
# script NAME: a script of the suite, from standard input.
script() { cat >"$folder/suite_$1.lua"; }
used() { lunatik status "$1" --json | sed -n 's/.*"memory_used": \([0-9]*\).*/\1/p'; }

script takes <<'LUA'
return function(size)
	local held, count = {}, 0
	pcall(function()
		while count < 1 << 20 do
			held[count + 1] = ("x"):rep((size or 1000) - 8) .. ("%08d"):format(count)
			count = count + 1
		end
	end)
	return count * (size or 1000)
end
LUA
echo 'worker.peek()' | script waits
echo 'local t = {} local good = pcall(function() for i = 1, 1 << 20 do t[i] = ("x"):rep(1000) .. i end end)
t = nil collectgarbage() worker.message(good)' | script fills

name=memory_tree
within 300 lunatik run --mem 8M --name suite/tree "$SUITE_DIR/lua/memory_tree.lua" "$SUITE_DIR" >"$WORK/$name.out" 2>"$WORK/$name.err"
status=$?
lunatik stop suite/tree >/dev/null 2>&1
take_checks memory_tree "$status"

eval_is "a path of megabytes is refused, without a warning" "true" \
	'return select(2, pcall(require("llthreads2.ex").new, "@" .. ("x"):rep(16 << 20))):find("File name too long") ~= nil'

# The memory of a script's children shows in its status, and is given back when they end.
cat >"$WORK/parent.lua" <<'LUA'
made = {}
for i = 1, 100 do
	made[i] = worker.create("suite_waits")
end
return function()
	repeat
		require("linux").schedule(20)
	until require("thread").shouldstop()
end
LUA
check "a script makes a hundred workers" lunatik spawn --mem 16M --name suite/parent "$WORK/parent.lua"
check "its status counts what they take" test "$(used suite/parent)" -gt 1800000
check "it is stopped" lunatik stop suite/parent

# The counted memory compared with the memory that the machine has given, for large and small blocks, on a machine that
# has allocated such blocks before.
machine() { awk '/MemFree/ { print $2 }' /proc/meminfo; }
# counted SIZE: lets a script that stays for its device fill 24 MiB with blocks of that size, and compares.
counted() {
	echo "T = {} for i = 1, (24 << 20) // $1 do T[i] = ('x'):rep($1 - 24) end collectgarbage() collectgarbage()
		require('device').new({ name = 'suite_fill' })" >"$WORK/fill.lua"
	before=$(machine)
	lunatik run --mem 60M --name suite/fill "$WORK/fill.lua" || return 1
	counted=$(($(used suite/fill) / 1024))
	given=$((before - $(machine)))
	lunatik stop suite/fill
	echo "# blocks of $1: counted $counted KiB, the machine gave $given KiB"
	[ "$counted" -gt $((16 << 10)) ] && [ "$given" -lt $((counted + counted / 20 + 2048)) ]
}
for size in 9000 33000 70000 300000 1048600 9000000; do
	check "blocks of $size count what they take" counted "$size"
done

# All runtimes together have a bound, too.
check "the module is unloaded" modprobe -r lunatik
check "and loaded with 24 MiB for all" modprobe lunatik total_mib=24
check_says "no script gets more" 1 "not enough memory" lunatik eval 'return #("x"):rep(25 << 20)'
cat >"$WORK/half.lua" <<'LUA'
X = ("x"):rep(14 << 20)
require("device").new({ name = "suite_half" })
LUA
check "one takes half" lunatik run --name suite/one "$WORK/half.lua"
check_says "another does not get the same" 1 "not enough memory" lunatik run --name suite/two "$WORK/half.lua"
check "until the first one ends" lunatik stop suite/one
check "then it does" lunatik run --name suite/two "$WORK/half.lua"
check "and ends" lunatik stop suite/two
finish
