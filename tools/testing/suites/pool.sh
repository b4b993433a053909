#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The pool: many runtimes on few threads. Workers run on it.
#
# alone: measures how long answers take while others compute

. "$(dirname "$0")/../lib/ktap.sh"

# This number fits into a machine of 512 MiB; 10,000 workers need 1200 MiB.
WORKERS=${WORKERS:-$((5000 / SLOWER))}
SECONDS_OF_STRESS=${SECONDS_OF_STRESS:-$(stressed 8)}

# The checks use lunatik.testing.
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
# Times mean nothing on a machine that is so slow.
[ "$SLOWER" -ge 10 ] && timed='' || timed="waiting fair times"
# ONLY lists the parts to run, separated by spaces.
PARTS="semantics slices waiting many fair times blocked ends budget shared timers own grow hotplug unload stress"
ONLY=${ONLY:-semantics slices many $timed blocked ends budget shared timers own grow hotplug unload stress}
for word in $ONLY; do
	case " $PARTS " in
	*" $word "*) ;;
	*) echo "Bail out! ONLY has '$word', which is none of $PARTS" && exit 2 ;;
	esac
done
part() { case " $ONLY " in *" $1 "*) true ;; *) false ;; esac; }

# workers COUNT: whether there are COUNT workers.
workers() {
	[ "$(lunatik list --all | grep -c " worker ")" = "$1" ]
}

# The effect of the pool on programs: none.
if part semantics; then
	# All ways leave the thread by the same code.
	ways='peek message'
	! soaking || ways='peek timeout schedule message send receive stop'
	for way in $ways; do
		lua_checks "$SUITE_DIR/lua/pool_run.lua" 0 pool_semantics "$SUITE_DIR" $way
	done
	lua_checks "$SUITE_DIR/lua/pool_run.lua" 2 pool_semantics "$SUITE_DIR" compute
fi

# Workers that compute.
part slices && lua_checks "$SUITE_DIR/lua/pool_slices.lua" "$SUITE_DIR" $((60 / SLOWER + 3)) 6 "$(stressed $((20000 / SLOWER)))"

# Workers that are ready to compute but seldom get the CPU.
if part waiting; then
	: >"$WORK/hogs"
	for hog in $(seq 60); do
		while [ -e "$WORK/hogs" ]; do :; done &
	done
	echo "# beside $hog others"
	lua_checks "$SUITE_DIR/lua/pool_waiting.lua" "$SUITE_DIR" 100 3000 "$WORK/hogs"
	# The script has removed the file, unless it failed before.
	rm -f "$WORK/hogs"
fi

# Workers that wait.
if part many; then
	MEM=300M lua_checks "$SUITE_DIR/lua/pool_many.lua" "$SUITE_DIR" "$WORKERS"
	check "all of them end with their parent" wait_until 30 workers 0
fi

if part fair; then
	lua_checks "$SUITE_DIR/lua/pool_fair.lua" "$SUITE_DIR" 100 0 $((20 * SLOWER))
	lua_checks "$SUITE_DIR/lua/pool_fair.lua" "$SUITE_DIR" 100 25 $((20 * SLOWER))
	if soaking; then
		lua_checks "$SUITE_DIR/lua/pool_fair.lua" "$SUITE_DIR" 100 5 $((20 * SLOWER))
		lua_checks "$SUITE_DIR/lua/pool_fair.lua" "$SUITE_DIR" $((1000 / SLOWER)) 0 $((20 * SLOWER))
	fi
fi
part times && lua_checks "$SUITE_DIR/lua/pool_times.lua" "$SUITE_DIR" $((1000 / SLOWER)) $((100000 / SLOWER / SLOWER))
if part blocked; then
	lua_checks "$SUITE_DIR/lua/pool_blocked.lua" "$SUITE_DIR" 300
	# A thousand threads, which take minutes with KASAN.
	[ "$SLOWER" -ge 10 ] || lua_checks "$SUITE_DIR/lua/pool_blocked.lua" "$SUITE_DIR" 1200 "too many"
fi

# The ends of workers. Workers that end at the same time share the grace for their clean-up.
ends="$SUITE_DIR/lua/pool_ends.lua"
each=$((9 / SLOWER + 1))
counted() {
	lunatik eval 'local c = require("lunatik")._ENV["suite.ends"] return c.begun, c.closed, c.collected'
}
# Prints the places where not all workers have closed their variables, see pool_ends.lua.
untidy() {
	lunatik eval "local counts, places = require('lunatik')._ENV['suite.ends'], {}
		for place = 1, 100 do
			local closed = counts['at' .. place]
			if closed and closed ~= $each then places[#places + 1] = place .. ' (' .. closed .. ')' end
		end
		return #places > 0 and 'not all closed theirs at ' .. table.concat(places, ', ') or 'all'"
}
# tidied NAME: whether all workers that ended together have cleaned up. Their grace is 100 ms of CPU time. That is not
# enough for some of them where each access is checked, and pauses of the emulator count, too.
tidied() {
	if [ -n "$timed" ]; then
		check "$1" wait_until 10 all_tidied
	else
		skip "$1" "the machine is too slow for that"
	fi
	echo "# begun, closed, collected: $(counted); of $each each: $(untidy)"
}
all_tidied() {
	# shellcheck disable=SC2046
	set -- $(counted)
	[ "$1" -gt 0 ] && [ "$1" = "$2" ] && [ "$1" = "$3" ]
}
# urgent_threads: prints how many kernel threads have the lowest real-time priority.
urgent_threads() {
	cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk '$38 == 1 && $39 == 1 { count++ } END { print count + 0 }'
}
if part ends; then
	urgent=$(urgent_threads)
	lua_checks "$ends" "$SUITE_DIR" 2 stop "$(stressed $((60 / SLOWER / SLOWER)))"
	check "all are gone" wait_until 20 workers 0
	before=$(kernel_memory)
	lua_checks "$ends" "$SUITE_DIR" $each script
	check "workers end with their parent" wait_until 30 workers 0
	tidied "having tidied up"
	lunatik eval 'require("lunatik")._ENV["suite.waits"] = nil'
	lunatik run --name suite/parent "$ends" "$SUITE_DIR" $each wait >"$WORK/parent" 2>&1 &
	parent=$!
	check "others wait and compute" wait_until 60 lunatik eval 'assert(require("lunatik")._ENV["suite.waits"])'
	check "their parent is stopped" within 20 lunatik stop suite/parent
	check "and they are gone" wait_until 30 workers 0
	tidied "having tidied up, too"
	wait $parent 2>/dev/null
	lunatik status --clear
	memory_is_back() { [ $(($(kernel_memory) - before)) -lt 8192 ]; }
	check "and their memory is back" wait_until 20 memory_is_back
	check_output "the threads that they ran on are as urgent as before" "$urgent" urgent_threads
	echo "# kernel memory: $before KiB before, $(kernel_memory) KiB after"
fi

# Limits of CPU time, which workers inherit from their parents.
if part budget; then
	mkdir -p /lib/modules/lua
	echo 'return assert(load((...)))()' >/lib/modules/lua/suite_pool.lua
	for loop in 'while true do end' 'while true do pcall(function() while true do end end) end' \
		'while true do coroutine.wrap(function() while true do end end)() end' \
		'table.sort({ 2, 1 }, function() while true do end end)' \
		'debug.sethook(function() end, "l") while true do end' \
		'while true do local ending = require("linux").ktime() + 3000000 repeat until require("linux").ktime() > ending worker.peek(0) require("linux").schedule(1) end'; do
		check_says "a limit in total cuts $loop" 1 "CPU limit exceeded" \
			within 40 lunatik eval --cpu-limit 200 "worker.receive(worker.create('suite_pool', [==[$loop]==]))"
	done
	# On a stack segment, which another thread supplies, on any CPU.
	for round in 1 2 3 4 5 6; do
		check_says "it cuts what has waited deep in calls through C, $round" 1 "CPU limit exceeded" \
			within 20 lunatik eval --cpu-limit 100 'worker.receive(worker.create("suite_pool", [==[
				local function nested(n)
					if n == 0 then
						worker.peek(1)
						while true do end
					end
					local _ = ("x"):gsub("x", function() nested(n - 1) end)
				end
				nested(60)]==]))'
	done
	check_says "a limit at a stretch does" 1 "CPU limit exceeded" \
		within 40 lunatik eval --slice 100 "worker.receive(worker.create('suite_pool', 'while true do end'))"
	check_says "beside others that compute" 1 "CPU limit exceeded" \
		within 60 lunatik eval --slice 200 '
			local busy = {}
			for i = 1, 8 do busy[i] = worker.create("suite_pool", "while true do end") end
			worker.receive(table.unpack(busy))'
	eval_is "who waits now and then is not cut" "waited" --slice 1000 '
		return worker.receive(worker.create("suite_pool", [==[
			local linux = require("linux")
			for i = 1, 100 do
				local ending = linux.ktime() + 15000000
				repeat until linux.ktime() > ending
				linux.schedule(1)
			end
			worker.message("waited")]==]))'
	rm -f /lib/modules/lua/suite_pool.lua
fi

# Workers that wait for shared objects hold no thread.
if part shared; then
	mkdir -p /lib/modules/lua
	echo 'return function()
		local go = require("lunatik")._ENV["suite.waits"]
		while not go.ends do require("linux").schedule(5) end
	end' >/lib/modules/lua/suite_waits_thread.lua
	MEM=200M lua_checks "$SUITE_DIR/lua/pool_waits.lua" "$SUITE_DIR" $((1000 / SLOWER))
	rm -f /lib/modules/lua/suite_waits_thread.lua
fi

part timers && lua_checks "$SUITE_DIR/lua/pool_timers.lua" "$SUITE_DIR" 10000

# Pools that a script makes for its workers. They are destroyed with the script.
if part own; then
	lua_checks "$SUITE_DIR/lua/pool_own.lua" "$SUITE_DIR" "$(stressed $((300 / SLOWER)))"
	check_output "no pool is left but one" 1 lunatik eval 'local linux, testing = require("linux"), require("lunatik.testing")
		for i = 1, 2000 do if testing.pool().pools == 1 then break end linux.schedule(5) end
		return testing.pool().pools'
fi

# A pool gets more threads while its workers run.
if part grow; then
	MEM=20M lua_checks "$SUITE_DIR/lua/pool_grow.lua" "$SUITE_DIR"
fi

# A CPU goes offline, as in a suspend of the machine, and comes back.
cpu=/sys/devices/system/cpu/cpu1/online
answers() {
	lunatik eval 'return require("lunatik")._ENV["suite.hotplug"].answers'
}
# answers_go_on: whether there are more answers than before.
answers_go_on() {
	had=$(answers)
	wait_until 10 sh -c "test \"\$(lunatik eval 'return require(\"lunatik\")._ENV[\"suite.hotplug\"].answers')\" -gt $had"
}
if part hotplug && [ -w $cpu ]; then
	for loop in 'while true do end' 'table.sort({ 3, 2, 1 }, function() while true do end end)' 'worker.peek()'; do
		lunatik spawn --name suite/hotplug "$SUITE_DIR/lua/pool_hotplug.lua" 6 "$loop"
		check "there are answers beside $loop" answers_go_on
		check "a CPU goes offline" within 20 sh -c "echo 0 >$cpu"
		check_output "and is gone" 0 cat /sys/devices/system/cpu/online
		check "there are answers on the other one" answers_go_on
		check "it comes back" within 20 sh -c "echo 1 >$cpu"
		check "there are answers still" answers_go_on
		check "all of them are stopped" within 20 lunatik stop suite/hotplug
	done
fi

# Unloading the module while hundreds of workers wait and compute.
if part unload; then
	for round in 1 2 3; do
		lunatik spawn --name suite/parent - <<-LUA
			local ends, folder = "$ends", "$SUITE_DIR"
			return function() require("lunatik")._ENV["suite.waits"] = nil loadfile(ends)(folder, 5, "wait") end
		LUA
		check "hundreds wait and compute" wait_until 60 lunatik eval 'assert(require("lunatik")._ENV["suite.waits"])'
		exec 5<>/dev/lunatik
		check_fails "rmmod is refused while the device is open" rmmod lunatik
		exec 5<&-
		check "the module is unloaded, round $round" within 60 lunatik unload
		check_fails "and gone" test -e /sys/module/lunatik
		modprobe lunatik testing=1
	done
fi

part stress && lua_checks "$SUITE_DIR/lua/pool_stress.lua" "$SUITE_DIR" "$SECONDS_OF_STRESS" $((2000 / SLOWER / SLOWER)) "$SLOWER"
check "no worker is left" wait_until 20 workers 0
check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
finish
