#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# A stop ends waits and the waiting code, except code that cleans up; the function of a thread continues once. The code
# that started it gets the outcome.

. "$(dirname "$0")/../lib/ktap.sh"
cd "$WORK" || exit 1
folder=/lib/modules/lua
mkdir -p $folder
LUA="$SUITE_DIR/lua/waits.lua"

echo 'require("linux").schedule(100000000)' >$folder/suite_waits_idle.lua
echo 'return function() while true do require("linux").schedule(100000000) end end' >$folder/suite_waits_thread.lua
cat >$folder/suite_waits_stubborn.lua <<'L'
local shared = require("lunatik")._ENV
return function()
	shared.stubborn = true
	while true do pcall(function() while true do end end) end
end
L
echo 'return function() while true do end end' >$folder/suite_waits_busy.lua

shared() { lunatik eval "return require('lunatik')._ENV.$1"; }
begun() { [ "$(shared begun)" = true ]; }
clear_shared() {
	lunatik eval "local e = require('lunatik')._ENV e.begun, e.closed, e.returned, e.again = nil, nil, nil, nil" >/dev/null
}
# ended WHAT: the code has cleaned up, and has not continued.
ended() {
	check_output "$1: what tidies up has run" "true" shared closed
	check_output "$1: and nothing else" "nil" shared returned
	lunatik shutdown
	clear_shared
}

WAITS=$(lunatik eval "$(cat "$LUA")" chunk list)
check "there are waits" test "$(echo "$WAITS" | wc -w)" -ge 8
lunatik shutdown
clear_shared

for wait in $WAITS; do
	for place in chunk coroutine tail; do
		what="$wait in a $place"
		lunatik run --name waits "$LUA" $place "$wait" >out 2>err &
		client=$!
		check "$what begins" wait_until 10 begun
		usleep 30000
		kill -INT $client
		wait $client
		status=$?
		check "$what: Ctrl-C makes the status 130" test $status = 130
		ended "$what after Ctrl-C"
	done

	what="$wait in a chunk that another stops"
	lunatik run --name waits "$LUA" chunk "$wait" >out 2>err &
	client=$!
	check "$what begins" wait_until 10 begun
	usleep 30000
	check "$what: is stopped" within 10 lunatik stop waits
	wait $client
	status=$?
	check "$what: is told, and its status is 1 ($(cat err))" test "$status" = 1
	check "$what: by name" grep -q 'waits was stopped' err
	ended "$what"

	what="$wait in eval"
	lunatik eval "$(cat "$LUA")" chunk "$wait" >out 2>err &
	client=$!
	check "$what begins" wait_until 10 begun
	usleep 30000
	kill -INT $client
	wait $client
	status=$?
	check "$what: Ctrl-C makes the status 130" test $status = 130
	ended "$what after Ctrl-C"

	what="$wait in a callback"
	lunatik run --name waits "$LUA" callback "$wait" >out 2>err
	cat /dev/suite_waits >out 2>err &
	reader=$!
	check "$what begins" wait_until 10 begun
	usleep 30000
	check "$what: is stopped" within 10 lunatik stop waits
	wait $reader
	status=$?
	check "$what: the caller gets an error" test $status != 0
	ended "$what"

	# A thread notices the stop when its first wait has ended, and does not wait again.
	what="$wait in a thread"
	lunatik spawn --name waits "$LUA" thread "$wait"
	check "$what begins" wait_until 10 begun
	usleep 30000
	check "$what: is stopped" within 10 lunatik stop --grace 5000 waits
	check_output "$what: what tidies up has run" "true" shared closed
	check "$what: the first wait has returned" test "$(shared returned)" != nil
	check_output "$what: the second has not" "nil" shared again
	lunatik shutdown
	clear_shared
done

# In a runtime on the pool. Its parent ends, and the worker ends with it.
cat >$folder/suite_waits_worker.lua <<'L'
local shared = require("lunatik")._ENV
local _ <close> = setmetatable({}, { __close = function() shared.closed = true end })
shared.begun = true
pcall(require("linux").schedule, 100000000)
shared.returned = true
L
lunatik run --name waits /dev/stdin >out 2>err <<'L' &
local w = worker.create("suite_waits_worker")
worker.receive(w)
L
client=$!
check "a worker begins to wait" wait_until 10 begun
usleep 30000
kill -INT $client
wait $client
closed() { [ "$(shared closed)" = true ]; }
check "a worker has closed its variables" wait_until 10 closed
ended "schedule in a worker whose parent is stopped"

# The protocol of threads: a stop takes only as long as the function needs until it checks.
cat >protocol.lua <<'L'
local linux, thread, shared = require("linux"), require("thread"), require("lunatik")._ENV
return function()
	shared.begun = true
	while not thread.shouldstop() do linux.schedule(100000000) end
	shared.returned = true
end
L
lunatik spawn protocol.lua
check "a thread that looks begins" wait_until 10 begun
check "it is stopped" within 10 lunatik stop --grace 60000 protocol
check_output "and returned by itself" "true" shared returned
clear_shared
cp protocol.lua $folder/suite_waits_protocol.lua
lunatik run --name waits /dev/stdin 2>err <<'L' >out
local linux, lunatik, thread = require("linux"), require("lunatik"), require("thread")
local shared = lunatik._ENV
local t = thread.run(lunatik.runtime("suite_waits_protocol"), "protocol")
while not shared.begun do linux.schedule(1) end
t:stop(60000)
print(shared.returned)
L
check_output "so does one of thread.run" "true" head -n 1 out
lunatik shutdown
clear_shared

# A chunk that ends by itself after the stop is not a success either.
cat >computes.lua <<'L'
local shared = require("lunatik")._ENV
shared.begun = true
while not shared.finish do end
shared.returned = true
L
lunatik run --name computes computes.lua 2>err &
client=$!
check "a chunk computes" wait_until 10 begun
lunatik stop --grace 600000 computes &
stopper=$!
check "it is told to stop" wait_until 10 sh -c 'lunatik status | grep -q "^computes .* stopping"'
lunatik eval "require('lunatik')._ENV.finish = true" >/dev/null
wait $client
check "and its status is 1" test $? = 1
check_output "it has ended by itself" "true" shared returned
check "with a message" grep -q 'computes was stopped' err
wait $stopper
check "and whoever stopped it is content" test $? = 0

# Waits of code that cleans up by itself.
lunatik unload
modprobe lunatik testing=1
echo 'return function() load(require("lunatik")._ENV.code)() end' >$folder/suite_outlast.lua
lua_checks "$SUITE_DIR/lua/outlast_stop.lua" "$SUITE_DIR"
finish
