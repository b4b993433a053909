#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Kernel threads of scripts: their results, waits for them, and their ends.
# alone: measures how soon a join comes back
# leaks: threads that are left must give back what they took

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua
# script NAME: a script of the suite, from standard input.
script() { cat >"$folder/suite_$1.lua"; }
script echo <<'EOF'
local own = ...
return function(...)
	return own, ...
end
EOF
echo 'return function() error("thread failed") end' | script fails
echo 'local nothing' | script nothing
script waits <<'EOF'
return function()
	require("linux").schedule(math.maxinteger)
	return "stopped"
end
EOF
script when <<'EOF'
local ktime = require("linux").ktime
return function(ms)
	-- Computes: a sleep would end with a tick of the clock, as a look now and then does.
	local ending = ktime() + ms * 1000000
	repeat
		local now = ktime()
	until now >= ending
	return ktime()
end
EOF
script joins <<'EOF'
local thread = ...
return function()
	return select(2, assert(thread:join()))
end
EOF
script itself <<'EOF'
return function()
	local thread = require("thread")
	return thread.current():task() ~= nil, select(2, pcall(thread.current().join, thread.current())), thread.shouldstop()
end
EOF
script returns <<'EOF'
local where = ...
return function()
	local own = require("thread").current()
	return where and { own } or own
end
EOF
script ring <<'EOF'
return function(i, count)
	local shared, linux = require("lunatik")._ENV, require("linux")
	while not shared.ring_open do linux.schedule(1) end
	return shared["ring" .. i % count + 1]
end
EOF
echo 'return function() return "started" end' | script started
lua_checks "$SUITE_DIR/lua/thread.lua" "$SUITE_DIR"

# A client that waits in a join is killed: only the join ends.
lunatik spawn suite_waits
lunatik eval 'require("lunatik")._ENV.threads.suite_waits:join()' >/dev/null 2>&1 &
client=$!
check "a client waits for a thread" wait_until 5 sh -c 'lunatik status --json | grep -q "\"state\": \"blocked\""'
kill -9 $client
check "and can be killed" wait_until 5 gone $client
wait $client 2>/dev/null
check "the thread goes on" running suite_waits
check "and is stopped" lunatik stop suite_waits
rm -f $folder/suite_*.lua
finish
