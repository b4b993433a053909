#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The output of scripts is collected before it is sent: this checks when it is sent, in which order, and that nothing is
# lost.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
FRAMES=$SUITE_DIR/lua/frames.lua

# sent CODE: prints the output messages that a client gets for the code, one a line.
sent() {
	lunatik run --name frames "$FRAMES" make "$WORK/request" "$1" || return
	exec 6<>/dev/lunatik
	: >reply
	cat <&6 >reply &
	reader=$!
	cat request >&6
	wait_until 20 grep -q outcome reply
	kill $reader
	wait $reader 2>/dev/null
	exec 6<&-
	lunatik run --name frames "$FRAMES" show "$WORK/reply"
}
# sends NAME MESSAGES CODE
sends() {
	name=$1
	wanted=$2
	got=$(sent "$3" 2>&1)
	if [ "$got" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "sent: $got
expected: $wanted"
	fi
}

# Messages.
sends "a line of print is one message" '1 "a\0091\9nil\
"' 'print("a", 1, nil)'
sends "so are 300 writes without a line" "1 \"$(printf '%0300d' 0)\"" 'for i = 1, 300 do io.write("0") end'
sends "each line is sent when it ends" '1 "one\
"
1 "two\
"' 'io.write("o", "ne", "\n") io.write("two\n")'
sends "a text with lines in it is one message" '1 "one\
two\
three"' 'io.write("one\ntwo\nthree")'
sends "the two streams keep their order" '1 "a"
2 "b"
1 "c"
2 "d\
"' 'io.write("a") io.stderr:write("b") io.write("c") io.stderr:write("d\n")'
sends "a warning is one message" '1 "before"
2 "Lua warning: on fire\
"' 'warn("@on") io.write("before") warn("on ", "fire")'
sends "what is left is sent at the end" '1 "left"' 'io.write("le") io.write("ft")'
sends "also of finalizers" '1 "x"
1 "gc"' 'io.write("x") setmetatable({}, { __gc = function() io.write("g") io.write("c") end })'
sends "before an error" '1 "before"' 'io.write("before") error("x")'
sends "before a wait" '1 "before"
1 "after"' 'io.write("be") io.write("fore") require("linux").schedule(1) io.write("after")'
sends "before a wait that is over at once, not" '1 "onetwo"' 'io.write("one") require("linux").schedule(0) io.write("two")'
sends "at a flush" '1 "a"
1 "b"
1 "c"' 'io.write("a") io.flush() io.write("b") io.stdout:flush() io.write("c")'
sends "at once, where the script wants no buffer" '1 "a"
1 "b"
1 "cd"' 'io.stdout:setvbuf("no") io.write("a") io.write("b") io.stdout:setvbuf("full") io.write("c") io.write("d")'

# Whole messages.
sent 'for i = 1, 5000 do io.write("x") end' >messages
check_output "5000 bytes are two messages" 2 sh -c 'wc -l <messages'
check "of 4096 and 904 bytes" sh -c 'awk "{ print length(\$0) - 4 }" messages | tr "\n" " " | grep -qx "4096 904 "'
sent 'io.write("first ") io.write(("x"):rep(100000)) io.write(" last")' >messages
check_output "a long text is sent with nothing collected twice" "100011" sh -c "tr -d '\n' <messages | sed 's/1 \"//g; s/\"//g' | wc -c"
check_output "all writes of 100 lines arrive" 28900 sh -c 'lunatik eval "for i = 1, 100 do for j = 1, 96 do io.write(j % 10, i % 10, \" \") end io.write(\"\n\") end" | wc -c'

# A client sees what was written while the script waits or computes.
lunatik eval 'io.write("waiting") require("linux").schedule(600000)' >seen 2>/dev/null &
client=$!
check "what was written before a wait is seen meanwhile" wait_until 10 grep -q waiting seen
kill -INT $client
wait $client
lunatik eval 'print("computing") while true do end' >seen 2>/dev/null &
client=$!
check "so is a line before a loop" wait_until 10 grep -q computing seen
kill -INT $client
wait $client
lunatik eval 'io.write("cut off") while true do end' >seen 2>/dev/null &
client=$!
wait_until 10 sh -c 'lunatik status --json | grep -q "\"state\": \"running\""'
kill -INT $client
wait $client
check_output "and what a script that is stopped had written comes then" "cut off" cat seen

# The log.
echo 'return function() io.write("a") io.write("b", "\n") io.write("no end") end' >writes.lua
lunatik spawn writes.lua
check "a spawned script ends" wait_until 5 not_running writes
check_output "its log has all of it" "ab
no end" lunatik logs writes
echo 'io.write("while ") io.write("loading ") return function() io.write("later") end' >both.lua
check_output "what is written while a script loads goes to the client" "while loading " lunatik spawn both.lua
check "it ends" wait_until 5 not_running both
check_output "and what comes later to the log" "later" lunatik logs both
echo 'local dev
dev = require("device").new({ name = "suite_prints", write = function(_, text) io.write("got ", #text, " ") end })' >prints.lua
lunatik run prints.lua
echo abc >/dev/suite_prints
check_output "what a callback writes is in the log when it has returned" "got 4 " lunatik logs prints
lunatik stop prints

# Output of several runtimes.
mkdir -p /lib/modules/lua/suite
echo 'io.write("worker ") print("begins") worker.message(1) worker.peek() print("ends")' >/lib/modules/lua/suite/prints.lua
check_output "parent and worker keep their order where one waits for the other" "parent worker begins
told ends" lunatik eval 'io.write("parent ") local w = worker.create("suite/prints") worker.receive(w)
	io.write("told ") worker.send(w, 1) worker.receive(w)'
rm -r /lib/modules/lua/suite
finish
