#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# RCU tables: exact, atomic, and whole while all CPUs read and write them.
# alone: readers and writers need both processors at once

. "$(dirname "$0")/../lib/ktap.sh"

SECONDS_OF_STRESS=${SECONDS_OF_STRESS:-$(stressed 8)}

lua_checks "$SUITE_DIR/lua/rcu.lua" "$SUITE_DIR"

eval_is "what one runtime sets another one reads" "" 'require("lunatik")._ENV["suite.value"] = "set"'
eval_is "the other one" "set" 'return require("lunatik")._ENV["suite.value"]'
eval_is "and deletes" "" 'require("lunatik")._ENV["suite.value"] = nil'

# Additions from many threads lose nothing.
cat >"$WORK/adder.lua" <<'EOF'
local rcu = require("rcu")
local shared = require("lunatik")._ENV
return function()
	for _ = 1, 5000 do
		rcu.add(shared, "suite.sum", 1)
		repeat
			local old = shared["suite.cas"] or 0
		until rcu.cas(shared, "suite.cas", old, old + 1)
	end
end
EOF
lunatik eval 'local s = require("lunatik")._ENV; s["suite.sum"] = 0; s["suite.cas"] = 0'
for i in 1 2 3 4; do lunatik spawn --name "adder$i" "$WORK/adder.lua"; done
check "four threads that add end" wait_until 60 sh -c '! lunatik list | grep -q adder'
eval_is "no addition and no exchange was lost" "20000	20000" 'local s = require("lunatik")._ENV; return s["suite.sum"], s["suite.cas"]'

# Readers, writers and walkers on all CPUs.
eval_is "a table for all is made" "" '
	local t = require("rcu").table(16)
	for i = 1, 16 do t["fixed" .. i] = i end
	require("lunatik")._ENV["suite.stress"] = t'
for i in 1 2; do
	for role in read write walk tables; do
		lunatik spawn --name "stress-$role$i" "$SUITE_DIR/lua/rcu_stress.lua" "$role" "$SECONDS_OF_STRESS"
	done
done
check "eight threads read and write it" test "$(lunatik list | grep -c stress-)" = 8
lunatik eval 'require("lunatik")._ENV["suite.stress"].go = true'
check "until their time is over" wait_until $((SECONDS_OF_STRESS + 30)) sh -c '! lunatik list | grep -q stress-'
for i in 1 2; do
	for role in read write walk tables; do
		check "the thread that does '$role' ($i) saw nothing wrong" sh -c "lunatik status stress-$role$i | grep -q finished"
	done
done
echo "# rounds: $(lunatik eval 'local t = require("lunatik")._ENV["suite.stress"]
	return t["rounds.read"], t["rounds.write"], t["rounds.walk"], t["rounds.tables"]')"
eval_is "every write was counted" "true" 'local t = require("lunatik")._ENV["suite.stress"]
	return t.writes == t["rounds.write"]'

# Stopped in the middle, by force.
for i in 1 2 3 4; do lunatik spawn --name "stress-walk$i" "$SUITE_DIR/lua/rcu_stress.lua" walk 600; done
check "threads in the middle of walks are stopped" within 20 lunatik stop stress-walk1 stress-walk2 stress-walk3 stress-walk4
eval_is "the shared table is deleted" "nil" 'local s = require("lunatik")._ENV; s["suite.stress"] = nil; s["suite.sum"] = nil; s["suite.cas"] = nil
	return s["suite.stress"]'
finish
