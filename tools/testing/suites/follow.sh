#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# run --follow and spawn --follow: their output, their ends, and the script after signals.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
shouldstop='require("thread").shouldstop()'
wait='require("linux").schedule(10)'
echo "print('chunk', ...) io.stderr:write('chunk error\n')
	return function(...)
		print('body', ...) io.stderr:write('body error\n')
		while not $shouldstop do $wait end
		print('told to stop')
	end" >polite.lua
echo "print('chunk') return function() for i = 1, 3 do print('line', i) $wait end end" >ends.lua
echo "return function() print('before') error('on purpose') end" >fails.lua
echo "error('at once')" >fails_at_once.lua
echo 'return function() while true do pcall(function() while true do end end) end end' >stubborn.lua
echo 'require("device").new({ name = "suite_follow", read = function() print("read") return "x" end }) return 42' >device.lua
echo 'require("device").new({ name = "suite_follow", read = function() error("in read") end })' >fails_later.lua
echo "while true do print('chunk runs') $wait end" >chunk.lua
printed() { grep -qxF "$2" "$1"; }

# follows NAME ARGS...: starts in the background and waits until the script runs. $follower is the process.
follows() {
	name=$1
	shift
	lunatik "$@" >out 2>err &
	follower=$!
	check "$name: the script runs" wait_until 10 running "$script"
}
# ends NAME STATUS: waits for the end of the command.
ends() {
	check "$1" wait_until 10 gone $follower
	wait $follower
	status=$?
	check "with status $2" test $status = "$2"
}

# Scripts that end by themselves.
check_output "what the chunk and the thread print comes, and the end" "chunk
line	1
line	2
line	3" within 20 lunatik spawn --follow ends.lua
check_output "a script that leaves nothing ends at once, with its results" "once
7" within 20 lunatik run --follow - <<-LUA
	print("once") return 7
LUA
check_output "results may be JSON" "[1,2]" within 20 lunatik run -f --json - <<-LUA
	return { 1, 2 }
LUA
check_says "one that fails at once is told as by run" 1 "lunatik: fails_at_once.lua:1: at once" within 20 lunatik run --follow fails_at_once.lua
check "with its traceback" grep -q "^stack traceback:" stderr
check_says "one that does not compile, too" 1 "    1 | return function( end" within 20 sh -c \
	'echo "return function( end" | lunatik run --follow -'
check_says "one that fails later ends with status 1" 1 "lunatik: fails.lua:1: on purpose" within 20 lunatik spawn --follow fails.lua
check "after what it has printed" printed stdout before
check "with one traceback, that of the log" test "$(grep -c '^stack traceback:' stderr)" = 1
check_says "a taken CPU limit is a failure" 1 "CPU limit exceeded" within 20 lunatik spawn --follow --cpu-limit 100ms stubborn.lua
check_says "a script that is not there is told" 3 "no script suite/none" within 20 lunatik run --follow suite/none
check_status "a grace is fine with --follow" 0 within 20 lunatik spawn --follow --grace 1s ends.lua

check_output "the options of a unit stand before the script, its arguments behind" "unit	chunk	a	-f" within 20 \
	lunatik run --follow --replace --name unit -c process -P load -- - a -f <<-LUA
		print("unit", "chunk", ...)
	LUA
check "and its name is that of the unit" sh -c 'lunatik status unit | grep -q "^unit  *run  *finished"'

# Signals.
script=polite
for signal in TERM:0 HUP:0 INT:130; do
	follows "SIG${signal%:*}" spawn --follow polite.lua a b
	check "its chunk and its thread are seen" wait_until 5 printed out "body	a	b"
	kill "-${signal%:*}" $follower
	ends "SIG${signal%:*} ends it" "${signal#*:}"
	check "the script was stopped" not_running polite
	check_output "and could end by itself" "chunk	a	b
body	a	b
told to stop" cat out
	check "its errors are errors" sh -c 'head -n 2 err | tr "\n" "," | grep -qx "chunk error,body error,"'
done
script=stubborn
follows "a script that does not listen" spawn --follow --grace 50ms stubborn.lua
kill -TERM $follower
ends "is stopped all the same" 0
check "and gone" not_running stubborn
script=device
follows "a script with a device" run --follow device.lua
check "its results come first" wait_until 5 printed out 42
check_output "its device works" x head -c 1 /dev/suite_follow
check "and what it prints comes" wait_until 5 printed out read
kill -TERM $follower
ends "its command ends" 0
check_fails "and the device is gone" test -e /dev/suite_follow
lunatik run --follow chunk.lua >out 2>err &
follower=$!
check "a chunk that runs on is followed" wait_until 10 printed out "chunk runs"
kill -TERM $follower
ends "and stopped" 0
check "with nothing left" not_running chunk
check_output "and no word" "" cat err
sh -c 'trap "" HUP; exec lunatik spawn --follow polite.lua' >out 2>err &
follower=$!
script=polite
check "where hang-ups are ignored it starts" wait_until 10 printed out body
kill -HUP $follower
check "and ignores them" running polite
kill -TERM $follower
ends "but SIGTERM is" 0
# Two signals at the same time: the second one does not wait, but the script is stopped.
script=stubborn
follows "a script that takes long" spawn --follow --grace 5s stubborn.lua
kill -TERM $follower
kill -INT $follower
ends "the second signal ends the command at once" 130
check "the script is being stopped" sh -c 'lunatik status stubborn | grep -Eq "stopping|finished"'
lunatik stop --grace 0 stubborn

# Others.
script=polite
follows "stopped by others" spawn --follow polite.lua
lunatik stop polite
ends "the command ends well" 0
check "and says so" printed err "lunatik: polite was stopped"
check "as the status does" sh -c 'lunatik status --json polite | grep -q "\"stopped\": true"'
follows "shut down" spawn --follow polite.lua
lunatik shutdown
ends "the command ends well" 0
check "and says so" printed err "lunatik: polite was stopped"
lunatik run --follow chunk.lua >out 2>err &
follower=$!
check "a chunk runs" wait_until 10 printed out "chunk runs"
lunatik stop chunk
ends "stopped by others, it ends well" 0
check "and says so" grep -q "^lunatik: chunk was stopped" err
follows "replaced by another script" spawn --follow polite.lua
lunatik spawn --replace --name polite stubborn.lua
ends "the command ends well" 0
check "and says so" grep -qE "^lunatik: (polite was stopped|another script has taken the name polite)$" err
check "the other script runs" running polite
check_says "it replaces in its turn only on demand" 1 "polite is already running" within 10 lunatik spawn --follow polite.lua
follows "replaces it" spawn --follow --replace --grace 10ms polite.lua
check "and runs" wait_until 10 printed out body
kill -TERM $follower
ends "until it is told to end" 0
check_output "an end by itself is no stop" 1 sh -c 'lunatik spawn --follow ends.lua >/dev/null; lunatik status --json ends | grep -c "\"stopped\": false"'
script=fails_later
follows "a callback that fails" run --follow fails_later.lua
cat /dev/suite_follow >/dev/null 2>&1
check "is seen" wait_until 5 grep -q "in read" err
check "the script stays" running fails_later
kill -TERM $follower
ends "until it is stopped" 0

# A reader that goes away.
lunatik spawn --name talks --follow - 2>pipe.err <<-LUA | head -n 1 >first
	return function() while not $shouldstop do print("talk") $wait end end
LUA
check_output "what is read is read" talk cat first
check "then the script is stopped, as nobody would see what it prints" wait_until 10 not_running talks

# Many at the same time.
for i in 1 2 3 4 5 6 7 8; do
	lunatik spawn --follow --name "many$i" polite.lua >"many$i" 2>&1 &
	eval "many$i=\$!"
done
check "eight are followed" wait_until 10 sh -c '[ "$(lunatik list | grep -c "^many")" = 8 ]'
lunatik stop --all
for i in 1 2 3 4 5 6 7 8; do
	eval "wait \$many$i"
	check "follower $i has ended well" test $? = 0
done
check_output "and leaves no session" "lunatik_sessions 1" sh -c 'lunatik metrics | grep "^lunatik_sessions"'
finish
