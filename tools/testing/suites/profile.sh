#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Profiles: what they show of scripts, workers, drivers and services; ends, limits, costs.
# alone: measures times, and both processors have to run at once
# leaks: profiles refer to runtimes and these to them

. "$(dirname "$0")/../lib/ktap.sh"
lunatik unload
modprobe lunatik testing=1 || exit 1

folder=/lib/modules/lua
programs="$SUITE_DIR/lua/profile_programs.lua"
file=profile_programs.lua
script() { cat >"$folder/suite_profile_$1.lua"; }
# program NAME: runs one of the programs under its name.
program() { lunatik spawn --name "$1" "$programs" "$1"; }
# profile SECONDS NAME [OPTIONS...]: a profile into $WORK/out, what it says into $WORK/err.
profile() {
	time=$1
	shift
	within $((time + 20)) lunatik profile --seconds "$time" "$@" >"$WORK/out" 2>"$WORK/err"
}
# samples PATTERN: the number of samples whose stacks match.
samples() {
	PATTERN=$1 awk '{ count = $NF; sub(/ [0-9]+$/, ""); if ($0 ~ ENVIRON["PATTERN"]) sum += count } END { print sum + 0 }' "$WORK/out"
}
all_samples() { samples .; }
# asked FILE OF COUNT: whether the samples in FILE and those that OF says are lost are about COUNT.
asked() {
	sum=$(awk '{ sum += $NF } END { print sum + 0 }' "$1")
	lost=$(sed -n 's/^\([0-9]*\) samples are lost.*/\1/p' "$2")
	sum=$((sum + ${lost:-0}))
	[ $sum -ge $(($3 * 9 / 10)) ] && [ $sum -le $(($3 * 3 / 2)) ]
}
# most PERCENT PATTERN: whether at least PERCENT of the samples match.
most() { [ $((100 * $(samples "$2"))) -ge $(($1 * $(all_samples))) ] && [ "$(all_samples)" -gt 0 ]; }
# profiles COUNT: whether so many profiles run.
profiles() { lunatik metrics | grep -qxF "lunatik_profiles $1"; }
shown() { sed 's/^/# /' "$WORK/err"; }

# What functions cost.
program ratio
check "a script is profiled" profile 3 ratio
shown
check "as often as it says" asked "$WORK/out" "$WORK/err" 297
check "nearly all samples are in its two functions" most 90 "^ratio;function .*/$file:[0-9]+;program .*;(thrice|once) .*/$file:[0-9]+;work .*/$file:8$"
thrice=$(samples ";thrice ")
once=$(samples ";once ")
echo "# $thrice to $once samples"
check "one has about three times the samples of the other" test $((once * 2)) -lt "$thrice" -a $((once * 9 / 2)) -gt "$thrice"
check "two profiles at once" sh -c "
	lunatik profile --seconds 2 ratio >'$WORK/first' 2>'$WORK/first.err' &
	lunatik profile --seconds 2 --hz 200 ratio >'$WORK/second' 2>'$WORK/second.err' && wait \$!"
check "one has its samples" asked "$WORK/first" "$WORK/first.err" 198
check "and the other one its own" asked "$WORK/second" "$WORK/second.err" 400
program libraries
check "of two scripts" sh -c "
	lunatik profile --seconds 1 libraries >'$WORK/first' 2>/dev/null &
	lunatik profile --seconds 1 ratio >'$WORK/second' 2>/dev/null && wait \$!"
check "without a trace of the other one" sh -c "! grep -v '^libraries;' '$WORK/first' && ! grep -v '^ratio;' '$WORK/second'"

# Files.
check "a flame graph is written" within 20 lunatik profile --seconds 1 -o "$WORK/graph" ratio
check "with the stacks" grep -q ';thrice .*;work .* [0-9]*$' "$WORK/graph.folded"
check "and the names of the functions" grep -q '<title>work .*profile_programs.lua:8 ([0-9]* samples' "$WORK/graph.svg"
check_says "a folder that is none is an error" 1 "cannot write /none/graph.folded" lunatik profile --seconds 1 -o /none/graph ratio

# Native functions.
profile 3 libraries
check "a function that runs long is named while it runs" most 20 ";gsub \[C\]$"
check "one that is called often, when it has returned" most 15 ";max \[C\]$"
lunatik stop libraries

program coroutines
profile 2 coroutines
check "coroutines come after those that have resumed them" \
	most 80 "^coroutines;function [^;]*;[^;]*;resume_outer \[C\];function [^;]*;resume \[C\];(function|inner) [^;]*;work "
lunatik stop coroutines

program deep
profile 2 deep
check "a deep recursion is cut" grep -q "127 innermost calls" "$WORK/err"
check "to its innermost calls" test "$(awk -F';' '/;work / { if (NF > most) most = NF } END { print most }' "$WORK/out")" = 128
lunatik stop deep

# Scripts that do not run.
program sleeps
profile 1 sleeps
check "a script that waits" most 90 "^sleeps;\[waits\]$"
check_says "has no samples while it runs" 1 "no sample of sleeps: none of its code was seen to run" lunatik profile --seconds 1 --running sleeps
echo "worker.peek()" | script waits
cat >"$WORK/owner.lua" <<-'LUA'
	local workers = { worker.create("suite_profile_waits"), worker.create("suite_profile_computes") }
	return function()
		for _, each in ipairs(workers) do
			pcall(worker.receive, each)
		end
	end
LUA

# Workers.
script computes <<-'LUA'
	local function busy()
		local sum = 0
		for i = 1, 100000 do
			sum = sum + i
		end
	end
	while true do
		busy()
	end
LUA
lunatik spawn --name owner "$WORK/owner.lua"
profile 2 suite_profile_computes
check "a worker is profiled" most 90 "^suite_profile_computes \(worker\);main chunk [^;]*;busy [^;]*computes.lua:1$"
profile 2 --all owner
shown
check "its script with all workers" grep -q "of 3 runtimes" "$WORK/err"
check "the script waits" most 30 "^owner;\[waits"
check "one worker computes" most 30 "^suite_profile_computes \(worker\);main chunk [^;]*;busy "
check "the other one waits" most 30 "^suite_profile_waits \(worker\);\[waits"
profile 1 --all --running owner
check "the time without code can be left out" most 90 "^suite_profile_computes "
lunatik stop owner
echo "local sum = 0 for i = 1, 1000000 do sum = sum + i end" | script short
program makes
profile 2 --all makes
check "workers that are made meanwhile are profiled" most 5 "^suite_profile_short \(worker\);main chunk "
check "each of them" test "$(sed -n 's/.* of \([0-9]*\) runtimes.*/\1/p' "$WORK/err")" -gt 3
lunatik stop makes
cat >"$WORK/many.lua" <<-'LUA'
	local workers = {}
	for i = 1, 300 do
		workers[i] = worker.create("suite_profile_waits")
	end
	return function()
		pcall(worker.receive, workers[1])
	end
LUA
lunatik spawn --mem 256M --name many "$WORK/many.lua"
profile 1 --all many
check "of many workers some are left out" grep -q "^45 parts of the script are left out" "$WORK/err"
check "and the others not" grep -q "of 256 runtimes" "$WORK/err"
check_says "so many with one name are refused" 1 "more than 256 runtimes are called suite_profile_waits" \
	lunatik profile --seconds 1 suite_profile_waits
lunatik stop many

# A driver.
cat >"$WORK/driver.lua" <<-'LUA'
	local function fill(length)
		local bytes = {}
		for i = 1, length do
			bytes[i] = string.char(97 + i * i % 26)
		end
		return table.concat(bytes)
	end
	local driver = { name = "suite_profile" }
	function driver.read(_, length)
		return fill(length)
	end
	require("device").new(driver)
LUA
lunatik run "$WORK/driver.lua"
profile 1 driver
check "a driver that nobody calls is idle" most 99 "^driver;\[idle\]$"
# Each dd ends soon: on User Mode Linux, the timer of a CPU whose process never sleeps can be late, and find the driver idle.
while dd if=/dev/suite_profile of=/dev/null bs=4096 count=16 2>/dev/null; do :; done &
reader=$!
profile 2 --running driver
kill $reader
wait $reader 2>/dev/null
check "one that a process reads is in its callback" most 80 "^driver;function [^;]*driver.lua:1(;(char|concat) \[C\])?$"
shown
lunatik stop driver

# Services.
script service <<-'LUA'
	require("ltask")
	local function busy()
		local sum = 0
		for i = 1, 1000000 do
			sum = sum + i
		end
		return sum
	end
	return { compute = busy }
LUA
cat >"$WORK/system.lua" <<-'LUA'
	local bootstrap = require("ltask.bootstrap")
	-- A system ends when it has only unique services.
	local context = bootstrap.start({ root = { bootstrap = {
		{ name = "suite_profile_service", unique = true },
		{ name = "suite_keeps", initfunc = "return function() return { hang = print } end" },
	} } })
	while true do
		bootstrap.call(context, "suite_profile_service", "compute")
	end
LUA
lunatik run --name system "$WORK/system.lua" >/dev/null 2>&1 &
client=$!
service() { lunatik list --all | awk '$1 ~ /^suite_profile_service:/ { print $1 }'; }
check "a service runs" wait_until 10 sh -c 'lunatik list --all | grep -q "^ *suite_profile_service:[0-9]* *service"'
profile 2 --all system
shown
check "a service is profiled with its script" most 10 "^suite_profile_service[^;]* \(service\);.*;(busy|function|fn) [^;]*service.lua:2$"
check "which waits for it" most 10 "^system;\[waits"
profile 1 "$(service)"
check "and alone" most 80 "^suite_profile_service[^;]* \(service\);.*service.lua:2$"
lunatik stop system
wait $client

# Actors.
cat >"$WORK/acts.lua" <<-'LUA'
	local function busy()
		local sum = 0
		for i = 1, 1000000 do
			sum = sum + i
		end
	end
	while true do
		busy()
		require("time").sleep(0.001)
	end
LUA
cat >"$WORK/actors.lua" <<-'LUA'
	local actor = require("actor")
	actor.spawn_vm({ module = "./acts" })
LUA
lunatik run --name actors "$WORK/actors.lua" >"$WORK/actors" 2>&1 &
client=$!
check "an actor runs" wait_until 10 sh -c 'lunatik list --all | grep -q "/acts *actor"'
profile 2 --all actors
shown
check "an actor is profiled" most 20 "/acts \(actor\);.*;busy [^;]*acts.lua:1$"
lunatik stop actors
wait $client

# Ends.
program ends
check "a script that ends ends its profile" profile 100 ends
check "with what was found" most 80 ";work "
program fails
check "so does one that fails" profile 100 fails
check "with what was found, too" most 80 ";work "
lunatik profile --seconds 100 ratio >"$WORK/out" 2>"$WORK/err" &
client=$!
check "a profile runs" wait_until 10 profiles 1
check "its script is stopped at once" within 5 lunatik stop ratio
check "the profile ends" wait_until 10 gone $client
wait $client
check "well" test $? = 0
check_status "a script that has ended is not profiled" 3 lunatik profile --seconds 1 ratio
program ratio
lunatik profile --seconds 100 ratio >"$WORK/out" 2>"$WORK/err" &
client=$!
check "another profile runs" wait_until 10 profiles 1
kill -INT $client
wait $client
check "Ctrl-C ends it with what was found" test $? = 0
check "whatever that is" wait_until 10 profiles 0
lunatik profile --seconds 100 --all ratio >"$WORK/out" 2>"$WORK/err" &
client=$!
check "a third one runs" wait_until 10 profiles 1
kill -KILL $client
wait $client 2>/dev/null
check "it ends with its client" wait_until 10 profiles 0
check "the script goes on" running ratio

# Limits.
for _ in 1 2 3 4; do
	lunatik profile --seconds 100 ratio >/dev/null 2>&1 &
done
check "four profiles of one script run" wait_until 10 profiles 4
check_says "a fifth is refused" 1 "ratio is profiled by 4 others already" lunatik profile --seconds 1 ratio
check "it is stopped nevertheless" within 5 lunatik stop ratio
wait
check "all have ended" wait_until 10 profiles 0
check_status "too many samples are wrong usage" 2 lunatik profile --hz 1001 ratio
check_status "and none" 2 lunatik profile --hz 0 ratio
check_status "and no time" 2 lunatik profile --seconds 0 ratio
check_status "and a name that is none" 2 lunatik profile /x//y
check_status "a script that is not there" 3 lunatik profile --seconds 1 nowhere

# Hooks.
echo 'require("lunatik.testing").hook("a hook", function() return 1 end)' | script hook
lunatik run -c softirq suite_profile_hook
check_says "a script for hooks is refused" 1 "hooks cannot be profiled yet" lunatik profile --seconds 1 suite_profile_hook
lunatik stop suite_profile_hook

# What scripts see.
lunatik run "$SUITE_DIR/lua/profile_effects.lua" >"$WORK/without" 2>&1
check "a script sees something without a profile" test "$(wc -l <"$WORK/without")" -gt 5
cat >"$WORK/again.sh" <<-'SH'
	lunatik run --name effects "$1" >"$2" 2>&1 &
	client=$!
	until lunatik profile --seconds 100 --hz 1000 effects >"$3" 2>"$4"; do
		kill -0 $client 2>/dev/null || exit 1
	done
	wait $client
SH
check "it runs while it is profiled" within 100 sh "$WORK/again.sh" "$SUITE_DIR/lua/profile_effects.lua" "$WORK/with" "$WORK/out" "$WORK/err"
shown
check "and sees the same" cmp "$WORK/without" "$WORK/with"
check "it was sampled in the meantime" test "$(all_samples)" -gt 20

# Costs.
cat >"$WORK/cost.lua" <<-'LUA'
	-- Prints the milliseconds that a fixed piece of work has taken: the least of some tries.
	local ktime = require("linux").ktime
	local function work()
		local sum = 0
		for i = 1, 3000000 do
			sum = sum + i % 7
		end
	end
	local least = math.maxinteger
	for _ = 1, 20 do
		local begun = ktime()
		work()
		least = math.min(least, ktime() - begun)
	end
	print(least // 1000)
LUA
# cost NAME [HZ]: microseconds of the work under a name, with a profile of the script `cost` if HZ is given.
cost() {
	lunatik run --name "$1" "$WORK/cost.lua" >"$WORK/cost" &
	client=$!
	if [ -n "$2" ]; then
		wait_until 10 running cost || return
		lunatik profile --seconds 100 --hz "$2" cost >/dev/null 2>&1
	fi
	wait $client
	cat "$WORK/cost"
}
# What the host takes away makes a time longer, never shorter. So the least of many tries tells what the work takes, and
# there are more of them on a host that does much else.
least() { [ "$1" -lt "$2" ] && echo "$1" || echo "$2"; }
alone=99999999 usual=99999999 often=99999999
for round in 1 2 3 4 5 6 7 8; do
	alone=$(least "$alone" "$(cost cost)")
	usual=$(least "$usual" "$(cost cost 99)")
	often=$(least "$often" "$(cost cost 1000)")
	[ "$round" -ge 3 ] && [ "$usual" -lt $((alone * 12 / 10)) ] && [ "$often" -lt $((alone * 13 / 10)) ] && break
done
echo "# us of a piece of work: $alone alone, $usual at 99 Hz, $often at 1000 Hz"
check "a profile slows its script little" test "$usual" -lt $((alone * (10 + 3 * SLOWER) / 10))
check "and at 1000 Hz not much more" test "$often" -lt $((alone * (10 + 5 * SLOWER) / 10))
program ratio
before=99999999 beside=99999999
for round in 1 2 3 4 5 6 7 8; do
	before=$(least "$before" "$(cost other)")
	lunatik profile --seconds 100 --hz 1000 ratio >/dev/null 2>&1 &
	client=$!
	wait_until 10 profiles 1
	beside=$(least "$beside" "$(cost other)")
	kill -INT $client
	wait $client
	[ "$round" -ge 3 ] && [ "$beside" -lt $((before * 12 / 10)) ] && break
done
echo "# us of the same beside another script: $before, $beside while that is profiled at 1000 Hz"
check "a script beside it is not slowed" test "$beside" -lt $((before * 13 / 10))
lunatik stop ratio
check "no profile is left" profiles 0
finish
