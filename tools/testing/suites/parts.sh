#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Parts of scripts in the tool: how they are listed, the status of one worker, service or actor, and its stop by name
# and by number.

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua
script() { cat >"$folder/suite_$1.lua"; }

# ids NAME: the numbers of the living runtimes with that name, one a line.
ids() {
	lunatik status --json | awk -v name="\"$1\"," '
		$1 == "\"id\":" { id = $2 + 0 }
		$1 == "\"name\":" && $2 == name { found = 1 }
		$1 == "\"state\":" && ($2 == "\"finished\"," || $2 == "\"failed\",") { ended = 1 }
		/}/ { if (found && !ended) print id; found = ended = 0 }'
}
# runtimes NAME COUNT: whether there are COUNT living runtimes with that name.
runtimes() { [ "$(ids "$1" | grep -c .)" = "$2" ]; }

# Workers: one with a name of its own, three that share a name, one in a file outside the folder, one that ends only
# with the grace.
echo 'worker.peek()' | script part
echo 'worker.peek()' | script parts
echo 'while true do pcall(worker.peek) end' | script stubborn
echo 'worker.peek()' | script 7
cat >"$WORK/outside.lua" <<-'LUA'
	worker.peek()
LUA
cat >"$WORK/owner.lua" <<-'LUA'
	local workers = {}
	for i, name in ipairs({ "suite_part", "suite_parts", "suite_parts", "suite_parts", "suite_stubborn", "./outside", "suite_7" }) do
		workers[i] = worker.create(name)
	end
	require("lunatik")._ENV.suite_count = #workers
	return function()
		for _, each in ipairs(workers) do
			pcall(worker.receive, each)
		end
	end
LUA
lunatik spawn --name suite/owner "$WORK/owner.lua"
check "workers run" wait_until 10 runtimes suite_parts 3
check "the status of a worker is found by its name" sh -c 'lunatik status suite_part | grep -Eq "^suite_part +worker +blocked"'
check_output "and that of several with the same name" 3 sh -c 'lunatik status suite_parts | grep -c "^suite_parts "'
number=$(ids suite_part)
check "and by its number" sh -c "lunatik status $number | grep -q '^suite_part '"
check_status "but not by a number that is none" 3 lunatik status 999999999
check_status "nor by that of the script" 3 lunatik status "$(ids suite/owner)"

check_output "the others are left alone" "suite/owner" lunatik list
check "a worker is stopped by its name" within 5 lunatik stop suite_part
check "and is gone" runtimes suite_part 0
check "alone" runtimes suite_parts 3
check_status "it cannot be stopped again" 3 lunatik stop suite_part
numbers=$(ids suite_parts | tr '\n' ' ')
check_says "several with the same name are not stopped" 1 "stop one of several by its number: ${numbers}are called suite_parts" \
	lunatik stop suite_parts
check "they go on" runtimes suite_parts 3
# shellcheck disable=SC2086
set -- $numbers
check "one of them is stopped by its number" within 5 lunatik stop "$2"
check_output "that one and no other" "$1
$3" ids suite_parts
check "then another one" within 5 lunatik stop "$1"
check "the last one is stopped by the name" within 5 lunatik stop suite_parts.lua
check "and gone" runtimes suite_parts 0
check_status "a number stops once only" 3 lunatik stop "$1"
for wrong in "$(ids suite/owner)" 0 99999999999999999999 18446744073709551615; do
	check_status "the number $wrong stops nothing" 3 lunatik stop "$wrong"
done
check_output "the script of the workers runs on" "suite/owner" lunatik list
check "a name that is a number is a name first" within 5 lunatik stop suite_7
check "a worker that does not end by itself is stopped" within 10 lunatik stop --grace 50 suite_stubborn
check "and gone, too" runtimes suite_stubborn 0
check "a worker is stopped by the path of its file" within 5 lunatik stop "$WORK/outside"
check "and gone as well" runtimes "$WORK/outside" 0
check_status "a path that is no name is wrong usage" 2 lunatik stop /tmp//x

# A script goes before a worker with the same name.
echo 'worker.create("suite_part") return function() while not require("thread").shouldstop() do require("linux").schedule(1) end end' >"$WORK/same.lua"
lunatik spawn --name suite_part "$WORK/same.lua"
check "a script and a worker have the same name" runtimes suite_part 2
check "the script is stopped" within 5 lunatik stop suite_part
check "its worker ends with it" wait_until 10 runtimes suite_part 0
lunatik shutdown

# A script that waits for its worker finds that it has ended.
cat >"$WORK/waits.lua" <<-'LUA'
	local w = worker.create("suite_part")
	print(pcall(worker.receive, w))
	print(worker.status(w))
LUA
lunatik run "$WORK/waits.lua" >"$WORK/out" 2>&1 &
client=$!
check "a script waits for its worker" wait_until 10 runtimes suite_part 1
check "the worker is stopped" within 5 lunatik stop suite_part
wait $client
check "the script goes on" test $? = 0
check_output "and finds it dead" dead tail -n 1 "$WORK/out"

# Services.
script service <<-'LUA'
	local ltask = require("ltask")
	local S = {}
	function S.hang()
		print("hangs")
		ltask.wait({})
	end
	return S
LUA
cat >"$WORK/system.lua" <<-'LUA'
	local bootstrap = require("ltask.bootstrap")
	local context = bootstrap.start({ core = {}, root = { bootstrap = {
		{ name = "suite_service", unique = true },
		{ name = "suite_other", unique = true, initfunc = "return function() return { ping = function() return 'pong' end } end" },
		{ name = "suite_keeps", initfunc = "return function() return { hang = print } end" },
	} } })
	print(pcall(bootstrap.call, context, "suite_service", "hang"))
	print("answered " .. bootstrap.call(context, "suite_other", "ping"))
LUA
lunatik run --name suite/system "$WORK/system.lua" >"$WORK/out" 2>&1 &
client=$!
check "a service is called" wait_until 10 grep -q hangs "$WORK/out"
service=$(lunatik list --all | awk '$1 ~ /^suite_service:/ { print $1 }')
check "it has a name" test -n "$service"
check "it is stopped" within 5 lunatik stop "$service"
wait $client
check "its caller goes on ($(cat "$WORK/out"))" grep -q "^false" "$WORK/out"
check "and other services answer" grep -q "^answered pong" "$WORK/out"
lunatik shutdown

# Actors. They are called after the paths of their files.
tree="$SUITE_DIR/lua/actor_tree"
# shown: the names in the list, with the depth of each and without folders.
shown() { lunatik list --all | awk 'NR > 1 { depth = match($0, /[^ ]/) - 1; sub(/.*\//, "", $1); print depth / 2, $1 }'; }
# shown_as NAME KIND STATE: whether the list shows the actor so.
shown_as() { lunatik list --all | grep -Eq "/$1 +$2 +$3 +[0-9]"; }
# number NAME: of the actor in actor_tree/NAME.lua that lives.
number() { ids "$tree/$1"; }
# below NAME PARENT: whether the actor is shown below the parent.
below() {
	lunatik status --json | awk -v name="\"name\": \"$1\"," -v parent="\"parent\": \"$2\"," '
		index($0, name) { here = 1 }
		index($0, parent) { there = 1 }
		/}/ { if (here && there) found = 1; here = there = 0 }
		END { exit !found }'
}
lunatik status --clear
lunatik run --name suite/tree "$tree.lua" shown >"$WORK/out" 2>"$WORK/err" &
client=$!
check "actors spawn each other" wait_until 10 grep -q complete "$WORK/out"
check "one waits for a message in the shared context" wait_until 10 shown_as one 'actor \(shared\)' 'blocked \(message\)'
check "one waits for a message and a timer in another context" \
	wait_until 10 shown_as two 'actor \([1-9][0-9]*\)' 'blocked \(message, timer\)'
check "one waits for a receiver there" wait_until 10 shown_as three 'actor \([1-9][0-9]*\)' 'blocked \(receiver\)'
check "one waits for a timer" wait_until 10 shown_as deaf 'actor \(shared\)' 'blocked \(timer\)'
check "one has failed" wait_until 10 shown_as fails 'actor \(shared\)' failed
check "the script waits for a message" wait_until 10 shown_as tree run 'blocked \(message\)'
check_output "each is shown below the one that has spawned it" "0 tree
1 deaf
1 one
2 two
3 three
2 fails" shown
context=$(lunatik status "$tree/two" | sed -n 's/.*actor (\([0-9]*\)).*/\1/p')
check_output "an actor in the same context has the same number" "$context" \
	sh -c "lunatik status '$tree/three' | sed -n 's/.*actor (\([0-9]*\)).*/\1/p'"
check "the status of one shows the error" sh -c "lunatik status '$tree/fails' | grep -q 'an actor of the tree fails'"
lunatik status --json >"$WORK/status.json"
check "as JSON, the shared context is 0" grep -q '"context": 0,' "$WORK/status.json"
check "another one has its number" grep -q "\"context\": $context," "$WORK/status.json"
check "and the events are there" grep -q '"waits_for": "message, timer",' "$WORK/status.json"

check "an actor is stopped by its name" within 5 lunatik stop "$tree/one.lua"
check "and gone" runtimes "$tree/one" 0
check_output "those that it has spawned are shown below its script" "0 tree
1 deaf
1 two
2 three
1 fails" shown
check "another one is stopped by its number" within 5 lunatik stop "$(number two)"
check "the one below it is shown below the script" below "$tree/three" suite/tree
check "the one that waits for a receiver is stopped" within 5 lunatik stop "$tree/three"
check_output "the others go on" "0 tree
1 deaf
1 fails" shown
check "the last one is stopped" within 5 lunatik stop "$tree/deaf"
check "an actor that has failed need not be stopped" within 5 lunatik stop "$tree/fails"
wait $client
check "nobody can send to the script any more" grep -q "No senders" "$WORK/err"
lunatik status --clear
lunatik run --name suite/tree "$tree.lua" shown >"$WORK/out" 2>"$WORK/err" &
client=$!
check "they are there again" wait_until 10 shown_as two 'actor \([1-9][0-9]*\)' 'blocked \(message, timer\)'
check "with another context" test "$(lunatik status "$tree/two" | sed -n 's/.*actor (\([0-9]*\)).*/\1/p')" -gt "$context"
lunatik shutdown
wait $client
for first in below above; do
	lunatik status --clear
	lunatik run --name suite/tree "$tree.lua" deep $first >"$WORK/out" 2>"$WORK/err" &
	client=$!
	check "of 300 actors all but the last end, those $first first" wait_until 20 grep -q complete "$WORK/out"
	check "they are gone" wait_until 10 runtimes "$tree/successor" 1
	check_output "the last one is shown below the script" "0 tree
1 successor" shown
	lunatik shutdown
	wait $client
done
lunatik unload
modprobe lunatik testing=1
lua_checks "$tree.lua" memory "$SUITE_DIR"
lunatik shutdown
check "nothing is left" wait_until 10 sh -c 'test "$(lunatik list)" = ""'
finish
