#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# ltask: services that call each other. Each check is named after the section of the conformance list that it is for.

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# services COUNT: whether so many services are there, the roots included, and those that have failed not.
services() {
	[ "$(lunatik list --all | grep " service " | grep -vc " failed ")" = "$1" ]
}

# conformance PART [QUEUE [WORKERS]]: runs the checks of one part in a system of its own.
conformance() {
	lua_checks "$SUITE_DIR/lua/ltask_run.lua" "$SUITE_DIR" "$1" "${2:-4096}" ${3:-}
	check "$1: all services are gone" wait_until 10 services 0
}
for part in messages values timers tasks services errors ends trust workers events; do
	conformance $part
done
conformance limits 8
conformance workers 4096 3
conformance events 4096 2
cat >"$WORK/pools.lua" <<-'LUA'
	local linux, testing = require("linux"), require("lunatik.testing")
	local ending = linux.ktime() + 10000000000
	while testing.pool().pools ~= 1 and linux.ktime() < ending do
		linux.schedule(1)
	end
	assert(testing.pool().pools == 1, "a pool is left")
LUA
check "3.2: the pools of systems end with them" lunatik run --name suite/pools "$WORK/pools.lua"
cat >"$WORK/written.lua" <<-'LUA'
	local bootstrap, linux = require("ltask.bootstrap"), require("linux")
	local function workers(given)
		local config = { core = { worker = given } }
		local context = bootstrap.start(config)
		bootstrap.wait(context)
		return config.core.worker
	end
	assert(workers(nil) == linux.numcpus() and workers(0) == linux.numcpus())
	for _, count in ipairs({ 1, 2, 7, 32 }) do
		assert(workers(count) == count)
	end
	assert(workers(33) == 32 and workers(1 << 40) == 32)
	assert(not pcall(workers, -1))
LUA
check "3.2: the number of workers is written back" lunatik run --name suite/written "$WORK/written.lua"
lua_checks "$SUITE_DIR/lua/ltask_outside.lua" "$SUITE_DIR"
check "outside: all services are gone" wait_until 10 services 0
# Where the script leaves its thread while it waits.
lua_checks "$SUITE_DIR/lua/pool_run.lua" 0 ltask_outside "$SUITE_DIR"
check "outside, on the pool: all services are gone" wait_until 10 services 0

# A device whose callbacks call a service.
cat >"$WORK/caller.lua" <<'LUA'
local bootstrap = require("ltask.bootstrap")
local context = bootstrap.start({ core = { external_queue = 4 }, root = { bootstrap = {
	{ name = "caller_service", unique = true, initfunc = [[return function()
		local ltask = require("ltask")
		local S, held = {}, {}
		function S.hold()
			local token = {}
			table.insert(held, token)
			print("holds " .. #held)
			ltask.wait(token)
			return "late"
		end
		function S.count()
			return #held .. ""
		end
		-- Has the calls answered that were given up, and then answers.
		function S.release()
			for _, token in ipairs(held) do
				ltask.wakeup(token)
			end
			ltask.sleep(1)
			return "released"
		end
		function S.external(text)
			table.insert(held, text)
		end
		return S
	end]] },
	{ name = "caller_keeps", initfunc = "return function() return { hang = print } end" },
} } })
bootstrap.call(context, 1, "external_forward", bootstrap.call(context, 1, "queryservice", "caller_service"))
local send = bootstrap.external_sender(context)
local answer
require("device").new({
	name = "suite_caller",
	write = function(_, text)
		if text:find("^external") then
			assert(send(text))
		else
			answer = bootstrap.call(context, "caller_service", text:match("^%a+"))
		end
	end,
	read = function(_, length, offset)
		return answer:sub(offset + 1, offset + length)
	end,
})
LUA
ask() { echo "$1" >/dev/suite_caller && cat /dev/suite_caller; }
count_is() { [ "$(ask count)" = "$1" ]; }
check "call: a script has a device" lunatik run --name suite/caller "$WORK/caller.lua"
check_output "call: a callback of the device calls" "0" ask count
echo hold >/dev/suite_caller 2>"$WORK/given_up" &
pid=$!
holds() { lunatik logs suite/caller | grep -q "holds $1"; }
check "call: a process waits in a call" wait_until 10 holds 1
kill -9 $pid
wait $pid 2>/dev/null
check_output "call: the next process gets its own answer" "1" ask count
check_output "call: also if the answer comes first that nobody wants" "released" ask release
check "3.9: a callback sends a message" sh -c 'echo external >/dev/suite_caller'
check "3.9: which the service receives" wait_until 10 count_is 2
echo hold >/dev/suite_caller 2>"$WORK/stopped" &
pid=$!
check "call: a process waits again" wait_until 10 holds 3
check "call: the script is stopped meanwhile" within 5 lunatik stop suite/caller
check "call: the process goes on" wait_until 10 sh -c "! kill -0 $pid 2>/dev/null"
check "call: all services are gone" wait_until 10 services 0

# The programs of the seed, as they are: PROGRAMS has the text that they were taken from.
if [ -n "${PROGRAMS:-}" ]; then
	sed -n '/^-- user$/,/^return S$/p' "$PROGRAMS" >$folder/user.lua
	sed -n '/^-- root$/,/^```$/p' "$PROGRAMS" | sed '$d' >"$WORK/root.text"
	cat >"$WORK/seed.lua" <<-'LUA'
		local file = assert(io.open((...)))
		local text = file:read("a")
		file:close()
		local bootstrap = require("ltask.bootstrap")
		bootstrap.start({ root = { main = text } })
	LUA
	seed_output() {
		lunatik run --name suite/seed "$WORK/seed.lua" "$WORK/root.text" >/dev/null || return 1
		wait_until 10 sh -c 'lunatik logs suite/seed | grep -q "PING"' || return 1
		lunatik logs suite/seed | sed -n 's/.*(\( [a-z]* \)) \([0-9A-Z].*\)/\1\2/p'
	}
	seed_output >"$WORK/seed.out"
	for line in "Root Start" "User Start" " user 1" " user 2" " user 3" "PING	PONG"; do
		check "the seed's program prints '$line'" grep -q "$line" "$WORK/seed.out"
	done
	check "its service is listed by label and number" sh -c 'lunatik list --all | grep -q " user:[0-9][0-9]* *service "'
	check "it is stopped" within 5 lunatik stop suite/seed
	check "with its services" services 0
	rm -f $folder/user.lua
else
	skip "the seed's program" "PROGRAMS is not set"
fi

# 4.2, 5.6: starting and ending.
echo 'require("ltask.bootstrap").wait(require("ltask.bootstrap").start({}))' >"$WORK/empty.lua"
check "4.2: a system without services ends by itself" within 10 lunatik run --name suite/empty "$WORK/empty.lua"
cat >"$WORK/failing.lua" <<'LUA'
local bootstrap = require("ltask.bootstrap")
bootstrap.wait(bootstrap.start({ root = { bootstrap = { { name = "ltask_nosuch" } } } }))
LUA
check_says "15.24: a service that cannot be started ends the system" 1 "Root fatal: " \
	lunatik run --name suite/failing "$WORK/failing.lua"

# Named services, which say in which order they quit.
cat >$folder/suite_named.lua <<'LUA'
local ltask = require("ltask")
local name = ...
local S = {}
function S.quit()
	print("quits " .. name)
	ltask.sleep(1)
	ltask.quit()
end
return S
LUA
cat >"$WORK/named.lua" <<'LUA'
local hold = ...
local loader = [[
	local name = ...
	local file = package.searchpath("suite_named", package.path)
	local chunk = assert(loadfile(file))
	return function() return chunk(name) end
]]
local list = {}
for i = 1, 3 do
	list[i] = { name = "n" .. i, unique = true, initfunc = loader }
end
if hold then
	list[4] = { name = "ltask_hold", initfunc = "return function() return { hang = print } end" }
end
require("ltask.bootstrap").start({ root = { bootstrap = list } })
LUA
# A failed check shows the whole log.
order() { lunatik logs "$1" | tee /dev/stderr | sed -n 's/.*quits \(n[0-9]\).*/\1/p' | tr '\n' ' '; }
lunatik run --name suite/named "$WORK/named.lua"
check "5.6: named services do not keep a system" wait_until 10 services 0
check_output "15.24: they quit in reverse order" "n3 n2 n1 " order suite/named
lunatik run --name suite/held "$WORK/named.lua" hold
check "5.6: an anonymous one does" services 6
check "the services lie below the script" sh -c "lunatik status | grep -q '^    ltask_hold:'"
check "3.10: the script is stopped" within 5 lunatik stop suite/held
check "with all services" services 0
check_output "3.10: in order" "n3 n2 n1 " order suite/held

# 6.7: the log.
cat >"$WORK/log.lua" <<'LUA'
local bootstrap = require("ltask.bootstrap")
bootstrap.wait(bootstrap.start({ root = { main = "ltask.log.error('a', nil, 1)" } }))
LUA
log_line() {
	lunatik run --name suite/log "$WORK/log.lua" |
		grep -q '^\[[0-9-]* [0-9:]*\.[0-9][0-9]\]\[ERROR\]( root ) a	nil	1$'
}
check "6.7: a line of the log" log_line
cat >"$WORK/full.lua" <<'LUA'
local bootstrap = require("ltask.bootstrap")
-- This logger reads nothing.
local logger = { name = "logger", unique = true, initfunc = "return function() return {} end" }
bootstrap.wait(bootstrap.start({ root = { bootstrap = { logger }, main = [[
	for _ = 1, 100000 do
		ltask.pushlog("info", "")
	end
	local lost = require("ltask.system").lost_logs()
	assert(lost > 90000 and lost < 100000, lost)
]] } }))
LUA
check "6.7: texts without bytes fill the log, too" lunatik run --name suite/full "$WORK/full.lua"

check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
rm -f $folder/suite_named.lua
finish
