#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The lunatik command: output, formats and exit statuses.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
# Reads JSON with the example module; fails if the text is not JSON.
cp "$SUITE_DIR/../../lua/examples/json.lua" /lib/modules/lua/suite_json.lua
is_json() {
	lunatik eval 'local v = require("suite_json").decode(...) return type(v)' "$(cat)" | grep -qx table
}

# eval.
eval_is "eval prints results as print does" "1	2.0	nil	true	a	1e+100" 'return 1, 2.0, nil, true, "a", 1e100'
eval_is "no results print nothing" "" 'local x = 1'
eval_is "a result of nil prints nil" "nil" 'return nil'
eval_is "floats print as tostring gives them" "0.1	1.0	-0.0	inf	9007199254740992.0	4.94065645841247e-324" 'return 0.1, 1.0, -0.0, 1/0, 2.0^53, 5e-324'
eval_is "the largest integers print whole" "9223372036854775807	-9223372036854775808" 'return math.maxinteger, math.mininteger'
eval_is "eval passes its arguments" "3	a	-b" 'return select("#", ...), (...), select(3, ...)' a b -b
eval_is "bytes pass as they are" "ä€😀" 'return ...' "ä€😀"
check_output "print comes before the results" "first
second	result" lunatik eval 'print("first") return "second", "result"'
eval_is "a table shows as tostring gives it" "true" 'return (tostring({}):find("^table: ")) == 1'
check_output "a megabyte comes through whole" "1000000" sh -c "lunatik eval 'return (\"x\"):rep(1000000)' | tr -d '\n' | wc -c"
lines=$((10000 / SLOWER))
check_output "thousands of lines of output, too" "${lines}000" \
	sh -c "lunatik eval 'for i = 1, $lines do io.write((\"y\"):rep(1000)) end' | wc -c"
check_says "an error is told with its place" 1 "(command line):1: why" lunatik eval 'error("why")'
check_says "with a traceback" 1 "stack traceback:" lunatik eval 'error("why")'
check_says "a syntax error, too" 1 "(command line):1:" lunatik eval 'return return'
check_output "what was printed before an error is there" "before" sh -c 'lunatik eval "print([[before]]) error()" 2>/dev/null || true'

# Usage.
check_status "no command is wrong usage" 2 lunatik
check_status "an unknown command is wrong usage" 2 lunatik frobnicate
check_status "an unknown option is wrong usage" 2 lunatik list --frobnicate
check_status "run without a script is wrong usage" 2 lunatik run
check_status "stop without a name is wrong usage" 2 lunatik stop
check_status "--help is success" 0 lunatik --help
check_status "help of a command is success" 0 lunatik run --help
check_output "help of a command is its --help" "$(lunatik run --help)" lunatik help run
check_output "help alone is that of all" "$(lunatik --help)" lunatik help
check_status "help of an unknown command is wrong usage" 2 lunatik help frobnicate
check "version names the module and Lua" sh -c 'lunatik version | grep -q "Lua 5.5"'

# list, status, logs.
echo 'print("to the log") return function() print("line 1") print("line 2") io.stderr:write("an error\n")
	while not require("thread").shouldstop() do require("linux").schedule(10) end print("last") end' >talks.lua
echo 'require("device").new({ name = "suite_quiet" })' >quiet.lua
check_output "list of nothing is empty" "" lunatik list
check_output "as JSON it is an empty array" "[]" lunatik list --json
check_output "spawn shows what a script prints while it loads, and no more" "to the log" lunatik spawn talks.lua
lunatik run quiet.lua
check_output "list has one name a line, sorted" "quiet
talks" lunatik list
check "list --json is JSON" sh -c 'lunatik list --json >list.json'
check "that can be read" is_json <list.json
check "with the names" sh -c 'tr -d " \n" <list.json | grep -qF "[\"quiet\",\"talks\"]"'
check "status --json is JSON" sh -c 'lunatik status --json >status.json'
check "that can be read, too" is_json <status.json
for field in name kind state memory_used memory_limit cpu_ns age_ns error traceback; do
	check "with the field $field" grep -q "\"$field\":" status.json
done
for column in NAME KIND STATE MEMORY CPU AGE ERROR; do
	check "status has a column $column" sh -c "lunatik status | head -n 1 | grep -qw $column"
done
check "status of one shows only it" test "$(lunatik status quiet | grep -c '^[a-z]')" = 1
check "list --all shows the same table" sh -c 'lunatik list --all | grep -q "^NAME"'
check "kind and state are told" sh -c 'lunatik status talks | grep -Eq "^talks +spawn +(running|blocked)"'
check_status "status of what never ran gives 3" 3 lunatik status never
check_status "logs of what never ran gives 3" 3 lunatik logs never
check "the log holds what was printed" wait_until 5 sh -c 'lunatik logs talks 2>/dev/null | grep -qx "line 2"'
check_output "in order" "line 1
line 2" sh -c 'lunatik logs talks 2>/dev/null | grep line'
check "standard error is told apart" sh -c 'lunatik logs talks 2>&1 >/dev/null | grep -qx "an error"'
lunatik logs -f talks >followed 2>&1 &
follower=$!
check "logs -f shows what is there" wait_until 5 grep -q "line 2" followed
lunatik stop talks
check "and ends with the script" wait_until 10 gone $follower
check "having shown the end" grep -qx last followed
lunatik spawn talks.lua >/dev/null
lunatik logs -f talks >followed 2>&1 &
follower=$!
wait_until 5 grep -q "line 2" followed
kill -INT $follower
wait $follower
status=$?
check "Ctrl-C ends logs -f with 130" test "$status" = 130
check "and leaves the script alone" running talks
lunatik stop talks quiet
echo 'return function() for i = 1, 100000 do print("entry " .. i) end end' >chatty.lua
lunatik spawn chatty.lua
check "a script that prints much ends" wait_until 60 not_running chatty
check_output "its log keeps the newest" "entry 100000" sh -c 'lunatik logs chatty 2>/dev/null | tail -n 1'
check "and tells that earlier ones are gone" sh -c 'lunatik logs chatty 2>&1 >/dev/null | grep -q "no longer kept"'

# repl.
check_output "repl evaluates what comes through a pipe" "3
x	1.5" sh -c 'printf "1 + 2\nlocal_state = \"x\"\nlocal_state, 3 / 2\n" | lunatik repl 2>/dev/null | sed "s/^>* *//" | grep -v "^$"'
check_output "repl takes statements of several lines" "3" sh -c 'printf "function f(x)\n return x + 1\nend\nf(2)\n" | lunatik repl 2>/dev/null | sed "s/^[> ]*//" | grep -v "^$"'
check_says "an error in what comes through a pipe ends repl with status 1" 1 "oops" \
	sh -c 'printf "print(6)\nerror(\"oops\")\nreturn 40 + 2\n" | lunatik repl'
check_output "what came before it was run, and nothing after" "6" grep -oE '^6$|42' "$WORK/stdout"
check_says "so does a syntax error" 1 "unexpected symbol" sh -c 'printf "return )\nprint(1)\n" | lunatik repl'
check_status "repl ends well at the end of its input" 0 sh -c 'printf "" | lunatik repl'

# Scripts.
printf '#!/usr/bin/env lunatik\nprint("shebang")\n' >shebang.lua
check_output "a first line with #! is passed over" "shebang" lunatik run shebang.lua
check_says "a script that is binary is refused" 1 "binary" sh -c 'printf "\033Lua\125" >binary.lua; lunatik run binary.lua'
check_output "a path without .lua needs a slash" "slash" sh -c 'echo "print([[slash]])" >script; lunatik run ./script'
check_says "its messages show the path" 1 "./fail:1: here" sh -c 'echo "error([[here]])" >fail; lunatik run ./fail'
check_says "a directory is no script" 1 "Is a directory" lunatik run ./
check_status "a pipe that nobody reads ends the command" 0 sh -c 'lunatik eval "for i = 1, 100000 do print(i) end" | head -n 1 >/dev/null'

# Other files in the place of the device. The tool neither writes to them nor replaces them.
mv /dev/lunatik /dev/lunatik.sav
number=$(tr : ' ' </sys/class/misc/lunatik/dev)
is_told() {
	check_says "$1 is told" 4 "/dev/lunatik is $2" within 10 lunatik list
	check_says "with what to do" 4 "mknod -m 600 /dev/lunatik c $number" within 10 lunatik eval 'return 1'
}
echo stale >/dev/lunatik
is_told "an ordinary file" "an ordinary file"
check_says "also by version" 4 "an ordinary file" lunatik version
check_status "and run" 4 lunatik run quiet.lua
check_output "it is as it was" "stale" cat /dev/lunatik
rm /dev/lunatik
check_says "where there is nothing that is told" 4 "there is no such device" lunatik list
check_fails "and nothing is made" test -e /dev/lunatik
mkfifo /dev/lunatik
is_told "a FIFO" "a FIFO"
rm /dev/lunatik
mkdir /dev/lunatik
is_told "a folder" "a directory"
rmdir /dev/lunatik
mknod /dev/lunatik c 1 5
is_told "another device" "the node of another device (1:5)"
rm /dev/lunatik
mknod /dev/lunatik c 10 $((${number#10 } - 1))
is_told "another miscellaneous device" "the node of another device (10:"
rm /dev/lunatik
ln -s /dev/lunatik.sav /dev/lunatik
check "a link to the device is it" lunatik list
rm /dev/lunatik
# shellcheck disable=SC2086
mknod -m 600 /dev/lunatik c $number
check "so is a node that was made as was said" lunatik list
rm /dev/lunatik
mv /dev/lunatik.sav /dev/lunatik
lunatik unload
echo stale >/dev/lunatik
check_says "without the module, too" 4 "'lunatik load' makes the device" lunatik list
rm /dev/lunatik
check "the module is loaded again" lunatik load

# Without permission.
cp "$(command -v lunatik)" /tmp/lunatik-copy 2>/dev/null
if su -s /bin/sh nobody -c true 2>/dev/null; then
	check_status "without permission the status is 4" 4 su -s /bin/sh nobody -c 'lunatik list'
else
	skip "without permission the status is 4" "there is no user nobody here"
fi
rm -f /tmp/lunatik-copy /lib/modules/lua/suite_json.lua
# Lines that people type at repl.
if command -v user-lua >/dev/null; then
	HOME=$WORK within 120 user-lua "$SUITE_DIR/lib/terminal.lua" "$SUITE_DIR" $((5 * SLOWER)) >"$WORK/terminal.out" 2>"$WORK/terminal.err"
	take_checks terminal $?
else
	skip "repl in a terminal" "user-lua is not built"
fi

# A script that computes is shown as running, even before its chunk has ended.
lunatik eval 'while true do end' 2>/dev/null &
computing=$!
check "status shows an eval that computes as running" wait_until 5 sh -c \
	'lunatik status --json | grep -q "\"state\": \"running\""'
check_fails "and not as loading" sh -c 'lunatik status --json | grep -q "\"state\": \"loading\""'
kill -INT $computing
wait $computing

# Metrics. A strict reader of the format is in the tests of the command.
metric() { lunatik metrics "$@" 2>&1; }
is_metric() { metric | grep -qxF "$1"; }
lunatik shutdown
lunatik status --clear
total=$(metric | sed -n 's/^lunatik_runtimes_started_total{kind="eval"} //p')
lunatik eval 'return 1' >/dev/null
check "metrics count what is started" is_metric "lunatik_runtimes_started_total{kind=\"eval\"} $((total + 1))"
total=$(metric | sed -n 's/^lunatik_runtimes_ended_total{kind="eval",result="failed"} //p')
lunatik eval 'error()' 2>/dev/null
check "and what fails" is_metric "lunatik_runtimes_ended_total{kind=\"eval\",result=\"failed\"} $((total + 1))"
check "one session is that of the command" is_metric "lunatik_sessions 1"
lunatik run --name 'a "name"\' quiet.lua
lunatik logs -f 'a "name"\' >/dev/null 2>&1 &
follows=$!
check "another client is another session" wait_until 10 is_metric "lunatik_sessions 2"
kill -INT $follows
wait $follows
check "names are escaped" is_metric 'lunatik_script_running{script="a \"name\"\\"} 1'
check "its limit is there" is_metric 'lunatik_script_memory_limit_bytes{script="a \"name\"\\"} 67108864'
lunatik stop 'a "name"\'
check "a script that was stopped does not run" is_metric 'lunatik_script_running{script="a \"name\"\\"} 0'
check "and has not failed" is_metric 'lunatik_script_failed{script="a \"name\"\\"} 0'
echo 'error("no")' >fails.lua
lunatik run fails.lua 2>/dev/null
check "one that has failed has" is_metric 'lunatik_script_failed{script="fails"} 1'
echo 'worker.peek()' >/lib/modules/lua/suite_part.lua
echo 'local w = { worker.create("suite_part"), worker.create("suite_part") } return function() pcall(worker.receive, w[1]) end' >parts.lua
lunatik spawn parts.lua
check "parts are counted" is_metric 'lunatik_script_parts{script="parts",kind="worker"} 2'
check "and have no series of their own" test "$(metric | grep -c '^lunatik_part_')" = 0
check "unless they are wanted" test "$(metric --parts | grep -c '^lunatik_part_memory_bytes{script="parts",kind="worker",name="suite_part",id="[0-9]*"} [0-9]*$')" = 2
lunatik stop parts
mkdir metrics
echo old >metrics/lunatik.prom
check_output "metrics go to a file without a word" "" lunatik metrics -o metrics/lunatik.prom
check "which is replaced" grep -q '^lunatik_sessions 1$' metrics/lunatik.prom
check_output "and nothing else is left" lunatik.prom ls -A metrics
check_says "a folder that is not there is an error" 1 "cannot write /none/x.prom" lunatik metrics -o /none/x.prom
finish
