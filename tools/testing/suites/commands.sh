#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The lunatik command: --replace, stop --all, check, source lines in errors, executable scripts, logs, durations.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
loop='while not require("thread").shouldstop() do require("linux").schedule(10) end'

# --replace.
echo "return function(...) print('first', ...) $loop print('told to stop') end" >v1.lua
echo "return function(...) print('second', ...) $loop end" >v2.lua
echo 'return function( end' >broken.lua
echo 'error("at once")' >fails.lua
echo "return function() while true do pcall(function() while true do end end) end end" >stubborn.lua
says() { lunatik logs "$1" 2>/dev/null | grep -qx "$2"; }
check "where nothing runs, --replace only starts" lunatik spawn --replace --name r v1.lua
check_says "without it the name is taken" 1 "r is already running (--replace stops it first; --name gives another name)" \
	lunatik spawn --name r v2.lua
check "with it the new script runs" lunatik spawn --replace --name r v2.lua x
check "and only that" wait_until 5 says r "second	x"
check_fails "its log is its own" says r first
check_output "there is one of that name" "r" lunatik list
check_says "a script that does not compile replaces nothing" 1 "broken.lua:1:" lunatik spawn --replace --name r broken.lua
check "the one that runs goes on" says r "second	x"
check "as status says" sh -c 'lunatik status r | grep -Eq "^r +spawn +(running|blocked)"'
check_says "nor does one that is missing" 3 "no script suite/none" lunatik run --replace --name r suite/none
check "the one that runs goes on" running r
check_says "a script that fails has replaced it" 1 "at once" lunatik run --replace --name r fails.lua
check "which is gone" not_running r
check "and its outcome is kept" sh -c 'lunatik status r | grep -q "failed.*at once"'
check_fails "under its own log" says r "second	x"
lunatik spawn --name r stubborn.lua
check "one that does not end by itself is replaced" within 10 lunatik run --replace --grace 10ms --name r v1.lua
check "and gone" not_running r
lunatik spawn --name r v1.lua
check "a grace is a grace" lunatik spawn --replace --grace 10s --name r v2.lua
check_status "a grace alone is wrong usage" 2 lunatik spawn --grace 1s --name r v2.lua
mkdir -p /lib/modules/lua/suite
cp v1.lua /lib/modules/lua/suite/named.lua
lunatik spawn suite/named
check "a script under its own name, too" lunatik spawn --replace suite/named
check "in the place of a device, another one" lunatik run --name dev --replace /dev/stdin <<-EOF
	require("device").new({ name = "suite_replaced", read = function() return "1" end })
EOF
check "with the same device" lunatik run --name dev --replace /dev/stdin <<-EOF
	require("device").new({ name = "suite_replaced", read = function() return "2" end })
EOF
check_output "the device is that of the new script" "2" head -c 1 /dev/suite_replaced
lunatik stop --all
# Many at the same time: in the end, each either runs or got the reason why it does not.
for i in 1 2 3 4 5 6; do
	(
		lunatik spawn --replace --name race v2.lua "$i" >/dev/null 2>"$WORK/race.err.$i"
		echo $? >"$WORK/race.$i"
	) &
done
wait
check "of six that replace each other one runs" running race
check "and only one" test "$(lunatik list | wc -l)" = 1
for i in 1 2 3 4 5 6; do
	case $(cat "race.$i") in
	0) ok "start $i has run" ;;
	*) check "start $i was told why not" sh -c 'cat "$0"; grep -qE "$1" "$0"' "race.err.$i" \
		"race.*(another start took the name first$|was stopped|told to stop)" ;;
	esac
done
check "the one that runs was told that it does" sh -c 'i=$(lunatik logs race | sed "s/second.//") && [ "$(cat "race.$i")" = 0 ]'
lunatik stop race

# stop --all.
lunatik eval 'require("linux").schedule(600000)' &
session=$!
check "a session computes" wait_until 5 sh -c 'lunatik status --json | grep -q "\"kind\": \"eval\""'
for i in 1 2 3 4 5 6 7 8 9 10; do lunatik spawn --name "all$i" stubborn.lua; done
lunatik spawn --name polite v1.lua
check "stop --all stops all scripts" within 20 lunatik stop --all --grace 50ms
check_output "and returns when they are gone" "" lunatik list
check "those that can end by themselves" says polite "told to stop"
check_fails "but no session" gone $session
kill -INT $session
wait $session
check "with nothing to stop it succeeds" lunatik stop --all
check_status "names beside --all are wrong usage" 2 lunatik stop --all x

# check. told FILE: prints the output of check for FILE, without the last line.
told() { lunatik check "$@" 2>&1 | grep -v "mistakes\{0,1\} w"; }
lunatik unload
check_output "check needs no module" "" lunatik check v1.lua v2.lua
lunatik load
check_status "what does not compile gives status 1" 1 lunatik check v1.lua broken.lua
check_output "the place is told, with the line and a mark" "broken.lua:1: <name> or '...' expected near 'end'
    1 | return function( end
      |                  ^^^" told broken.lua
check_status "a missing file gives status 1" 1 lunatik check none.lua v1.lua
check_says "and the others are checked" 1 "2 mistakes were found" lunatik check none.lua broken.lua v1.lua
check "standard input is checked" sh -c 'echo "return 1" | lunatik check -'
lunatik eval 'local names = {}
	for _, list in ipairs({ package.preload, package.loaded }) do
		for name in pairs(list) do print(("require %q"):format(name)) end
	end' >modules.lua
check "the kernel has modules" test "$(wc -l <modules.lua)" -gt 40
check "check knows all that the kernel has" lunatik check modules.lua
mkdir -p deep
echo 'return 1' >deep/module.lua
printf '#!/bin/lunatik run -c softrq\nrequire("deep.module")\nrequire("deep.none")\npledge("lod")\n' >wrong.lua
check_output "modules, permissions and options that are wrong are told" "wrong.lua:1: wrong.lua:3: wrong.lua:4:" \
	sh -c "lunatik check wrong.lua 2>&1 | sed -n 's/^\(wrong.lua:[0-9]*:\).*/\1/p' | tr '\n' ' ' | sed 's/ \$//'"
check "the examples are fine" sh -c "lunatik check '$SUITE_DIR'/../../lua/examples/*.lua"

# The line of an error of syntax.
shows() {
	name=$1
	wanted=$2
	shift 2
	check_says "$name" 1 "$wanted" "$@"
	check "below the message" sh -c "grep -A1 'near' '$WORK/stderr' | grep -q '^ *[0-9]* | '"
}
shows "run shows the line that does not compile" "    1 | return function( end" lunatik run broken.lua
shows "so does spawn" "      |                  ^^^" lunatik spawn broken.lua
shows "of standard input" "    2 | x = )" sh -c 'printf "\nx = )\n" | lunatik run -'
cp broken.lua /lib/modules/lua/suite/broken.lua
shows "of a name" "    1 | return function( end" lunatik run suite/broken
shows "eval, too" "    1 | x = = 1" lunatik eval 'x = = 1'
shows "and repl" "    1 | x = = 1" sh -c 'echo "x = = 1" | lunatik repl'
cp broken.lua deep/broken.lua
echo 'require("deep.broken")' >requires.lua
shows "of a module that is required" "    1 | return function( end" lunatik run requires.lua
check_says "an error at run time shows none" 1 "fails.lua:1: at once" lunatik run fails.lua
check_fails "but its traceback" grep -q "| error" "$WORK/stderr"

# Executable scripts.
lunatik=$(command -v lunatik)
mkdir -p bin
printf '#!%s run\nprint(arg[0], ...)\n' "$lunatik" >bin/plain
printf '#!%s run --name suite/executed -c softirq -P load\nprint(pcall(require("rcu").table))\nreturn io.stderr\n' "$lunatik" >bin/options
printf '#!%s spawn --name executed\n\nlocal given = ...\nreturn function() print(given) end\n' "$lunatik" >bin/spawned
printf '#!%s run\n\nx = )\n' "$lunatik" >bin/broken
chmod +x bin/*
check_output "a file with a first line is executed" "./bin/plain	a	b c	-x" ./bin/plain a "b c" -x
check_output "also as FOLDER/FILE" "./bin/plain" bin/plain
check_output "and from PATH" "$WORK/bin/plain	x" env "PATH=$WORK/bin:$PATH" plain x
check_says "with all its options" 1 "attempt to index a nil value (global 'io')" ./bin/options
check "of which each has its effect" grep -q 'permission "rcu" denied' "$WORK/stdout"
check_output "spawn, too" "" ./bin/spawned "an argument"
check "which gets its arguments" wait_until 5 says executed "an argument"
check_says "lines are counted as in the file" 1 "    3 | x = )" ./bin/broken
cp bin/plain /lib/modules/lua/suite/plain.lua
check_output "a name has such a line passed over, too" "suite/plain	y" lunatik run suite/plain y
printf '#!/bin/lunatik run\nreturn { from = "a module" }\n' >deep/first_line.lua
check_output "and so has a module" "a module" lunatik eval 'package.path = ... return require("deep.first_line").from' "$WORK/?.lua"
if env -S true 2>/dev/null; then
	printf '#!/usr/bin/env -S lunatik run --name by_env\nprint(arg[0], ...)\n' >bin/by_env
	chmod +x bin/by_env
	check_output "env -S starts scripts" "./bin/by_env	a" ./bin/by_env a
else
	skip "env -S starts scripts" "this env has no -S"
fi

# logs.
echo 'return function()
	for i = 1, 5 do print("line " .. i) end
	io.write(("x"):rep(5000), "\n")
	io.stderr:write("an error\n")
	io.write("no end")
	while not require("thread").shouldstop() do require("linux").schedule(10) end
	print(" yet")
	print("last")
end' >prints.lua
before=$(date +%s)
lunatik spawn prints.lua
wait_until 5 sh -c 'lunatik logs prints | grep -q "no end"'
check_output "logs to a pipe are what the script has printed" "line 1
line 2" sh -c 'lunatik logs prints 2>/dev/null | head -n 2'
check "--time shows the time of each line" sh -c \
	"lunatik logs --time prints 2>&1 | grep -Ev '^20[0-9-]{8} [0-9:]{8}\.[0-9]{3} (line [1-5]|x{5000}|an error|no end)$' | wc -l | grep -qx 0"
check_output "a long line has one" 6 sh -c 'lunatik logs --time prints 2>/dev/null | wc -l'
check_output "-n shows the last lines" "an error
no end" sh -c 'lunatik logs -n 2 prints 2>&1'
check_output "which may be long" 5000 sh -c 'lunatik logs -n 3 prints 2>/dev/null | tr -cd x | wc -c'
check_output "all, if there are no more" 7 sh -c 'lunatik logs -n 100 prints 2>&1 | wc -l'
check_output "none of none" "" lunatik logs -n 0 prints
check_output "--since shows what is newer" "line 1" sh -c "lunatik logs --since @$((before - 1)) prints | head -n 1"
check_output "or nothing" "" lunatik logs --since @$((before + 3600)) prints
check_output "a duration counts back" "line 1" sh -c "lunatik logs -S 1h prints | head -n 1"
check_output "with a sign, too" "no end" sh -c "lunatik logs -S -1h -n 1 prints"
check_says "a wrong one is told with the right ones" 2 "how long ago (10m" lunatik logs --since soon prints
lunatik logs -f -n 1 prints >followed 2>&1 &
follower=$!
check "-f -n shows the last line that has ended" wait_until 5 grep -qx "an error" followed
lunatik stop prints
check "and ends with the script" wait_until 10 gone $follower
check_output "having shown what came, once" "an error
no end yet
last" cat followed
check_output "the log of a script that was stopped is kept" "last" lunatik logs -n 1 prints
lunatik spawn stubborn.lua
lunatik stop stubborn
check "so is its outcome" sh -c 'lunatik status stubborn | grep -q "finished"'
lunatik spawn fails.lua 2>/dev/null
check_output "and the error of one that failed, in its log" "fails.lua:1: at once" sh -c 'lunatik logs fails 2>&1 | head -n 1'

# Times.
check "a grace has a unit" lunatik stop --all --grace 1m30s
check_says "a wrong one is told" 2 "such as 200ms, 1s, 2m" lunatik stop --all --grace soon
check_says "and one that is too long" 2 "at most 10 minutes" lunatik stop --all --grace 1h
check_says "so has a limit" 1 "CPU limit exceeded" within 10 lunatik eval --cpu-limit 0.2s 'while true do end'
check_says "both of them" 1 "CPU limit exceeded" within 10 lunatik eval --slice 100ms 'while true do end'
rm -r /lib/modules/lua/suite
finish
