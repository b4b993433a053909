#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# ltask: services that crash, compute for ever, may do little, or raise errors that nobody waits for.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
folder=/lib/modules/lua
lua=$SUITE_DIR/lua

# shows TEXT: whether lunatik status has a line with the text.
shows() {
	lunatik status | grep -qE -- "$1"
}

# services COUNT: whether so many services are there, the roots included, and those that have failed not.
services() {
	[ "$(lunatik list --all | grep " service " | grep -vc " failed ")" = "$1" ]
}

# Services that crash. The script stays while one service holds the system.
cat >$folder/suite_crasher.lua <<'LUA'
local ltask = require("ltask")
local S = {}
-- The main loop fails when it looks for a handler.
function S.loop()
	setmetatable(ltask.dispatch(), { __index = function() error("the loop fails") end })
end
-- Neither sessions nor the main loop get memory any more.
function S.memory()
	local all = {}
	ltask.mem_limit(1)
	while true do
		all[#all + 1] = {}
	end
end
function S.forever()
	while true do
	end
end
return S
LUA
cat >"$WORK/crashes.lua" <<'LUA'
local kind, count = ...
local main = [[
	local kind, count = "KIND", COUNT
	ltask.spawn_service({ name = "holder", initfunc = "return function() return { hold = print } end" })
	for _ = 1, count do
		local id = ltask.spawn("suite_crasher")
		local ok, err = pcall(ltask.call, id, kind)
		if kind == "loop" then
			ok, err = pcall(ltask.call, id, "nosuch")
		end
		print("caller: " .. tostring(err))
	end
	print("done")
]]
main = main:gsub("KIND", kind):gsub("COUNT", count)
require("ltask.bootstrap").start({ root = { main = main } })
LUA
# crashes KIND COUNT TEXT [OPTIONS...]: services crash, and status says why.
crashes() {
	kind=$1 count=$2 text=$3
	shift 3
	lunatik run --name "suite/$kind" "$@" "$WORK/crashes.lua" "$kind" "$count" >/dev/null
	check "$kind: the system goes on" wait_until 20 sh -c "lunatik logs suite/$kind | grep -q ') done'"
	check "$kind: the caller gets the error" sh -c "lunatik logs suite/$kind | grep -q 'caller: $text'"
	check "$kind: status shows the service below its script, with the error" \
		shows "^  suite_crasher:[0-9]+ +service +failed .* $text"
	check "$kind: list --all, too" sh -c "lunatik list --all | grep -q '^  suite_crasher:'"
	check "$kind: it can be asked for by its name" sh -c "lunatik status suite_crasher:4 | grep -q '$text'"
	check "$kind: the script is stopped" lunatik stop "suite/$kind"
	check "$kind: status still shows the service below its script" \
		sh -c "lunatik status | grep -A1 '^suite/$kind ' | grep -q '^  suite_crasher:'"
	check "$kind: with the script's number" sh -c "lunatik status --json | grep -q '\"parent\": *\"suite/$kind\"'"
	check "$kind: the outcome can be forgotten" lunatik status --clear
	check "$kind: and is" sh -c '! lunatik status | grep -q suite_crasher'
}
crashes loop 1 "the loop fails"
crashes memory 1 "not enough memory"
crashes forever 1 "CPU limit exceeded" --slice 200

# The newest 64 outcomes are kept, and services do not push out scripts.
echo 'error("an old script")' >"$WORK/old.lua"
lunatik run --name suite/old "$WORK/old.lua" >/dev/null 2>&1
lunatik run --name suite/loop "$WORK/crashes.lua" loop 80 >/dev/null
check "80 services crash" wait_until 30 sh -c "lunatik logs suite/loop | grep -q ') done'"
check_output "63 of them are shown" 63 sh -c 'lunatik status | grep -c "suite_crasher:.*failed"'
check "the newest among them" shows "suite_crasher:83 "
check "and the script that has failed before" shows "an old script"
lunatik stop suite/loop
lunatik status --clear
check "nothing is left" services 0

# A service that computes is located, and stopped with its system.
lua_checks "$lua/ltask_run.lua" "$SUITE_DIR" trace 4096
check "trace: all services are gone" wait_until 10 services 0
cat >"$WORK/endless.lua" <<'LUA'
require("ltask.bootstrap").start({ root = { main = [[
	local id = ltask.spawn("suite_crasher")
	ltask.send(id, "forever")
	local begun = ltask.counter()
	local entry = ltask.call(1, "tracelog")[id]
	print("located: " .. tostring(entry.traceback):gsub("\n", " "))
	print("within a second: " .. tostring(ltask.counter() - begun < 1))
]] } })
LUA
lunatik run --name suite/endless "$WORK/endless.lua" >/dev/null
check "a service that computes for ever is located" \
	wait_until 10 sh -c "lunatik logs suite/endless | grep -q 'located: .*suite_crasher.lua:1[5-8]: in '"
[ "$SLOWER" -gt 1 ] || check "within a second" sh -c "lunatik logs suite/endless | grep -q 'within a second: true'"
check "it is stopped with its script" within 5 lunatik stop suite/endless
check "and ends" wait_until 5 services 0

# Permissions: a service may do what its creator may.
lua_checks "$lua/ltask_run.lua" "$SUITE_DIR" permissions 4096
check "permissions: all services are gone" wait_until 10 services 0
cat >"$WORK/pledged.lua" <<'LUA'
pledge("~fs:write", "seal")
local bootstrap = require("ltask.bootstrap")
bootstrap.wait(bootstrap.start({ root = { main = [[
	local id = ltask.spawn_service({ name = "w", initfunc = "return function() return { w = io.open } end" })
	print(ltask.call(id, "w", "/tmp/suite_ltask", "w"))
	error("not reached")
]] } }))
LUA
check_says "permissions: those of the script are inherited" 1 'permission "fs:write" denied' \
	lunatik run --name suite/pledged "$WORK/pledged.lua"
cat >"$WORK/option.lua" <<'LUA'
local bootstrap = require("ltask.bootstrap")
bootstrap.wait(bootstrap.start({ root = { main = [[
	local code = "return function() return { w = io.open, p = function(...) return pcall(pledge, ...) end } end"
	local id = ltask.spawn_service({ name = "w", initfunc = code })
	print(ltask.call(id, "p", "fs:write"))
	print(ltask.call(id, "w", "/tmp/suite_ltask", "w"))
	error("not reached")
]] } }))
LUA
check_says "permissions: and those that -P grants" 1 'permission "fs:write" denied' \
	lunatik run --name suite/option -P load -P fs:read "$WORK/option.lua"

# 8: errors that nobody waits for go to the log.
cat >"$WORK/unheard.lua" <<'LUA'
local bootstrap = require("ltask.bootstrap")
bootstrap.wait(bootstrap.start({ root = { main = [[
	local code = "local ltask = require('ltask') return function() return { eval = function(code, ...)"
		.. " return assert(load(code, '=unheard', 't', { ltask = ltask, error = error }))(...) end } end"
	local a = ltask.spawn_service({ name = "a", initfunc = code })
	local b = ltask.spawn_service({ name = "b", initfunc = code })
	ltask.send(a, "eval", "error('by send')")
	ltask.send(a, "nosuch")
	ltask.call(a, "eval", "ltask.fork(function() error('by fork') end) ltask.fork(error, { 'by table' })")
	ltask.call(a, "eval", "ltask.timeout(0, function() error('by timer') end) ltask.sleep(1)")
	ltask.call(a, "eval", "ltask.post_message(..., 777, 1, ltask.pack('eval', '')) ltask.sleep(1)", b)
	print("lives: " .. ltask.call(a, "eval", "return ltask.self()"))
	ltask.send(1, "quit_ltask")
]] } }))
LUA
lunatik run --name suite/unheard "$WORK/unheard.lua" >"$WORK/unheard.out" 2>&1
for text in "by send" "Unknown request message : nosuch" "by fork" "by table" "by timer"; do
	check "8: the log has the error '$text'" grep -qF "[ERROR]( a ) $text" "$WORK/unheard.out"
done
check "8: with the place" grep -qE "^	unheard:1: in " "$WORK/unheard.out"
check "8: and the service" grep -qE "^	\( service:[0-9]+ \)$" "$WORK/unheard.out"
check "8: an answer that nobody waits for" \
	grep -qE "\[INFO \]\( a \) Unknown response session : 777 from [0-9]+ type 2" "$WORK/unheard.out"
check "8: the service lives" grep -q "lives: " "$WORK/unheard.out"

check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
rm -f $folder/suite_crasher.lua
finish
