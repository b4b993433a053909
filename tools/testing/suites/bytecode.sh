#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Binary chunks: every path refuses them, and every path accepts them with the module parameter bytecode=1, which a
# locked-down kernel refuses.

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua
cat >"$WORK/dump.lua" <<'EOF'
local text = string.dump(load("local a, b = ... return 'binary', a, b, function() return 7 // 2, 0.5 end", "=dumped"))
local file = assert(io.open((...), "wb"))
file:write(text)
file:close()
return #text > 50, text:sub(1, 4) == "\27Lua"
EOF
# Each path, as a script with the binary file as its argument, by name.
echo 'local f = assert(io.open(...)) local s = f:read("a") f:close() return assert(load(s, "=x"))(1)' >"$WORK/load.lua"
echo 'local f = assert(io.open(...)) return assert(load(function() return f:read(7) end, "=x", "bt"))(1)' >"$WORK/pieces.lua"
echo 'local f = assert(io.open(...)) local s = f:read("a") f:close() return assert(load(s, "=x", "b"))(1)' >"$WORK/mode.lua"
echo 'return assert(loadfile(...))(1)' >"$WORK/loadfile.lua"
echo 'return dofile((...))' >"$WORK/dofile.lua"
echo 'package.path = "/lib/modules/lua/?.luac" return require("suite_binary")' >"$WORK/require.lua"
run_path() { within 60 lunatik run --name "path/$1" "$WORK/$1.lua" $folder/suite_binary.luac; }

check_output "string.dump works without the parameter" "true	true" \
	lunatik run "$WORK/dump.lua" $folder/suite_binary.luac
lunatik stop dump >/dev/null 2>&1
for path in load pieces mode loadfile dofile require; do
	check_says "$path refuses a binary chunk" 1 "attempt to load a binary chunk (mode is 't')" run_path $path
done
cp $folder/suite_binary.luac "$WORK/script.lua"
check_says "run refuses a binary script" 1 "attempt to load a binary chunk (mode is 't')" lunatik run "$WORK/script.lua"
cp $folder/suite_binary.luac $folder/suite_script.lua
check_says "also by name" 1 "attempt to load a binary chunk (mode is 't')" lunatik run suite_script
check_output "no script of them is left" "" lunatik list

lunatik unload >/dev/null 2>&1
check "the module is loaded with bytecode=1" modprobe lunatik bytecode=1
for path in load pieces mode loadfile; do
	check_output "$path takes a binary chunk then" "binary	1	nil" sh -c \
		"lunatik run --name path/$path $WORK/$path.lua $folder/suite_binary.luac | cut -f 1-3"
done
check_output "dofile, too" "binary	nil	nil" sh -c "lunatik run --name path/dofile $WORK/dofile.lua $folder/suite_binary.luac | cut -f 1-3"
check_output "require, too" "binary	$folder/suite_binary.luac" sh -c "lunatik run --name path/require $WORK/require.lua"
eval_is "functions survive the round trip, with upvalues, constants and nested functions" "3	0.5	x	-9223372036854775808" \
	'local up = "x" local function f() return function() return 7 // 2, 0.5, up, math.mininteger end end
	local g = load(string.dump(f), "f", "b") debug.setupvalue(g, 1, "x") debug.setupvalue(g, 2, _ENV) return g()()'
eval_is "stripped ones, too" "42" 'return load(string.dump(load("local a = ... return a * 2"), true))(21)'
check_says "a text is no binary chunk" 1 "attempt to load a text chunk (mode is 'b')" \
	lunatik eval 'assert(load("return 1", "=x", "b"))'
check_says "one that is cut off is an error" 1 "truncated" \
	lunatik eval 'assert(load(string.dump(load("return 1")):sub(1, -5)))'
lunatik unload

lockdown=/sys/kernel/security/lockdown
if [ -w $lockdown ] && echo integrity >$lockdown 2>/dev/null; then
	check_fails "a locked-down kernel refuses the parameter" modprobe lunatik bytecode=1
	check "and says why" sh -c 'dmesg | grep -q "bytecode=1 is refused because the kernel is locked down"'
	check "without it the module is loaded" modprobe lunatik
	check "and unloaded" rmmod lunatik
else
	skip "a locked-down kernel refuses the parameter" "this kernel knows no lockdown"
fi
rm -f $folder/suite_binary.luac $folder/suite_script.lua
finish
