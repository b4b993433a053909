#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# What status tells of hooks: what is counted of their calls, which failures disable them, and where that is said.
# leaks: hooks and their scripts hold each other

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
folder=/lib/modules/lua
hooks=$folder/suite_hooks.lua
cp "$SUITE_DIR/lua/hooks_status_hooks.lua" "$hooks"
ifconfig lo up
lunatik unload
modprobe lunatik testing=1 hook_slice_ms="$HOOK_SLICE_MS" || exit 1

# look NAME: keeps the status and the log of a script.
look() {
	lunatik status "$1" --json >"$1.json"
	lunatik logs "$1" >"$1.log" 2>&1
}
# fields NAME HOOK FIELD...: fields of a hook, as the JSON had them.
fields() {
	script=$1
	of=$2
	shift 2
	for field in "$@"; do
		awk -v name="\"$of\"," -v field="\"$field\":" '
			$1 == "\"name\":" { found = $2 == name }
			found && $1 == field { sub(/^[^:]*: /, ""); sub(/,$/, ""); gsub(/"/, ""); print; exit }' "$script.json"
	done | paste -s -d ' '
}
# line_of TEXT: where a comment of the hooks' file is.
line_of() { grep -n -- "-- $1" "$hooks" | cut -d: -f1; }
# told NAME HOOK: what the log said about the end of a hook.
told() { grep "^$1: hook $2 was disabled: " "$1.log"; }
# tells NAME COUNT TEXT: whether the log has so many lines with the text.
tells() { test "$(lunatik logs "$1" 2>&1 | grep -cF -- "$3")" = "$2"; }
fire() { lunatik eval 'return require("lunatik.testing").fire(...)' "$@"; }

# Counts, and what disables.
lua_checks "$SUITE_DIR/lua/hooks_status.lua" "$SUITE_DIR" "$HOOK_SLICE_MS"
check "the hooks go on" running suite_hooks
check "the log says that one was disabled" wait_until 10 tells suite_hooks 1 "hook slow was disabled"
look suite_hooks

# The tool.
all=$(grep -c '"longest_ns":' suite_hooks.json)
disabled=$(grep -c '"state": "disabled"' suite_hooks.json)
check "ten hooks or more were disabled" test "$disabled" -ge 10
for command in "list --all" status; do
	# shellcheck disable=SC2086
	lunatik $command >table
	check "$command counts them" grep -q "^suite_hooks  *run (softirq)  *ready ($all hooks, $disabled disabled)  " table
	check_fails "$command shows no single hook" grep ^HOOK table
done
lunatik status suite_hooks >table
check "status of one script has a heading" grep -qE '^HOOK +STATE +RUNS +FAILED +OVER +MISSED +MEAN +LONGEST +REASON$' table
check_output "and a line for each hook" "$all" sh -c 'sed "1,/^HOOK/d" table | grep -c .'
check "a line has the counts, and times with units" grep -qE '^good +on +300 +0 +0 +1000 +[0-9.]+[num]s +[0-9.]+[num]s$' table
check "a line of a disabled one says why" grep -qE '^loop1 +disabled +16 +16 +16 +0 .* 16 over-runs in 10 s \(.*:[0-9]+\)$' table
check_output "the JSON has each reason of missed calls" "0 0 0 1000 0" fields suite_hooks good closed busy contended context depth
check_output "calls from inside found the runtime busy" "21 6" fields suite_hooks again busy context
check_output "it has the mean" "$(($(fields suite_hooks good ns) / 300))" fields suite_hooks good mean_ns

# The logs.
dmesg >kernel.log
for hook in loop1 loop2 loop3 loop4 loop5 loop6 loop7 loop8 mixed slow; do
	check_output "the log says once that $hook was disabled, why, and where" \
		"suite_hooks: hook $hook was disabled: $(fields suite_hooks $hook reason) ($(fields suite_hooks $hook place))" told suite_hooks $hook
	check "the kernel's log says so, too" grep -qF "lunatik: $(told suite_hooks $hook)" kernel.log
done
check "the place of an over-run is where it was ended" test "$(fields suite_hooks mixed place | sed 's/.*://')" -ge "$(line_of 'The other place')"
# On a busy host the last failure may be an over-run in the loop above.
place=$(fields suite_hooks slow place)
line=$(line_of 'The place of slow')
check "that of an error is where it was raised" test "${place%:*} $((line - ${place##*:} < 4))" = "$hooks 1"
check "errors are told before" grep -q '^suite_hooks: hook [a-z0-9]*: CPU limit exceeded$' suite_hooks.log
if [ "$(fields suite_hooks row1 state)" = disabled ]; then
	check "failures in a row are told" wait_until 10 tells suite_hooks 1 "hook nothing was disabled"
	look suite_hooks
	check_output "errors that are no text have their place in the traceback" "$hooks:$(line_of 'The place of rows')" fields suite_hooks row1 place
	check_output "where no place is known, none is told" "suite_hooks: hook nothing was disabled: 1000 failures in a row" told suite_hooks nothing
fi

# Failures are told at most each 100 ms.
usleep 200000
fire memory 1
check "an error with a traceback is told" wait_until 10 tells suite_hooks 1 "with a traceback"
usleep 200000
fire memory 1
check "an error without one is told" wait_until 10 tells suite_hooks 1 "hook memory: not enough memory"
look suite_hooks
check_output "without that of the former" "suite_hooks: hook memory: not enough memory" tail -n 1 suite_hooks.log

# Output for which there is no room.
check "nothing was lost so far" grep -qF '"lost": 0,' suite_hooks.json
fire prints 1
check "lines are lost" wait_until 10 tells suite_hooks 1 "(60 lines lost)"
look suite_hooks
check "and counted" grep -qF '"lost": 60,' suite_hooks.json
check "in runtimes without hooks nothing is" sh -c 'lunatik run --name process - </dev/null; lunatik status process --json | grep -qF "\"lost\": null,"'

# A script that ends while its hook is called: each call is counted once.
echo 'local runtime, schedule = require("lunatik")._ENV.runtimes.suite_hooks, require("linux").schedule
print("ready")
while runtime:hooks()[1].runs < 20000 do
	schedule(1)
end
runtime:stop()' >stop.lua
echo 'local fire, fired, passed = require("lunatik.testing").fire, 0, 0
while true do
	local good, got = pcall(fire, "good", 10000)
	if not good then
		print(fired, passed, got)
		return
	end
	fired, passed = fired + 10000, passed + got
end' >fire.lua
lunatik run stop.lua >stopped &
stopping=$!
check "a script waits until the hook is called" wait_until 20 grep ready stopped
check "the hook is called until it is gone" within 60 sh -c 'lunatik run fire.lua >calls'
wait $stopping
check_output "its script was stopped" 0 echo $?
look suite_hooks
read -r fired passed why <calls
check_output "then it is not found" "bad argument #1 to 'lunatik.testing.fire' (no such hook)" echo "$why"
runs=$(fields suite_hooks good runs)
check_output "all calls of it are counted" "$((passed + 300))" echo $((runs - $(fields suite_hooks good failures)))
missed=0
for reason in $(fields suite_hooks good closed busy contended context depth); do
	missed=$((missed + reason))
done
echo "# $(fields suite_hooks good closed) of $fired calls came while the script ended"
check_output "so are those that were missed" "$((fired + 1300))" echo $((runs + missed))
check_fails "no hook of the script is called any more" grep '"state": "o[nf]' suite_hooks.json
check_output "what was disabled is still told" "disabled" fields suite_hooks loop1 state
check "the table of all says nothing of them" sh -c 'lunatik status | grep -qE "^suite_hooks +run \(softirq\) +finished +0B"'
lunatik status --clear

# A script whose end comes before its hooks are attached.
echo 'require("lunatik.testing").hook("first", function() end) error("no")' >early.lua
check_status "a script with hooks may fail while it is loaded" 1 lunatik run -c softirq early.lua
look early
check "nothing of its hook is told" grep -qF '"hooks": [],' early.json
case $KIND in
um)
	# fail COUNT: so many scripts make hooks and fail.
	echo 'for _ = 1, 64 do require("lunatik.testing").hook("first", function() end) end error("no")' >$folder/suite_early.lua
	fail() { lunatik eval 'for _ = 1, ... do assert(not pcall(require("lunatik").runtime, "suite_early", "softirq")) end' "$1"; }
	fail 20
	before=$(kernel_memory)
	fail 200
	after=$(kernel_memory)
	check "nothing is left of 200 such scripts with 64 hooks each" test $((after - before)) -lt 2048
	echo "# $((after - before)) KiB more are in use"
	;;
*) skip "nothing is left of such scripts" "KASAN keeps freed memory" ;;
esac

# A runtime for each CPU: each has its own counts.
echo 'require("lunatik.testing").hook("member", function() return 1 end)' >crew.lua
lunatik run -c softirq -p crew.lua
fire member 10
members=$(lunatik status | awk '$1 ~ /^crew(:[0-9]+)?$/ { print $1 }')
runs=0
for member in $members; do
	look "$member"
	cpu=$(sed -n 's/^    "cpu": \([0-9]*\),$/\1/p' "$member.json")
	check "the table says that $member is for CPU $cpu" sh -c 'lunatik status | grep -qE "^ *$1 +[a-z]+ \(softirq, CPU $2\) "' - "$member" "$cpu"
	runs=$((runs + $(fields "$member" member runs)))
	echo "$cpu" >>cpus
done
check_output "each CPU has a member" "$(grep -c ^processor /proc/cpuinfo)" sh -c 'sort -u cpus | wc -l'
check_output "whose counts add up" 10 echo "$runs"
lunatik stop crew

# A hook of netfilter, which its script may switch.
echo 'local netfilter = require("netfilter")
local acts = { good = function() return 1 end, fail = function() error("no") end, loop = function() while true do end end }
local act = acts.good
local hook = netfilter.register({ hook = function() return act() end, pf = 2, hooknum = 3, priority = 0, name = "out" })
return function(name, value)
	if name == "act" then
		act = acts[value]
	else
		hook[name](hook, value)
	end
end' >$folder/suite_switch.lua
# switch METHOD VALUE: calls a method of the hook, or changes what its function does.
switch() { lunatik eval 'local f, v = ... require("lunatik")._ENV.runtimes.suite_switch:resume(f, load("return " .. v)())' "$@"; }
# Each sends ten packets, and gets ten. All leave the machine.
pings() { ping -c 10 -i 0.005 -W 5 127.0.0.1 >pinged 2>&1 && grep -q " 0% packet loss" pinged; }
out() { look suite_switch; fields suite_switch out "$@"; }
lunatik run -c softirq suite_switch
check_output "the hook waits" "0 on" out runs state
check "packets pass" pings
check_output "each of them is counted" "20 0 0" out runs failures overruns
switch enable false
check "they pass by a hook that is off" pings
check_output "which does not count them" "20 off" out runs state
check "the table says so" sh -c 'lunatik status | grep -qF "ready (1 hook, 1 off)  "'
switch enable true
switch act '"fail"'
check "packets pass by one that fails" pings
check_output "which counts its failures" "40 20 on" out runs failures state
switch act '"loop"'
for round in 1 2 3; do
	check "packets pass while it is disabled" pings
	check_output "it is disabled" "disabled" out state
	check "which is told each time" wait_until 10 tells suite_switch $round "hook out was disabled"
	runs=$(out runs)
	check "packets pass afterwards" pings
	check_output "without calls" "$runs" out runs
	switch enable true
	check_output "switched on, it goes on" "$runs on null" out runs state reason
done
switch act '"good"'
check "it is as good as before" pings
check_output "and counts" "$((runs + 20)) on" out runs state
switch stop nil
check "packets pass by a hook that was stopped" pings
check_output "for good" "$((runs + 20)) stopped" out runs state
switch enable true
check_output "nothing switches it on" "stopped" out state
lunatik stop suite_switch
rm -f "$hooks" $folder/suite_early.lua $folder/suite_switch.lua
check "the module can be unloaded" within 30 lunatik unload
finish
