#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Waiting and received messages of workers, scripts, actors and services in status, top and metrics.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1

folder=/lib/modules/lua
# script NAME: a script of the suite, from standard input.
script() { cat >"$folder/suite_$1.lua"; }
# allow NAME: lets the scripts that wait for NAME continue.
allow() { lunatik eval "require('lunatik')._ENV['suite.$1'] = true"; }
# messages NAME TEXT: whether status shows TEXT as the messages of NAME.
messages() { lunatik status "$1" | grep -qF "  $2  "; }
# is_metric LINE
is_metric() { lunatik metrics --parts | grep -qxF "$1"; }
# received SCRIPT KIND NAME: prints how many messages that part has received.
received() {
	lunatik metrics --parts |
		sed -n "s|^lunatik_part_messages_received_total{script=\"$1\",kind=\"$2\",name=\"$3\",id=\"[0-9]*\"} ||p"
}
script_received() { is_metric "lunatik_script_messages_received_total{script=\"$1\"} $2"; }
# waiting SCRIPT KIND COUNT
waiting() { is_metric "lunatik_script_messages_waiting{script=\"$1\",kind=\"$2\"} $3"; }

cat <<'LUA' | script allowed
local env, linux = require("lunatik")._ENV, require("linux")
return function(name)
	while not env["suite." .. name] do
		linux.schedule(1)
	end
end
LUA

# Workers.
cat <<'LUA' | script deaf
local allowed = require("suite_allowed")
allowed("worker")
for _ = 1, 7 do
	worker.peek()
end
for _ = 1, 3 do
	worker.message(("x"):rep(100))
end
allowed("worker_end")
LUA
echo 'worker.message(1)' | script says
cat <<'LUA' | script parent
local allowed = require("suite_allowed")
return function()
	local w = worker.create("suite_deaf")
	for i = 1, 7 do
		worker.send(w, i)
	end
	allowed("parent")
	for _ = 1, 3 do
		worker.receive(w)
	end
	w = nil
	for _ = 1, 20 do
		worker.receive(worker.create("suite_says"))
		collectgarbage()
	end
	local a, b = worker.create("suite_says"), worker.create("suite_says")
	allowed("parent_end")
	worker.stop(a)
	worker.stop(b)
end
LUA
lunatik spawn suite_parent
check "messages wait for a worker" wait_until 10 messages suite_deaf "7 waiting, 0 received"
check "none for its parent" messages suite_parent "0 waiting, 0 received"
lunatik status suite_deaf --json >deaf.json
check "in JSON, too" grep -qF '"messages_waiting": 7,' deaf.json
check "with those received" grep -qF '"messages_received": 0,' deaf.json
check "metrics add those of the workers up" waiting suite_parent worker 7
check "and have those of the script" waiting suite_parent spawn 0
# The line of the worker: its name has two words, and there are no hooks.
check "top shows and sorts them" sh -c \
	"lunatik top --once -i 10 --sort messages | sed -n 2p | grep -Eq '^suite_deaf \(suite_parent\) .* 7 +- +- +- +-\$'"
allow worker
check "the worker takes them" wait_until 10 messages suite_deaf "0 waiting, 7 received"
check_output "metrics of parts say so" 7 received suite_parent worker suite_deaf
check "what it sends waits for its parent" wait_until 10 messages suite_parent "3 waiting, 0 received"
allow worker_end
check "the worker ends" wait_until 10 sh -c '! lunatik list --all | grep -q suite_deaf'
check "its messages still wait" messages suite_parent "3 waiting, 0 received"
allow parent
check "the parent has received them, and those of workers that are forgotten" \
	wait_until 20 messages suite_parent "2 waiting, 23 received"
check "metrics count them" script_received suite_parent 23
allow parent_end
check "the parent ends" wait_until 10 not_running suite_parent
check "what it has received is remembered" messages suite_parent "0 waiting, 23 received"

# A runtime without a queue.
echo 'require("device").new({ name = "suite_none" })' | script none
lunatik run suite_none
check_fails "a script without a queue has no column" sh -c "lunatik status suite_none | grep -q MESSAGES"
lunatik status suite_none --json >none.json
check "and no numbers" grep -qF '"messages_waiting": null,' none.json
check_fails "nor metrics" sh -c "lunatik metrics | grep -q 'lunatik_script_messages.*suite_none'"
lunatik stop suite_none

# Actors.
mkdir actors
cat >actors/deaf.lua <<'LUA'
local inbox = require("inbox")
require("suite_allowed")("actor")
local kept = {}
for i = 1, 5 do
	kept[i] = inbox:receive()
end
inbox:receive()
LUA
cat >actors/main.lua <<'LUA'
require("actor")
local inbox = require("inbox")
local address = spawn_vm("./deaf")
for i = 1, 5 do
	spawn(function()
		address:send({ i = i, sender = inbox })
	end):detach()
end
-- It can wait for messages once somebody has its address.
this_fiber.yield()
inbox:receive()
LUA
lunatik run --name suite_actors actors/main.lua &
client=$!
check "messages wait for an actor" wait_until 10 waiting suite_actors actor 5
allow actor
check "it takes them" wait_until 10 waiting suite_actors actor 0
check_output "and has received them" 5 received suite_actors actor '[^"]*deaf'
check "an actor's script has a mailbox, too" script_received suite_actors 0
lunatik stop suite_actors
wait $client

# Services.
cat >services.lua <<'LUA'
local bootstrap = require("ltask.bootstrap")
bootstrap.wait(bootstrap.start({ root = { main = [[
	local id = ltask.spawn_service({ name = "deaf", initfunc = "return function() return {"
		.. "busy = function() require('suite_allowed')('service') end, note = function() end,"
		.. "stay = function() require('ltask').wait({}) end } end" })
	ltask.send(id, "busy")
	for _ = 1, 4 do
		ltask.send(id, "note")
	end
	ltask.call(id, "stay")
]] } }))
LUA
lunatik run --name suite_services services.lua &
client=$!
check "messages wait for a service" wait_until 10 waiting suite_services service 5
before=$(received suite_services service 'deaf:[0-9]*')
allow service
check "it takes them" wait_until 10 waiting suite_services service 0
check_output "and has received them" $((before + 5)) received suite_services service 'deaf:[0-9]*'
lunatik stop suite_services
wait $client

lunatik shutdown
check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
rm -f $folder/suite_*.lua
finish
