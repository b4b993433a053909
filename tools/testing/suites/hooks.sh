#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Hooks, called in each context by lunatik.testing: stacks, nesting, memory, the collector, resumed scripts; several CPUs
# at once; crews; starts that fail.
#
# leaks: runtimes whose starts fail at any allocation leave nothing

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks.sh"
. "$(dirname "$0")/../lib/faults.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 hook_slice_ms="$HOOK_LONG_SLICE_MS" || exit 1
set_up "the loopback device is up" network_loopback root
MODULE=/lib/modules/lua/suite_hooks_parts.lua
mkdir -p /lib/modules/lua
cp "$SUITE_DIR/lua/hooks_parts.lua" $MODULE
lua_checks "$SUITE_DIR/lua/hooks.lua" "$SUITE_DIR" "$SLOWER" "$KIND"

# Several CPUs call the hook of one script: each call is made by one CPU alone, or it is not made.
cat >"$WORK/fires.lua" <<'LUA'
local fire, name, rounds, context = require("lunatik.testing").fire, ...
local passed = 0
for _ = 1, rounds do
	passed = passed + fire(name, 10, context)
end
return passed
LUA
rounds=$(stressed $((400 / SLOWER)))
for context in task bh softirq; do
	lunatik run -c softirq --name suite/alone suite_hooks_parts alone
	for cpu in 1 2; do
		taskset $cpu lunatik run --name "suite/fires$cpu" "$WORK/fires.lua" alone "$rounds" $context >"$WORK/passed$cpu" &
		eval "fires$cpu=$!"
	done
	# shellcheck disable=SC2154
	wait "$fires1" "$fires2"
	passed=$(($(cat "$WORK/passed1") + $(cat "$WORK/passed2")))
	echo "# contended, $context: of $((rounds * 20)) calls on two CPUs, $((rounds * 20 - passed)) were not made"
	check "contended: calls on both CPUs are made, $context" test "$(cat "$WORK/passed1")" -gt 0 -a "$(cat "$WORK/passed2")" -gt 0
	# A call that was ended, because the host had taken the CPU away, is counted, and what it has begun was not ended.
	lunatik eval 'return require("lunatik")._ENV.runtimes["suite/alone"]:resume()' >"$WORK/alone"
	check "contended: each is made by one CPU alone, and counted, $context" \
		awk -v passed=$passed '{ print; exit !($1 >= passed && $1 - passed <= 16 && $2 <= $1 - passed) }' "$WORK/alone"
	check "contended: the script is stopped, $context" stop alone
done

# A stop while both CPUs call it.
for round in 1 2 3 4 5; do
	lunatik run -c softirq --name suite/alone suite_hooks_parts alone
	for cpu in 1 2; do
		taskset $cpu lunatik run --name "suite/fires$cpu" "$WORK/fires.lua" alone 100000 softirq >/dev/null 2>&1 &
	done
	usleep $((round * 30000))
	check "stop: while two CPUs call the hook, round $round" within 5 lunatik stop suite/alone
	lunatik stop --grace 0 suite/fires1 suite/fires2
	wait
done

# Starts that fail when the script has run: nothing is left, and all of its hooks are taken off.
cat >"$WORK/device.lua" <<'LUA'
local netfilter, linux = require("netfilter"), require("linux")
local function drop()
	return 0
end
netfilter.register({ hook = drop, pf = 2, hooknum = 1, priority = 0 })
netfilter.register({ hook = drop, pf = 5, hooknum = 0, priority = 0, dev = "cable" })
require("rcu")
require("lunatik")._ENV["suite.waits"] = true
while require("lunatik")._ENV["suite.waits"] do
	linux.schedule(10)
end
LUA
ip link add cable type veth
lunatik run -c softirq --name suite/device "$WORK/device.lua" >/dev/null 2>"$WORK/refused" &
client=$!
check "sealing errors: a script has found a device" wait_until 5 lunatik eval 'assert(require("lunatik")._ENV["suite.waits"])'
ip link del cable
lunatik eval 'require("lunatik")._ENV["suite.waits"] = nil'
wait $client
check_output "sealing errors: the device has gone, so the start fails" 1 echo $?
check "sealing errors: the error says so" sh -c 'cat "$1"; grep -q ENODEV "$1"' - "$WORK/refused"
check_fails "sealing errors: the script is not there" running suite/device
check "sealing errors: its other hook is taken off" pings
cat >"$WORK/many.lua" <<'LUA'
local netfilter = require("netfilter")
for priority = 1, 60 do
	netfilter.register({ hook = function() return 1 end, pf = 2, hooknum = 2, priority = priority })
end
LUA
i=0
while lunatik run -c softirq --name "suite/many$i" "$WORK/many.lua" 2>"$WORK/refused" && [ $i -lt 30 ]; do
	i=$((i + 1))
done
check "sealing errors: the kernel takes a thousand hooks at a point, and no more ($((i * 60)))" test $i = 17
check "sealing errors: the error says so" sh -c 'cat "$1"; grep -q E2BIG "$1"' - "$WORK/refused"
check "sealing errors: packets pass" pings
check "sealing errors: all of them are stopped" within 20 lunatik shutdown

# Crews.
cpus=$(lunatik eval 'return require("linux").numcpus()')
cat >"$WORK/crew.lua" <<'LUA'
local netfilter, lunatik = require("netfilter"), require("lunatik")
local what, seen = (...), 0
if what == "fails" and lunatik.cpu() ~= 0 then
	error("not on this one", 0)
end
local function count()
	seen = seen + 1
	if what == "loops" and lunatik.cpu() == 0 then
		while true do
		end
	end
	return 1
end
local hook = netfilter.register({ hook = count, pf = 2, hooknum = what == "differs" and lunatik.cpu() or 1, priority = 0 })
if what == "fewer" and lunatik.cpu() == 0 then
	netfilter.register({ hook = count, pf = 2, hooknum = 2, priority = 0 })
end
return function(counts)
	if counts == "fail" and lunatik.cpu() == 1 then
		error("no", 0)
	elseif counts == "loop" and lunatik.cpu() == 1 then
		while true do
		end
	elseif type(counts) == "string" then
		return
	end
	counts["cpu" .. lunatik.cpu()] = seen
	counts["runs" .. lunatik.cpu()] = hook:stats().runs
	counts["missed" .. lunatik.cpu()] = hook:stats().missed
end
LUA
cp "$WORK/crew.lua" /lib/modules/lua/suite_crew.lua
# crew CODE: evaluates code with the crew and a table for what its members count.
crew() {
	lunatik eval "local crew, counts = require('lunatik')._ENV.runtimes['suite_crew'], require('rcu').table(16) $1"
}
if [ "$cpus" -ge 2 ]; then
	check "crews: a script is started on all CPUs" lunatik run -c softirq -p suite_crew
	check_output "crews: the list has one entry" suite_crew lunatik list
	check_output "crews: members are found by name and CPU, and nowhere else" "0	1	2	nil" lunatik eval '
		local env = require("lunatik")._ENV
		local function cpu(name) return env.percpu[name] and name:match("%d+$") end
		return cpu("suite_crew:0"), cpu("suite_crew:1"), #env.percpu, env.runtimes["suite_crew:1"]'
	check_says "crews: a member does not stop alone" 1 "suite_crew:1 is a member of a crew, which stops as a whole" \
		lunatik eval 'require("lunatik")._ENV.percpu["suite_crew:1"]:stop()'
	for name in suite_crew:0 suite_crew:1; do
		check_says "crews: $name is no name of a script" 1 "$name is not running" \
			lunatik eval "require('lunatik.runner').stop('$name')"
	done
	for cpu in 0 1; do
		taskset $((cpu + 1)) packets ping 127.0.0.1 --count $((10 * (cpu + 1))) >"$WORK/pinged"
	done
	check_output "crews: the state is that of each CPU" "20	40	20	40	0	0" \
		crew 'crew:resume(counts) return counts.cpu0, counts.cpu1, counts.runs0, counts.runs1, counts.missed0, counts.missed1'
	check_says "crews: an error says whose it is" 1 "cpu 1: no" crew 'crew:resume("fail")'
	check_says "crews: so does a loop" 1 "cpu 1: " crew 'crew:resume("loop")'
	check_output "crews: they go on" 20 crew 'crew:resume(counts) return counts.cpu0'
	check "crews: a crew is stopped" within 10 lunatik stop suite_crew
	check_output "crews: then there are no members" 0 lunatik eval 'return #require("lunatik")._ENV.percpu'
	check "crews: packets pass" pings
	check_says "crews: an error of loading says whose it is" 1 "cpu 1: not on this one" lunatik run -c softirq -p suite_crew fails
	for what in differs fewer; do
		check_says "crews: different hooks are refused, $what" 1 "the hooks of suite_crew on CPU 1 differ from those on CPU 0" \
			lunatik run -c softirq -p suite_crew $what
	done
	check_fails "crews: nothing is left of them" running suite_crew
	check_output "crews: nor of their members" 0 lunatik eval 'return #require("lunatik")._ENV.percpu'
	# A crew may be one of ordinary runtimes, which are called from any CPU.
	cat >/lib/modules/lua/suite_ordinary.lua <<-'LUA'
		local cpu, calls = require("lunatik").cpu(), 0
		if (...) == "fails" and cpu == 1 then
			error("not on this one", 0)
		end
		return function(counts)
			require("linux").schedule(1)
			calls = calls + 1
			counts["cpu" .. cpu] = calls
		end
	LUA
	ordinary() {
		lunatik eval "local crew, counts = require('lunatik')._ENV.runtimes['suite_ordinary'], require('rcu').table(16) $1"
	}
	check_output "crews of processes: one is started" ready \
		lunatik eval 'return require("lunatik.runner").run("suite_ordinary", "process", true):status()'
	check_output "crews of processes: it has as many members as there are CPUs" "$cpus" ordinary 'return #crew'
	check_output "crews of processes: each has its own state, and may sleep" "2	2" \
		ordinary 'crew:resume(counts) crew:resume(counts) return counts.cpu0, counts.cpu1'
	check_output "crews of processes: a member is resumed alone" "nil	3" ordinary '
		require("lunatik")._ENV.percpu["suite_ordinary:1"]:resume(counts) return counts.cpu0, counts.cpu1'
	check_output "crews of processes: the list has one entry" suite_ordinary lunatik list
	check "crews of processes: one is stopped" within 10 lunatik stop suite_ordinary
	check_says "crews of processes: an error of loading says whose it is" 1 "cpu 1: not on this one" \
		lunatik run -p suite_ordinary fails
	check_output "crews of processes: nothing is left" "0	nil" \
		lunatik eval 'return #require("lunatik")._ENV.percpu, require("lunatik")._ENV.runtimes.suite_ordinary'
	lunatik run -c softirq -p suite_crew loops
	for cpu in 0 1; do
		check "crews: where one member loops, packets pass on CPU $cpu" taskset $((cpu + 1)) packets ping 127.0.0.1 --count 20
	done
	check_output "crews: the other ones are not disabled" "40" crew 'crew:resume(counts) return counts.runs1'
	check "crews: there is a line in the kernel log" wait_until 5 sh -c 'dmesg | grep -q "lunatik: suite_crew.*hook local_in was disabled: "'
	for round in 1 2 3 4 5; do
		timeout $((2 * SLOWER)) packets flood udp 127.0.0.1:9 --seconds 1 --threads 2 >/dev/null 2>&1 &
		check "crews: one is stopped in a flood, round $round" within 10 lunatik stop suite_crew
		check "crews: and started, round $round" lunatik run -c softirq -p suite_crew
		wait $!
	done
	lunatik stop suite_crew
else
	skip "crews" "the machine has one CPU"
fi

# The kernel's allocators fail where nobody may wait, so the reserve of pages is all that hooks have.
for fault in failslab fail_page_alloc; do
	knobs=/sys/kernel/debug/$fault
	if [ -d $knobs ]; then
		lunatik run -c softirq --name suite/allocates suite_hooks_parts allocates
		lunatik run -c softirq --mem 1M --name suite/grows suite_hooks_parts grows
		for setting in task-filter=N verbose=0 times=-1 ignore-gfp-wait=Y min-order=0 probability=10; do
			[ -e "$knobs/${setting%=*}" ] && echo "${setting#*=}" >"$knobs/${setting%=*}"
		done
		for context in bh softirq; do
			lunatik run --name suite/fires "$WORK/fires.lua" allocates 20 $context >"$WORK/passed"
			lunatik run --name suite/fires "$WORK/fires.lua" grows 20 $context >"$WORK/grown"
		done
		echo 0 >$knobs/probability
		echo "# $fault: $(cat "$WORK/passed") of 200 calls found memory, of those that grow $(cat "$WORK/grown")"
		check_output "memory: while the kernel has none, all errors are about it, $fault" "nil" \
			lunatik eval 'return (select(2, require("lunatik")._ENV.runtimes["suite/allocates"]:resume()))'
		stop allocates
		# That one may have been disabled.
		lunatik run -c softirq --name suite/allocates suite_hooks_parts allocates
		check_output "memory: then there is some again, $fault" 10 lunatik run --name suite/fires "$WORK/fires.lua" allocates 1 bh
		stop allocates
		stop grows
	else
		skip "memory: where the kernel has none, $fault" "this kernel cannot fail so"
	fi
done

# Starts while any allocation of the client may fail.
if [ -d $FAILSLAB ]; then
	start_with_faults 100 'for i = 1, 8 do
		require("netfilter").register({ hook = function() return 1 end, pf = 2, hooknum = i % 5, priority = i })
	end' -c softirq
	check "sealing errors: a hundred starts with failing allocations work or are refused" sh -c '! cat "$1" 2>/dev/null' - "$WORK/others"
	tell_statuses
	check "sealing errors: some have worked" grep -qx 0 "$WORK/statuses"
	check "sealing errors: some have not" grep -qvx 0 "$WORK/statuses"
	lunatik shutdown
	check "sealing errors: then packets pass" pings
else
	skip "sealing errors: a hundred starts with failing allocations" "this kernel has no failslab"
fi

check "unload: a script with a hook that is called" lunatik run -c softirq --name suite/counts suite_hooks_parts counts
check "unload: a crew" lunatik run -c softirq -p suite_crew
timeout $((5 * SLOWER)) packets flood udp 127.0.0.1:9 --seconds 2 --threads 2 >/dev/null 2>&1 &
check "unload: the module goes in a flood" within 20 lunatik unload
wait $!
check "unload: packets pass" pings
rm -f $MODULE /lib/modules/lua/suite_crew.lua
finish
