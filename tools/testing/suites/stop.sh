#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Nothing survives a stop: neither a hostile script, regardless of how it was started, nor anything that it leaves
# behind.
#
# Each script of tools/testing/lua/hostile/ is stopped STOPS times. A comment shows how long its Lua program took to end
# after the request; the figure is meaningful only on an otherwise idle machine.
# alone: measures how long stops take, and gives a grace in CPU time

. "$(dirname "$0")/../lib/ktap.sh"

STOPS=${STOPS:-$((2 / SLOWER + 1))}
WARM_UP=${WARM_UP:-50}
# The number of rounds, a multiple of ten.
ROUNDS=${ROUNDS:-$(($(stressed $((100 / SLOWER / SLOWER + 1))) * 10))}
HOSTILE=/lib/modules/lua/hostile
mkdir -p $HOSTILE
cp "$SUITE_DIR"/lua/hostile/*.lua $HOSTILE/
cd "$WORK" || exit 1

# The driver measures by lunatik.testing.
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# Each hostile script, started and stopped by the tool.
for file in $HOSTILE/*.lua; do
	name=hostile/$(basename "$file" .lua)
	if said=$(within 20 lunatik spawn "$name" 2>&1); then
		check "the tool stops $name" within 20 lunatik stop --grace 0 "$name"
		check "and it is gone: $name" not_running "$name"
	else
		not_ok "the tool stops $name" "$said"
	fi
done
check_output "none of them has failed because it was stopped" "" sh -c 'lunatik status | grep "^hostile/.* failed" | grep -v "^hostile/tostring "; true'

# Repeatedly, with measured times. WARM_UP: many scripts take 100 ms to reach their hostile state.
for file in $HOSTILE/*.lua; do
	name=hostile/$(basename "$file" .lua)
	if within 60 lunatik run --name driver "$SUITE_DIR/lua/stops.lua" "$STOPS" "$name" "$WARM_UP" >latency 2>&1; then
		ok "$name is stopped $STOPS times"
		sed 's/^/# /' latency
	else
		not_ok "$name is stopped $STOPS times" "$(cat latency)"
	fi
	lunatik stop driver >/dev/null 2>&1
done

# More scripts than there are CPUs, each in one call of C that never ends: others still get their turns.
for number in 1 2 3 4 5 6; do
	lunatik spawn --name "suite/busy$number" hostile/pattern_nested
done
check "six scripts that compute in C leave time for others" within 20 lunatik eval 'for i = 1, 1000 do end'
for number in 1 2 3 4 5 6; do
	check "number $number of them is stopped" within 20 lunatik stop --grace 0 "suite/busy$number"
done

# A script that must end does not wait until each of the others has had its turn of several ticks, but at most for the
# next tick of 10 ms. Neither does any thread on whose stack part of the code runs. This is measured only on the kind
# um, because an emulator's ticks have no fixed length.
if [ "$KIND" = um ]; then
	sixteen=''
	for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		sixteen="$sixteen suite/busy$number"
		lunatik spawn --name "suite/busy$number" hostile/while
	done
	for name in while pcall_nested coroutines; do
		figures=$(within 60 lunatik run --name driver "$SUITE_DIR/lua/stops.lua" 20 hostile/$name 20 figures)
		echo "# $name among sixteen that compute: stops, p50, p99, greatest in us: $figures"
		median=$(echo "$figures" | cut -d ' ' -f 2)
		check "$name is stopped among sixteen that compute before they have had their turns" test "${median%.*}" -lt 9000
		lunatik stop driver
	done
	# shellcheck disable=SC2086
	check "the sixteen are stopped" within 20 lunatik stop --grace 0 $sixteen
fi

# A module that never finishes loading, and waits of all kinds.
echo 'while true do pcall(function() while true do end end) end' >loads.lua
within 60 lunatik run loads.lua >/dev/null 2>&1 &
check "a script that is being loaded is there" wait_until 5 sh -c 'lunatik status loads'
check "and is stopped" within 10 lunatik stop loads
wait
mkdir -p /lib/modules/lua
echo 'while true do end' >/lib/modules/lua/endless_module.lua
echo 'return function() require("endless_module") end' >requires.lua
lunatik spawn requires.lua
check "a script that hangs in require is stopped" within 10 lunatik stop requires
cat >driver_device.lua <<'L'
require("device").new({ name = "stop_device", mode = 384, read = function() while true do end end })
L
lunatik run driver_device.lua
cat /dev/stop_device >/dev/null 2>&1 &
reader=$!
wait_until 5 sh -c 'lunatik status driver_device | grep -q running'
check "a script that hangs in a device callback is stopped" within 10 lunatik stop driver_device
check "and the caller goes on" wait_until 5 gone $reader
wait
echo 'local r = require("lunatik.runner") return function() while true do pcall(r.stop, "stops_b", 60000) end end' >stops_a.lua
echo 'local r = require("lunatik.runner") return function() while true do pcall(r.stop, "stops_a", 60000) end end' >stops_b.lua
lunatik spawn stops_a.lua && lunatik spawn stops_b.lua
check "two scripts that stop each other are stopped" within 20 lunatik shutdown

# Deep recursions that are cut off at any point: the stack may just be growing, and is used again.
cat >cut.lua <<'L'
local calls, wrong, opened, closed, done = 0, 0, 0, 0
local function counted()
	return setmetatable({}, { __close = function() closed = closed + 1 end })
end
local function f() return 1 + f() end
local function g() local _ <close> = counted() opened = opened + 1 pcall(f) end
local ways = {
	f,
	g,
	function() xpcall(pcall, debug.traceback, g) end,
	function() local _ <close> = counted() opened = opened + 1 f() end,
	function() coroutine.wrap(g)() end,
	function() coroutine.wrap(f)() end,
	function() string.gsub("x", "x", g) end,
	function() coroutine.wrap(function() pcall(g) g() end)() end,
	function() coroutine.resume(coroutine.create(function() pcall(pcall, g) end)) end,
	function() coroutine.wrap(function() local _ <close> = counted() opened = opened + 1 f() end)() end,
	function()
		local co = coroutine.create(f)
		local _ <close> = setmetatable({}, { __close = function() debug.traceback(co) end })
		coroutine.resume(co)
	end,
}
local function read()
	-- One may be cut before it is counted as opened.
	if closed < opened or closed > opened + 1 then
		wrong = wrong + 1
	end
	opened, closed = 0, 0
	if done then
		return calls > 0 and wrong .. " wrong\n" or "nothing was cut\n"
	end
	calls = calls + 1
	while true do
		pcall(ways[calls % #ways + 1])
	end
end
require("device").new({ name = "cut", mode = 384, read = read, write = function() done = true end })
L
lunatik run cut.lua
for tens in 1 2 3 4 5 6 7; do
	for ones in 1 2 3 4 5 6 7 8 9 0; do
		cat /dev/cut >/dev/null 2>&1 &
		reader=$!
		sleep "0.0$tens$ones"
		kill -KILL $reader
		wait $reader 2>/dev/null
	done
done
echo >/dev/cut
check_output "what was cut in a deep recursion has closed all once and goes on" "0 wrong" head -n 1 /dev/cut
check "until it is stopped" within 10 lunatik stop cut

# Signals to the client.
for signal in INT TERM KILL; do
	for command in 'run endless.lua' 'eval endless' 'repl'; do
		echo 'while true do pcall(function() while true do end end) end' >endless.lua
		case $command in
		eval*) lunatik eval "$(cat endless.lua)" >/dev/null 2>&1 & kind=eval ;;
		repl) lunatik repl <endless.lua >/dev/null 2>&1 & kind=repl ;;
		*) lunatik $command >/dev/null 2>&1 & kind=endless ;;
		esac
		client=$!
		wait_until 10 sh -c "lunatik status | grep -q '^$kind .* \\(running\\|loading\\)'"
		kill -$signal $client
		# Ctrl-C ends only a line of repl; here the input has no other line.
		check "SIG$signal to $command ends the client" wait_until 10 gone $client
		wait $client 2>/dev/null
		check "and what it has started" wait_until 10 sh -c "! lunatik status | grep -q '^$kind .* \\(running\\|loading\\|stopping\\)'"
	done
done
echo 'return function() while true do end end' >stays.lua
lunatik spawn stays.lua
check "what was spawned stays when its client has ended" running stays
check "until it is stopped" within 10 lunatik stop stays

# Scripts that clean up have time for that: as much as the stop says.
mkdir -p /lib/modules/lua/suite
cat >/lib/modules/lua/suite/slow.lua <<'L'
local env, ktime = require("lunatik")._ENV, require("linux").ktime
object = setmetatable({}, { __gc = function()
	local begun = ktime()
	while ktime() - begun < 400000000 do end
	env.slow = true
end })
return function() require("linux").schedule(1000000) end
L
echo 'require("suite/slow") require("worker").message(1) require("worker").peek()' >/lib/modules/lua/suite/slow_worker.lua
for stop in 'lunatik.runtime("suite/slow"):stop(5000)' \
	'local w = require("worker").create("suite/slow_worker") require("worker").receive(w); require("worker").stop(w, 5000)' \
	'require("lunatik.runner").spawn("suite/slow"); require("lunatik.runner").stop("suite/slow", 5000)'; do
	check_output "a finalizer has all of a long grace: ${stop%%(*}" true lunatik eval "local lunatik = require('lunatik')
		lunatik._ENV.slow = nil; $stop; return lunatik._ENV.slow"
done
cat >tidy.lua <<'L'
local rcu = require("rcu")
local count = require("lunatik")._ENV.tidied
local waits, shouldstop, schedule = count.waits == 1, require("thread").shouldstop, require("linux").schedule
local function add(name) return function() rcu.add(count, name, 1) end end
return function()
	local object <const> = setmetatable({}, { __gc = add("gc") })
	pcall(function()
		local _ <close> = setmetatable({}, { __close = add("close") })
		rcu.add(count, "begun", 1)
		while waits and not shouldstop() do schedule(1000000) end
		while not waits do pcall(function() while true do end end) end
	end)
	return object
end
L
cat >tidies.lua <<'L'
local runner, rcu, linux = require("lunatik.runner"), require("rcu"), require("linux")
local env = require("lunatik")._ENV
env.tidied = env.tidied or rcu.table(8)
env.tidied.close, env.tidied.gc, env.tidied.begun = 0, 0, 0
local rounds = math.tointeger(...)
for i = 10, rounds, 10 do
	-- Ten at a time. Of two hundred, ten compute until they are made to end, each waiting for a CPU, which takes
	-- most of the time; the others wait and end when they are asked.
	env.tidied.waits = i % 200 == 10 and 0 or 1
	for name = 0, 9 do
		runner.spawn("tidy/" .. name)
	end
	while env.tidied.begun < i do
		linux.schedule(1)
	end
	for name = 0, 9 do
		runner.stop("tidy/" .. name, 1)
	end
end
print(env.tidied.close, env.tidied.gc)
L
mkdir -p /lib/modules/lua/tidy
for name in 0 1 2 3 4 5 6 7 8 9; do
	cp tidy.lua /lib/modules/lua/tidy/$name.lua
done
# The kernel's caches grow with objects that wait for a grace period; that levels off.
within 60 lunatik run --name tidies tidies.lua $((ROUNDS / 100 * 10 + 20)) >tidied 2>&1
lunatik stop tidies >/dev/null 2>&1
before=$(kernel_memory)
if within 500 lunatik run --name tidies tidies.lua "$ROUNDS" >tidied 2>&1; then
	ok "$ROUNDS runtimes are started and stopped"
else
	not_ok "$ROUNDS runtimes are started and stopped" "$(cat tidied)"
fi
lunatik stop tidies >/dev/null 2>&1
lunatik status --clear
echo "# closed and finalized: $(cat tidied)"
check "all closing methods and finalizers have run, once" test "$(cat tidied)" = "$ROUNDS	$ROUNDS"
memory_is_back() { [ $(($(kernel_memory) - before)) -lt 2048 ]; }
check "and the memory is back where it was" wait_until 20 memory_is_back
echo "# kernel memory: $before KiB before, $(kernel_memory) KiB after"
finish
