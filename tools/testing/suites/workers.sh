#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Workers: scripts in runtimes of their own, and messages to and from them.

. "$(dirname "$0")/../lib/ktap.sh"

MESSAGES=${MESSAGES:-$(stressed $((30000 / SLOWER / SLOWER + 3000)))}
WORKERS=${WORKERS:-200}
folder=/lib/modules/lua

# script NAME: a script of the suite, from standard input.
script() { cat >"$folder/suite_$1.lua"; }

# workers COUNT: whether there are COUNT workers.
workers() {
	[ "$(lunatik list --all | grep -c " worker ")" = "$1" ]
}

echo 'local = ' | script syntax
echo 'local t = {} for i = 1, 64 do t[i] = ("x"):rep(1 << 20) .. i end' | script memory
lua_checks "$SUITE_DIR/lua/workers.lua" "$SUITE_DIR"
check "workers end with their parent" wait_until 10 workers 0

# The effect of a stop of the parent on workers, in every state of both.
echo 'worker.peek()' | script peeks
echo 'while true do pcall(worker.peek) end' | script swallows
echo 'while true do pcall(coroutine.wrap(worker.peek)) end' | script coroutine
echo 'while true do end' | script loops
echo 'while true do worker.message(("x"):rep(1000)) end' | script floods
echo 'worker.receive(worker.create("suite_peeks"))' | script receives
echo 'setmetatable({}, { __gc = function() while true do end end }) worker.peek()' | script finalizes
echo 'local x <close> = setmetatable({}, { __close = function() while true do end end }) worker.peek()' | script closes
echo 'worker.message("begun") while true do end' | script begun
cat <<'EOF' | script stopping
local w <close> = worker.create("suite_begun")
worker.receive(w)
while true do pcall(worker.stop, w, 600000) end
EOF
# ends COUNT SCRIPT WHAT: the parent of a worker ends in each possible way.
ends() {
	count=$1
	cat >"$WORK/parent.lua" <<-LUA
		local w = worker.create("suite_$2")
		return function() worker.create("suite_peeks"); worker.receive(worker.create("suite_peeks")) end
	LUA
	lunatik spawn --name suite/parent "$WORK/parent.lua"
	check "a worker that $3 is there" wait_until 10 workers "$((count + 2))"
	check "its parent is stopped" within 5 lunatik stop suite/parent
	check "and the worker ends" wait_until 10 workers 0
}
ends 1 peeks "waits for a message"
ends 1 swallows "waits again and again"
ends 1 coroutine "waits in a coroutine"
ends 1 loops "loops"
ends 1 floods "waits for room"
ends 2 receives "waits for a worker"
ends 1 finalizes "loops in a finalizer"
ends 1 closes "loops in a closing method"
ends 2 stopping "waits for the end of another"

# A parent that waits, in each function.
parent() {
	echo "$2" >"$WORK/$1.lua"
	lunatik spawn --name "suite/$1" "$WORK/$1.lua"
	check "a runtime $3" wait_until 10 sh -c "lunatik list --all | grep 'suite/$1 ' | grep -q blocked"
	check "and is stopped" within 5 lunatik stop "suite/$1"
	check "with its workers" wait_until 10 workers 0
}
parent receive 'return function() worker.receive(worker.create("suite_peeks")) end' "waits for a message"
parent receive_protected 'return function()
	local w = worker.create("suite_peeks")
	while true do pcall(worker.receive, w) end
end' "waits again and again"
parent receive_coroutine 'return function()
	coroutine.wrap(function() worker.receive(worker.create("suite_peeks")) end)()
end' "waits in a coroutine"
parent send 'return function()
	local w = worker.create("suite_loops")
	while true do worker.send(w, ("x"):rep(1000)) end
end' "waits for a worker that never reads"
parent stop 'return function()
	local w <close> = worker.create("suite_begun")
	worker.receive(w)
	worker.stop(w, 600000)
end' "waits for the end of a worker"

# The script ends, or fails, or is killed with its client, and the workers end with it.
for code in 'return worker.status(w)' 'print(worker.status(w)) error("x")'; do
	text=$(lunatik eval "w = worker.create('suite_loops') $code" 2>/dev/null)
	check "an evaluated text has a worker" test "$text" = running
	check "workers of an evaluated text end with it" wait_until 10 workers 0
done
lunatik eval 'worker.receive(worker.create("suite_peeks"))' &
client=$!
check "a client waits for a worker" wait_until 10 workers 1
kill -9 $client
check "and is killed, which ends the worker" wait_until 10 workers 0
wait $client 2>/dev/null

# The status that the tool shows.
lunatik run --name suite/shown - <<'EOF'
a = worker.create("suite_receives")
EOF
check "a worker and its worker are listed" wait_until 10 workers 2
check_output "under their parents" "suite/shown
  suite_receives
    suite_peeks" sh -c 'lunatik list --all | grep -A 2 ^suite/shown | cut -c1-20 | sed "s/ *$//"'
check "the parent is named" sh -c 'lunatik status --json | grep -q "\"parent\": \"suite_receives\""'
check "by name and number" sh -c 'lunatik status --json | grep -q "\"parent_id\": [0-9]"'
check "the parent stops" lunatik stop suite/shown
check "with all" wait_until 10 workers 0
echo 'print("from a worker")' | script prints
check_output "what a worker prints has the client of its parent" "from a worker" \
	lunatik eval 'local _ = worker.receive(worker.create("suite_prints"))'
echo 'error("nobody hears")' | script unheard
cat >"$WORK/logs.lua" <<'EOF'
return function()
	do
		local w = worker.create("suite_unheard")
		while worker.status(w) ~= "dead" do require("linux").schedule(1) end
	end
	collectgarbage()
	worker.receive(worker.create("suite_prints"))
	require("linux").schedule(math.maxinteger)
end
EOF
lunatik spawn --name suite/logs "$WORK/logs.lua"
check "or the log of its parent" wait_until 10 sh -c 'lunatik logs suite/logs 2>&1 | grep -q "from a worker"'
check "an error that nobody receives is logged" sh -c 'lunatik logs suite/logs 2>&1 | grep -q "nobody hears"'
lunatik stop suite/logs

# Limits.
check_says "a worker has its parent's limit of CPU time" 1 "CPU limit exceeded" \
	within 30 lunatik eval --cpu-limit 200 'worker.receive(worker.create("suite_loops"))'
eval_is "and of memory" "true" --mem 8M '
	local ok, err = pcall(worker.receive, worker.create("suite_memory"))
	return (tostring(err):find("not enough memory") ~= nil)'
# A worker that is made deep in the stack of another one, whose thread has used much CPU time, pays for itself only.
script idles <<'LUA'
worker.message(1)
worker.peek()
LUA
script makes_deep <<'LUA'
local begun = os.clock()
while os.clock() - begun < 1.5 do
end
local made = {}
local function deep(levels)
	if levels == 0 then
		made[#made + 1] = worker.create("suite_idles")
		worker.receive(made[#made])
	else
		string.gsub("x", "x", function()
			deep(levels - 1)
		end)
	end
end
for levels = 0, 20 do
	deep(levels)
end
worker.message(1)
worker.peek()
LUA
echo 'worker.receive(worker.create("suite_makes_deep"))' | script shown_deep
check "workers are made deep in the stack" lunatik run suite_shown_deep
# tenths_of_idlers: the most CPU time of one of them, in whole tenths of a second.
tenths_of_idlers() {
	lunatik list --all | awk '/suite_idles/ { split($5, s, "."); t = s[1] * 10 + substr(s[2], 1, 1); if (t > most) most = t }
		END { print most + 0 }'
}
# Their maker used 1.5 s. If the host takes the CPU away from one of them, that counts as its own time.
most=$(tenths_of_idlers)
check "they do not pay for their maker's CPU time ($most tenths)" test "$most" -lt 10
lunatik stop suite_shown_deep
lua_checks "$SUITE_DIR/lua/workers_many.lua" "$SUITE_DIR" "$WORKERS" "$MESSAGES"
check "all are gone" wait_until 20 workers 0
lunatik shutdown
check "the module can be unloaded" lunatik unload
check "and loaded again" lunatik load
rm -f "$folder"/suite_*.lua
finish
