#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# processes: user-space actors. Each check is named after the section of the conformance list that it is for.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# The program of which the parts and their actors are modules.
program=$WORK/program
mkdir "$program"
cp -r "$SUITE_DIR"/lua/actor_run.lua "$SUITE_DIR"/lua/actor_process_*.lua "$SUITE_DIR/lua/actors" "$program"

# hosts: the number of processes that host actors.
hosts() {
	ps -o args | grep -c "/[^ ]*lunatik host [0-9a-f]\{32\}$"
}
no_hosts() { [ "$(hosts)" = 0 ]; }

for part in options channel values children inside sandbox memory; do
	# Without memory, hundreds of processes are started.
	[ $part = memory ] && seconds=280 || seconds=100
	lua_checks "$program/actor_run.lua" "$SUITE_DIR" "process_$part" $((seconds * SLOWER))
	check "process_$part: no process is left" wait_until 10 no_hosts
done

# The tool's hidden command, if the kernel has not started it.
check_says "a user cannot host an actor" 1 "not started to host an actor" lunatik host 0123456789abcdef0123456789abcdef
check_says "nor with an empty token" 1 "cannot host an actor" lunatik host ""

script() { cat >"$WORK/$1.lua"; }
echo 'require("inbox"):receive()' >"$WORK/waits.lua"

# Permission.
script starts <<LUA
local actor = require("actor")
print(pcall(actor.spawn_vm, { module = "$WORK/waits.lua", subprocess = {} }))
LUA
check_output "without the permission exec there are no processes" 'false	permission "exec" denied' \
	within 20 lunatik run -P load -P fs:read "$WORK/starts.lua"
check "with it there are" sh -c "lunatik run -P load -P fs:read -P exec '$WORK/starts.lua' | grep -q '^true'"
check "which end with the script" wait_until 10 no_hosts

# The streams of the client.
script prints <<LUA
io.write("output of ", io.read(), "\n")
io.stderr:write("errors\n")
LUA
script shares <<LUA
local actor = require("actor")
local child = actor.spawn_vm({
	module = "$WORK/prints.lua",
	subprocess = { stdin = "share", stdout = "share", stderr = "share" },
})
print("before")
while pcall(child.send, child, 1) do require("time").sleep(0.005) end
print("after")
LUA
echo "the input" | within 20 lunatik run "$WORK/shares.lua" >"$WORK/out" 2>"$WORK/err"
check "a process shares the output of the client" grep -qx "output of the input" "$WORK/out"
# The lines of the script come by way of the command, so they may be earlier or later.
check "beside that of the script" test "$(sort "$WORK/out" | tr '\n' ' ')" = "after before output of the input "
check "and standard error" grep -qx "errors" "$WORK/err"
script shares_later <<LUA
local actor = require("actor")
return function()
	local child = actor.spawn_vm({ module = "$WORK/logs.lua", subprocess = { stdout = "share", stderr = "share" } })
	while pcall(child.send, child, 1) do require("time").sleep(0.005) end
end
LUA
echo 'print("suite: a line for the log") io.stderr:write("suite: an error for the log\n")' >"$WORK/logs.lua"
within 20 lunatik spawn --name suite/later "$WORK/shares_later.lua"
check "without a client, output goes to the kernel's log" wait_until 10 sh -c "dmesg | grep -q 'suite: a line for the log'"
check "errors, too" wait_until 10 sh -c "dmesg | grep -q 'suite: an error for the log'"

# Stops.
script keeps <<LUA
local actor, time = require("actor"), require("time")
child = actor.spawn_vm({ module = "$WORK/waits.lua", subprocess = {} })
return function() time.sleep(3600) end
LUA
within 20 lunatik spawn --name suite/keeps "$WORK/keeps.lua"
check "a script has a process" test "$(hosts)" = 1
check "a script with a process is stopped" within 10 lunatik stop suite/keeps
check "and its process with it" wait_until 10 no_hosts

# The end of detached processes: they are told, and go on.
script outlives <<LUA
local inbox, time = require("inbox"), require("time")
local home = inbox:receive()
home:send("here")
local good, err = pcall(inbox.receive, inbox)
local file = io.open("$WORK/told", "w")
file:write(tostring(err), "; ", tostring(select(2, pcall(home.send, home, 1))), "\n")
file:close()
while not io.open("$WORK/go") do time.sleep(0.01) end
file = io.open("$WORK/gone", "w")
file:close()
LUA
script detaches <<LUA
local actor, inbox = require("actor"), require("inbox")
local child = actor.spawn_vm({ module = "$WORK/outlives.lua", subprocess = {} })
child:send(inbox)
inbox:receive()
child:detach()
require("lunatik")._ENV.suite_child = child
LUA
check "a script detaches a process" within 20 lunatik run --name suite/detaches "$WORK/detaches.lua"
lunatik stop suite/detaches 2>/dev/null
check "which outlives the script" test "$(hosts)" = 1
check "the module cannot be removed then" sh -c '! rmmod lunatik 2>/dev/null'
check "but unloaded" within 30 lunatik unload
check "the process is told" wait_until 10 grep -q "No senders.*; Broken pipe" "$WORK/told"
check "and goes on" test "$(hosts)" = 1
touch "$WORK/go"
check "until it ends by itself" wait_until 10 test -e "$WORK/gone"
check "without a trace" wait_until 10 no_hosts

# The program that hosts actors.
with_host() {
	name=$1 wanted=$2
	shift 2
	lunatik unload >/dev/null 2>&1
	modprobe lunatik testing=1 "host=$1"
	check "$name" sh -c "within_starts=\$(timeout 60 lunatik run '$WORK/fails.lua'); [ \"\$within_starts\" = '$wanted' ]"
}
script fails <<LUA
local actor = require("actor")
local good, err = pcall(actor.spawn_vm, { module = "$WORK/waits.lua", subprocess = {} })
print(not good and err.category:name() .. " " .. err.code or good)
LUA
printf '#!/bin/busybox sh\nexec /bin/busybox sleep 1000\n' >"$WORK/sleeps"
printf '#!/bin/busybox sh\nexit 0\n' >"$WORK/ends"
printf 'not a program' >"$WORK/text"
chmod +x "$WORK/sleeps" "$WORK/ends" "$WORK/text"
with_host "10.2: a program that is not there" "system 2" /not/there
with_host "10.2: one that cannot be executed" "system 8" "$WORK/text"
with_host "10.2: none" "generic 10" ""
with_host "10.2: one that ends at once" "generic 10" "$WORK/ends"
with_host "10.2: one that does not attach" "generic 110" "$WORK/sleeps"
sleeps() { [ "$(ps -o args | grep -c "^/bin/busybox sleep 1000")" = "$1" ]; }
check "10.2: which is killed then" wait_until 10 sleeps 0
within 20 lunatik spawn --name suite/waits "$WORK/keeps.lua" >/dev/null 2>&1 &
waiting=$!
check "a script waits for its process" wait_until 10 sleeps 1
check "and is stopped while it waits" within 4 lunatik stop suite/waits
wait $waiting
check "which ends the process" wait_until 10 sleeps 0

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1
check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
finish
