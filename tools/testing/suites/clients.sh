#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Clients of /dev/lunatik: many, slow, killed and hostile ones harm only themselves.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
alive() {
	check_output "$1" "42" within 20 lunatik eval 'return 42'
}
# Many at once, each with its own replies.
for i in $(seq 1 20); do
	(within 120 lunatik eval 'local s = {} for i = 1, 200 do s[i] = ... print(...) end return table.concat(s, " ")' "client$i" >"out.$i" 2>&1) &
done
wait
mixed=0
for i in $(seq 1 20); do
	[ "$(tr ' ' '\n' <"out.$i" | grep -cx "client$i")" = 400 ] || mixed=$((mixed + 1))
done
check "twenty clients at once get their own replies only" test "$mixed" = 0

# One that never returns.
lunatik eval 'while true do end' >endless.out 2>&1 &
endless=$!
alive "a script that never returns blocks only its own client"
check_output "list works meanwhile" "" lunatik list
check "status shows it" sh -c 'lunatik status | grep -q "^eval"'
kill -INT $endless
wait $endless
status=$?
check "Ctrl-C stops it, and the client ends with 130" test "$status" = 130
check "so it is gone" wait_until 5 sh -c '! lunatik status | grep -q ^eval'
for code in 'while true do pcall(function() while true do end end) end' 'require("linux").schedule(1000000)' \
	'string.find(("a"):rep(100000), (".-"):rep(20) .. "b")' 'return ("x"):rep(20000000):find(("x"):rep(10000000) .. "y", 1, true)' \
	'local function f() return setmetatable({}, { __gc = function() while true do end end }) end f() collectgarbage()' \
	'debug.sethook(function() while true do end end, "c") print()' 'while true do coroutine.wrap(function() end)() end' \
	'for i = 1, math.huge do local t = setmetatable({}, { __close = function() while true do end end }) local x <close> = t end'; do
	lunatik eval "$code" >/dev/null 2>&1 &
	client=$!
	# By then it has installed its handler of Ctrl-C.
	wait_until 5 sh -c 'lunatik status | grep -q ^eval'
	kill -INT $client 2>/dev/null
	check "Ctrl-C ends: $code" wait_until 10 gone $client
	wait $client
done

# Killed.
lunatik eval 'while true do end' >/dev/null 2>&1 &
client=$!
wait_until 5 sh -c 'lunatik status | grep -q ^eval'
kill -KILL $client
wait $client 2>/dev/null
check "when a client is killed its script ends" wait_until 10 sh -c '! lunatik status | grep -q ^eval'
echo 'while true do end' >endless.lua
lunatik run endless.lua >/dev/null 2>&1 &
client=$!
wait_until 5 sh -c 'lunatik status endless'
kill -KILL $client
wait $client 2>/dev/null
check "a run that was not finished ends with its client" wait_until 10 not_running endless
for i in $(seq 1 30); do
	lunatik eval 'while true do print("flood") end' >/dev/null 2>&1 &
	clients="$clients $!"
done
wait_until 20 sh -c '[ "$(lunatik status | grep -c ^eval)" = 30 ]'
for client in $clients; do kill -KILL "$client"; done
for client in $clients; do wait "$client" 2>/dev/null; done
check "thirty clients are killed in the middle of their output" wait_until 20 sh -c '! lunatik status | grep -q ^eval'
alive "and others are served"

# One that stops reading.
lunatik eval 'while true do print(("x"):rep(1000)) end' >/dev/null &
client=$!
wait_until 5 sh -c 'lunatik status | grep -q ^eval'
kill -STOP $client
alive "a client that stops reading blocks only itself"
before=$(awk '/MemFree/ { print $2 }' /proc/meminfo)
usleep 500000
after=$(awk '/MemFree/ { print $2 }' /proc/meminfo)
check "and its replies do not pile up" test $((before - after)) -lt 16384
kill -CONT $client
kill -KILL $client
wait $client 2>/dev/null
check "it is cleared away" wait_until 20 sh -c '! lunatik status | grep -q ^eval'

# Garbage.
garbage() {
	check "$1 does no harm" sh -c "timeout -s KILL $((20 * SLOWER)) sh -c '$2'; test \$? != 137"
	alive "and others are served after $1"
}
garbage "text that is no frame" 'echo this is no frame >/dev/lunatik'
garbage "an empty write" 'printf "" >/dev/lunatik'
garbage "one byte" 'printf x >/dev/lunatik'
garbage "half a header" 'printf "\\016\\000\\000" >/dev/lunatik'
garbage "a header without its body" 'printf "\\377\\000\\000\\000\\004\\000\\000\\000\\001\\000\\000\\000" >/dev/lunatik'
garbage "a frame of length 0" 'printf "\\000\\000\\000\\000\\004\\000\\000\\000\\001\\000\\000\\000" >/dev/lunatik'
garbage "a frame that says 4 GiB" 'printf "\\377\\377\\377\\377\\004\\000\\000\\000\\001\\000\\000\\000" >/dev/lunatik'
garbage "random bytes" 'dd if=/dev/urandom of=/dev/lunatik bs=64k count=16'
garbage "a flood of zeros" 'dd if=/dev/zero of=/dev/lunatik bs=1M count=64'
garbage "a flood of ones" 'tr "\\000" "\\377" </dev/zero | dd of=/dev/lunatik bs=1M count=16'
garbage "an unknown request" 'printf "\\016\\000\\000\\000\\377\\177\\000\\000\\001\\000\\000\\000\\006\\007" >/dev/lunatik'
garbage "a body that is no message" 'printf "\\020\\000\\000\\000\\004\\000\\000\\000\\001\\000\\000\\000\\377\\377\\377\\377" >/dev/lunatik'
garbage "a body that nests for ever" '{ printf "\\014\\020\\000\\000\\004\\000\\000\\000\\001\\000\\000\\000"; head -c 4096 /dev/zero | tr "\\000" "\\006"; } >/dev/lunatik'
# `lunatik list`, byte for byte: Documentation/abi.md.
LIST='\016\000\000\000\010\000\000\000\001\000\000\000\006\007'
# Whether the first reply on file 6 belongs to request 1.
is_answered() {
	timeout -s KILL $((5 * SLOWER)) dd bs=12 count=1 <&6 2>/dev/null | hexdump -v -e '12/1 "%02x "' | grep -q ' 80 00 00 01 00 00 00'
}
exec 6<>/dev/lunatik
printf "$LIST" >&6
check "a request by hand is answered" is_answered
exec 6<&-
exec 6<>/dev/lunatik
for byte in 016 000 000 000 010 000 000 000 001 000 000 000 006 007; do printf "\\$byte" >&6; done
check "a request in single bytes is answered" is_answered
exec 6<&-
for i in $(seq 1 2000); do printf "$LIST"; done >requests
garbage "two thousand requests whose answers nobody reads" 'cat requests >/dev/lunatik'
for i in $(seq 1 10); do (timeout -s KILL 10 cat requests >/dev/lunatik 2>/dev/null) & done
alive "while ten clients flood, others are served"
wait
for i in $(seq 1 200); do sh -c 'exec 6<>/dev/lunatik' & done
wait
alive "after two hundred sessions were opened and closed at once"
check_fails "reading without a request does not return at once with data" sh -c 'timeout -s KILL 1 dd if=/dev/lunatik bs=1 count=1'
check_output "the device is for root only" "600" stat -c %a /dev/lunatik
check "no request thread is left behind" wait_until 20 sh -c '! cat /proc/[0-9]*/comm | grep -q lunatik_request'
finish
