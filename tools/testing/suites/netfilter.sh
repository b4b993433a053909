#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Hooks of netfilter: what can be registered, what becomes of packets by verdicts, marks and priorities, and who may
# register what.
#
# leaks: scripts that fail while they register hooks leave nothing

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik hook_slice_ms="$HOOK_LONG_SLICE_MS" || exit 1
set_up "the loopback device is up" network_loopback root

# What can be registered.
lunatik run -c softirq --name suite/register "$SUITE_DIR/lua/netfilter_register.lua" "$SUITE_DIR" \
	>"$WORK/netfilter_register.out" 2>"$WORK/netfilter_register.err"
take_checks netfilter_register $?
check "register's fields: packets pass by dozens of hooks" pings
check "register's fields: these hooks end" stop register
echo 'require("netfilter").register({})' >"$WORK/process.lua"
check_says "errors: hooks are for scripts of class softirq" 1 "runtime context mismatch: netfilter needs softirq" \
	lunatik run --name suite/none "$WORK/process.lua"
check_says "errors: a mismatch comes before a denied permission" 1 "runtime context mismatch: netfilter needs softirq" \
	lunatik run --name suite/none -P load -P fs:read "$WORK/process.lua"
hook sealed "$LOCAL_IN" 'list[1] = select(2, pcall(netfilter.register, { hook = print, pf = 2, hooknum = 3, priority = 0 })) return ACCEPT'
pings >/dev/null
check_output "errors: a sealed runtime registers nothing" "netfilter.register: not in atomic context" ask sealed list
stop sealed
echo 'require("netfilter").register({ hook = print, pf = 5, hooknum = 0, priority = 0, dev = "none" })' >"$WORK/device.lua"
check_says "errors: the device does not exist" 1 "ENODEV" lunatik run -c softirq --name suite/none "$WORK/device.lua"
check_fails "errors: a script whose start has failed is not there" running suite/none

# Verdicts.
check "verdicts: a hook that accepts" hook accepts "$LOCAL_IN" "return ACCEPT"
check "verdicts: ACCEPT lets packets through" pings
check_output "verdicts: each packet calls the function once" 6 ask accepts seen
check_output "verdicts: the counts are those of the function" 6 ask accepts runs
check_output "verdicts: none of them has failed" 0 ask accepts failures
stop accepts
check "verdicts: a hook that drops" hook drops "$LOCAL_IN" "return DROP"
check_fails "verdicts: DROP loses packets" ping_once
check_output "verdicts: the function has seen the request" 1 ask drops seen
check_output "verdicts: a dropped packet is no failure" 0 ask drops failures
stop drops
check "verdicts: without the hook packets pass" pings
for queue in 0 1 65535; do
	check "verdicts: a hook that queues, queue $queue" hook queues "$LOCAL_IN" "return QUEUE | $queue << 16"
	check_fails "verdicts: packets of queue $queue, for which nobody listens, are lost" ping_once
	check_output "verdicts: the function was called, queue $queue" 1 ask queues runs
	check_output "verdicts: a queue is no failure, queue $queue" 0 ask queues failures
	stop queues
done
hook float "$LOCAL_IN, fallback = nf.action.DROP" "return 1.0"
check "verdicts: a float with an integer value is a number" pings
stop float

# Verdicts that are none, each with both fallbacks.
for verdict in 2 4 5 6 -1 '1<<16|1' '1<<16' 'QUEUE|0x8000' '1<<32|1' math.maxinteger math.mininteger nil true '"1"' \
	'"x"' '{}' print 1.5 0/0 1e300 ''; do
	hook invalid "$LOCAL_IN" "return $verdict"
	check "invalid verdicts: ${verdict:-none} is ACCEPT" pings
	check_output "invalid verdicts: ${verdict:-none} counts as a failure" 6 ask invalid failures
	stop invalid
	hook invalid "$LOCAL_IN, fallback = nf.action.DROP" "return $verdict"
	check_fails "fallback: ${verdict:-none} is DROP where that is the fallback" ping_once
	check_output "fallback: ${verdict:-none} counts as a failure, too" 1 ask invalid failures
	stop invalid
done
hook invalid "$LOCAL_IN" "return 7"
pings >/dev/null
check "invalid verdicts: the log says so" \
	wait_until 5 sh -c 'lunatik logs suite/invalid 2>&1 | grep -qF "suite/invalid: hook local_in: invalid result"'
stop invalid
for body in 'error("no")' 'error({})' 'error()' 'local x = nil + 1' 'require("linux").schedule(1)' 'coroutine.yield()'; do
	hook fails "$LOCAL_IN, fallback = nf.action.DROP" "$body return ACCEPT"
	check_fails "fallback: the packets of $body are lost" ping_once
	check_output "fallback: $body is a failure" 1 ask fails failures
	stop fails
done
hook device "pf = nf.proto.NETDEV, hooknum = nf.netdev.INGRESS, priority = 0, dev = 'lo'" "return QUEUE"
check "invalid verdicts: QUEUE at a device" pings
check_output "invalid verdicts: it counts as a failure" 6 ask device failures
stop device

# Marks.
LOCAL_OUT="pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_OUT, priority = 0"
hook marks "$LOCAL_OUT" "return ACCEPT, 7"
hook seven "$LOCAL_IN, mark = 7" "list[1] = skb:mark() return ACCEPT"
hook eight "$LOCAL_IN, mark = 8" "return ACCEPT"
hook zero "$LOCAL_IN, mark = 0" "return ACCEPT"
hook any "$LOCAL_IN" "return ACCEPT"
check "marks: packets with a mark arrive" pings
check_output "marks: the second result is the mark" 7 ask seven list
check_output "marks: a hook for the mark gets them" 6 ask seven seen
check_output "marks: one for another mark gets none" 0 ask eight seen
check_output "marks: nor are they missed" 0 ask eight missed
check_output "marks: nor does one for the mark 0" 0 ask zero seen
check_output "marks: a hook without a mark gets all" 6 ask any seen
ask marks stop >/dev/null
pings >/dev/null
check_output "marks: packets without a mark have the mark 0" 6 ask zero seen
check_output "marks: and no other" 6 ask seven seen
check_output "marks: a hook without a mark gets them, too" 12 ask any seen
for script in marks seven eight zero any; do
	stop $script
done
for mark in '0xffffffff:4294967295' '-1:4294967295' '1<<32|5:5' 'nil:0' '"x":0' 'true:0' '9.0:9'; do
	hook marks "$LOCAL_OUT" "return ACCEPT, ${mark%:*}"
	hook marked "$LOCAL_IN" "list[1] = skb:mark() return ACCEPT"
	check "marks: packets with a second result of ${mark%:*} arrive" pings
	check_output "marks: ${mark%:*} is ${mark#*:}" "${mark#*:}" ask marked list
	stop marks
	stop marked
done

# Priorities.
lunatik run -c softirq --name suite/order - <<'LUA'
local netfilter, nf = require("netfilter"), require("linux.nf")
local order = {}
for _, priority in ipairs({ 5, -400, 100, 0, -1, 2147483647, -2147483648 }) do
	netfilter.register({
		pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = priority,
		hook = function()
			order[#order + 1] = priority
			return nf.action.ACCEPT
		end,
	})
end
return function()
	return table.concat(order, " ", 1, 7)
end
LUA
pings >/dev/null
check_output "priorities: hooks are called in ascending order" "-2147483648 -400 -1 0 5 100 2147483647" ask order list
stop order
hook second "pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = 11" "return ACCEPT"
hook first "pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = 10" "if seen <= 2 then return DROP end return ACCEPT"
packets ping 127.0.0.1 --count 3 --timeout-ms $((200 * SLOWER)) >/dev/null
check_output "priorities: what the first hook drops does not get to the second" "4 2" echo "$(ask first seen) $(ask second seen)"
stop first
stop second
hook one "$LOCAL_IN" "return ACCEPT"
hook two "$LOCAL_IN" "return ACCEPT"
pings >/dev/null
check_output "priorities: two scripts may have hooks at the same place" "6 6" echo "$(ask one seen) $(ask two seen)"
stop one
stop two

# The object, while packets come.
hook object "$LOCAL_IN, fallback = nf.action.DROP" "return DROP"
check_fails "enable: the function is called" ping_once
ask object enable false
check "enable: after enable(false), packets pass by" pings
check_output "enable: they do not call the function" 1 ask object runs
check_output "enable: and are not missed" 0 ask object missed
ask object enable true
check_fails "enable: after enable(true) the function is called again" ping_once
ask object stop
check "stop: after it, packets pass" pings
check_output "stop: they do not call the function" 2 ask object runs
ask object enable true
check "stop: enable changes nothing then" pings
stop object
hook itself "$LOCAL_IN" "if seen == 2 then hook:stop() end return ACCEPT"
check "stop: a function stops its own hook" pings
check_output "stop: and is called no more" 2 ask itself seen
stop itself
hook itself "$LOCAL_IN" "if seen == 2 then hook:enable(false) end return ACCEPT"
check "enable: a function switches itself off" pings
check_output "enable: and is called no more" 2 ask itself seen
ask itself enable true
pings >/dev/null
check_output "enable: until it is switched on" 8 ask itself seen
stop itself
lunatik run -c softirq --name suite/closed - <<'LUA'
local netfilter, nf = require("netfilter"), require("linux.nf")
local seen = {}
local function register(priority)
	return netfilter.register({
		pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = priority,
		hook = function()
			seen[#seen + 1] = priority
			return nf.action.ACCEPT
		end,
	})
end
do
	local closed <close> = register(1)
end
register(2):unregister()
register(3):enable(false)
register(4)
return function()
	return table.concat(seen, " ")
end
LUA
check "__close: packets pass by hooks that were closed before the start" pings
check_output "__close: only the function of the hook that is left is called" "4 4 4 4 4 4" ask closed list
stop closed
hook collected "$LOCAL_IN" "hook = nil return ACCEPT"
pings >/dev/null
check_output "the object: a hook stays when its object is collected" 6 ask collected seen
stop collected
hook figures "$LOCAL_IN" "if seen == 3 then error('no') end for i = 1, 1000 do end return ACCEPT"
pings >/dev/null
check_output "stats: runs, failures, over-runs and missed calls" "6 1 0 0" \
	echo "$(ask figures runs) $(ask figures failures) $(ask figures overruns) $(ask figures missed)"
check "stats: time passes" test "$(ask figures ns)" -gt 1000 -a "$(ask figures longest)" -gt 100
stop figures

# Disabled, and enabled again.
told() {
	test "$(dmesg | grep -c "lunatik: suite/loops: hook local_in was disabled: ")" = "$1"
}
hook loops "$LOCAL_IN" "while true do end"
check "a disabled hook: packets pass" packets ping 127.0.0.1 --count 20
check "a disabled hook: its function is called no more" stays loops runs pings
check "a disabled hook: there is one line in the kernel log" wait_until 5 told 1
ask loops enable true
check "a disabled hook: after enable(true) its function is called" grows loops runs packets ping 127.0.0.1 --count 20
check "a disabled hook: and there is one more line" wait_until 5 told 2
stop loops

# Hooks that excuse each other would cost without bound.
cat >"$WORK/excuses.lua" <<'LUA'
local netfilter, nf = require("netfilter"), require("linux.nf")
local function register(priority, hook)
	local fields = { hook = hook, pf = nf.proto.INET, hooknum = nf.inet.LOCAL_IN, priority = priority }
	return netfilter.register(fields)
end
local loops, refused, finalized = nil, nil, {}
register(0, function()
	local is_enabled, problem = pcall(loops.enable, loops, true)
	if not is_enabled then
		refused = problem
		-- What cannot be switched off cannot be switched on again, either.
		assert(not pcall(loops.enable, loops, false))
	end
	setmetatable({}, { __gc = function() finalized[1] = select(2, pcall(loops.enable, loops, true)) end })
	return nf.action.ACCEPT
end)
loops = register(1, function()
	while true do
	end
end)
return function(what)
	if what == "enable" then
		return loops:enable(true)
	end
	return ({ runs = loops:stats().runs, refused = refused, finalized = finalized[1] })[what]
end
LUA
excuses() {
	lunatik eval 'return require("lunatik")._ENV.runtimes["suite/excuses"]:resume(...)' "$1"
}
refused="the hook was disabled by failures: only a function that a process resumes can enable it"
lunatik run -c softirq --name suite/excuses "$WORK/excuses.lua"
check "excuses: packets pass" packets ping 127.0.0.1 --count 30
check_output "excuses: another hook of the script cannot enable one that was disabled" "$refused" excuses refused
check "excuses: nor can a finalizer" wait_until 5 sh -c "lunatik eval \"return require('lunatik')._ENV.runtimes['suite/excuses']:resume('finalized')\" | grep -qxF '$refused'"
# A call that had several slices, because the host descheduled the machine, counts as many times.
excuses_run() {
	runs=$(excuses runs)
	echo "$runs"
	[ "$runs" -gt "$1" ] && [ "$runs" -le "$2" ]
}
check "excuses: it runs as often as any" excuses_run 0 16
check "excuses: what a process resumes can" excuses enable
check "excuses: packets pass again" packets ping 127.0.0.1 --count 30
check "excuses: and it is disabled again" excuses_run 16 32
stop excuses

# Permissions.
permitted() {
	permitted_what=$1
	shift
	check "permissions: $permitted_what" hook permitted "$@"
	stop permitted
}
denied() {
	denied_what=$1 denied_text="permission \"netfilter\" denied for '$2'"
	shift 2
	check_says "permissions: $denied_what" 1 "$denied_text" hook denied "$@"
}
LO="pf = nf.proto.NETDEV, hooknum = nf.netdev.INGRESS, priority = 0"
denied "without one nothing is registered" ipv4/local_in "$LOCAL_IN" "" -P load
permitted "netfilter" "$LOCAL_IN" "return ACCEPT" -P load -P netfilter
permitted "the place" "$LOCAL_IN" "return ACCEPT" -P load -P netfilter=ipv4/local_in
permitted "a pattern" "$LOCAL_IN" "return ACCEPT" -P load -P 'netfilter=*/local_*'
denied "another point" ipv4/local_in "$LOCAL_IN" "" -P load -P netfilter=ipv4/forward
denied "another family" ipv4/local_in "$LOCAL_IN" "" -P load -P netfilter=inet/local_in
denied "both families" inet/local_in "pf = nf.proto.INET, hooknum = 1, priority = 0" "" -P load -P netfilter=ipv4/local_in
permitted "a device" "$LO, dev = 'lo'" "return ACCEPT" -P load -P netfilter=netdev/ingress/lo
denied "another device" netdev/ingress/lo "$LO, dev = 'lo'" "" -P load -P netfilter=netdev/ingress/eth0
denied "its index is another value" netdev/ingress/1 "$LO, dev = 1" "" -P load -P netfilter=netdev/ingress/lo
denied "before the device is searched for" netdev/ingress/none "$LO, dev = 'none'" "" -P load
# Changes.
hook reads "$LOCAL_IN" "list[1] = select(2, pcall(skb.mark, skb, 5)) return ACCEPT" -P load -P netfilter -P '~netfilter:modify'
check "permissions: without netfilter:modify packets pass" pings
check "permissions: a change is denied" sh -c \
	"lunatik eval \"return require('lunatik')._ENV.runtimes['suite/reads']:resume('list')\" | grep -qF 'permission \"netfilter:modify\" denied'"
check_output "permissions: that is an error that can be caught" 0 ask reads failures
stop reads
hook reads "$LOCAL_IN, fallback = nf.action.DROP" "return ACCEPT, 5" -P load -P netfilter -P '~netfilter:modify'
check_fails "permissions: a mark as a result is a failure then" ping_once
check_output "permissions: and counts as one" 1 ask reads failures
stop reads
hook changes "$LOCAL_IN" "list[1] = skb:mark(5) return ACCEPT, 6" \
	-P load -P netfilter=ipv4/local_in -P netfilter:modify=ipv4/local_in
check "permissions: with netfilter:modify packets pass" pings
check_output "permissions: and are changed" 5 ask changes list
stop changes
hook changes "$LOCAL_IN, fallback = nf.action.DROP" "return ACCEPT, 5" -P load -P netfilter -P netfilter:modify=ipv4/forward
check_fails "permissions: netfilter:modify of another place does not help" ping_once
stop changes

echo 'require("netfilter").register({ pf = 2, hooknum = 1, priority = 0, hook = function() return 1 end })' >"$WORK/last.lua"
check "unload: a script with a hook" lunatik run -c softirq --name suite/last "$WORK/last.lua"
check "unload: packets pass" pings
check "unload: the module goes" within 20 lunatik unload
check "unload: packets pass" pings
finish
