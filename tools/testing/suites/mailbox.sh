#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Mailboxes: queues of one receiver, whose addresses travel in messages, tables and mailboxes, their own included.
#
# leaks: mailboxes that lead to each other in circles are freed

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
folder=/lib/modules/lua
cp "$SUITE_DIR/lua/worker_code.lua" "$folder/suite_code.lua"

cat >"$folder/suite_mailbox_child.lua" <<'EOT'
return function(address)
	local inbox = require("lunatik.testing").mailbox()
	address:send(inbox:address())
	inbox:receive()
	kept = inbox
	return address
end
EOT

# workers COUNT: whether so many workers are there.
workers() {
	[ "$(lunatik list --all | grep -c " worker ")" = "$1" ]
}

lua_checks "$SUITE_DIR/lua/mailbox.lua" "$SUITE_DIR" $((5000 / SLOWER / SLOWER))
lua_checks "$SUITE_DIR/lua/mailbox_ends.lua" "$SUITE_DIR" $((200 / SLOWER / SLOWER)) $((4500 / SLOWER / SLOWER))
check "all workers are gone" wait_until 20 workers 0

# A script that has put its own address, and much else, into its own mailbox, ends in each way.
cat >"$WORK/circle.lua" <<'LUA'
local testing = require("lunatik.testing")
local inboxes = {}
for i = 1, 100 do
	inboxes[i] = testing.mailbox()
end
local table = require("rcu").table()
for i, inbox in ipairs(inboxes) do
	local address = inbox:address()
	local other = inboxes[i % #inboxes + 1]:address()
	table["at" .. i] = address
	assert(address:send({ address, other, table, ("x"):rep(10000) }))
end
return function() assert(inboxes[1]:receive()) inboxes[1]:receive() error("not reached") end
LUA
circle() {
	lunatik spawn --name suite/circle "$WORK/circle.lua" || return 1
	wait_until 10 sh -c 'lunatik list --all | grep "suite/circle " | grep -q blocked' || return 1
	within 10 lunatik stop suite/circle
}
check "a script waits in a circle of mailboxes, and is stopped" circle
before=$(kernel_memory)
circles() {
	for _ in $(seq $((16 / SLOWER + 4))); do
		circle || return 1
	done
	lunatik status --clear
}
check "others do" circles
# Each has held a megabyte.
memory_is_back() { [ $(($(kernel_memory) - before)) -lt 3072 ]; }
check "nothing of them is left" wait_until 20 memory_is_back
echo "# kernel memory: $before KiB before, $(kernel_memory) KiB after"

# The owner is stopped while others wait for room.
cat >"$WORK/owner.lua" <<'LUA'
local inbox = require("lunatik.testing").mailbox(1)
require("lunatik")._ENV["suite.address"] = inbox:address()
return function() require("linux").schedule(math.maxinteger) end
LUA
lunatik spawn --name suite/owner "$WORK/owner.lua"
for sender in 1 2 3; do
	lunatik eval 'local address = require("lunatik")._ENV["suite.address"]
		while true do
			local sent, reason = address:send("x")
			if not sent then return reason end
		end' >"$WORK/sender$sender" 2>&1 &
done
blocked() { [ "$(lunatik list --all | grep -c blocked)" = "$1" ]; }
check "three wait for room in a mailbox" wait_until 10 blocked 4
check "its owner is stopped" within 5 lunatik stop suite/owner
wait
check_output "each is told" "closed
closed
closed" cat "$WORK/sender1" "$WORK/sender2" "$WORK/sender3"
eval_is "who comes later is told, too" "nil	closed" 'return require("lunatik")._ENV["suite.address"]:send(1)'

# A sender is stopped while it waits for room, and leaves nothing in the mailbox.
lunatik spawn --name suite/owner "$WORK/owner.lua"
cat >"$WORK/sender.lua" <<'LUA'
return function()
	local address = require("lunatik")._ENV["suite.address"]
	address:send("first")
	while true do pcall(address.send, address, "never") end
end
LUA
lunatik spawn --name suite/sender "$WORK/sender.lua"
check "a sender waits for room" wait_until 10 blocked 2
check "it is stopped" within 5 lunatik stop suite/sender
check "its wait was for nothing" lunatik stop suite/owner
lunatik eval 'require("lunatik")._ENV["suite.address"] = nil'
check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
rm -f "$folder/suite_code.lua" "$folder/suite_mailbox_child.lua"
finish
