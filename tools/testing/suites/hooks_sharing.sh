#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# What hooks share with processes: RCU tables, counters and histograms. Nothing is lost while both write, on all CPUs.
# alone: hooks and processes need both processors at once
# leaks: what hooks and processes share must be given back, however they end

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1 hook_slice_ms="$HOOK_LONG_SLICE_MS"; then
	not_ok "the module is loaded with testing=1"
	finish
fi
folder=/lib/modules/lua
cp "$SUITE_DIR/lua/hooks_sharing_hook.lua" $folder/suite_sharing.lua
lua_checks "$SUITE_DIR/lua/hooks_sharing.lua" "$SUITE_DIR"
rm -f $folder/suite_sharing.lua

# Packets on both processors, two hooks for each of them, and processes that write the same things.
SECONDS_OF_STRESS=${SECONDS_OF_STRESS:-$(stressed 6)}
ifconfig lo up
eval_is "what they share is made" "" '
	local t = require("rcu").table(16)
	for i = 1, 16 do t["fixed" .. i] = i end
	t.sum, t.cas, t.damaged = 0, 0, 0
	require("lunatik")._ENV["suite.shared"] = t'
cp "$SUITE_DIR/lua/hooks_sharing_packets.lua" $folder/suite_packets.lua
for name in hook1 hook2; do
	check "$name sees packets" lunatik run -c softirq --name $name suite_packets $name
done
for name in count1 count2 walk1 replace1; do
	lunatik spawn --name $name "$SUITE_DIR/lua/hooks_sharing_process.lua" ${name%[0-9]} $name
done
check "four threads share with them" test "$(lunatik list | grep -c -E 'count|walk|replace')" = 4
lunatik eval 'require("lunatik")._ENV["suite.shared"].go = true'
for cpu in 1 2; do
	timeout "$SECONDS_OF_STRESS" taskset $cpu ping -A -q 127.0.0.1 >"$WORK/ping$cpu" 2>&1 &
done
# resume_hooks: has the hooks say what they have counted.
resume_hooks() {
	lunatik eval 'local runtimes = require("lunatik")._ENV.runtimes runtimes.hook1:resume() runtimes.hook2:resume()'
}
until=$(($(uptime_seconds) + SECONDS_OF_STRESS))
while [ "$(uptime_seconds)" -lt $until ]; do
	# It has a limit of CPU time, as hooks have.
	resume_hooks 2>/dev/null
	usleep 200000
done
wait
lunatik eval 'require("lunatik")._ENV["suite.shared"].stop = true'
check "the threads end when they are told" wait_until 60 sh -c '! lunatik list | grep -q -E "count|walk|replace"'
for name in count1 count2 walk1 replace1; do
	check "$name saw nothing wrong" sh -c "lunatik status $name | grep -q finished"
done
ifconfig lo down
check "the hooks say what they have counted" wait_until 10 resume_hooks
cat >"$WORK/sums.lua" <<'EOF2'
local check = dofile((...) .. "/lib/check.lua")
local t = require("lunatik")._ENV["suite.shared"]
local counter, histogram = require("percpu").counter("suite.packets"), require("percpu").histogram("suite.packets.mod")
local failures, counted, exchanged = 0, 0, 0
for _, name in ipairs({ "hook1", "hook2", "count1", "count2" }) do
	print(("# %s: %d counted, %d exchanged"):format(name, t["counted." .. name], t["exchanged." .. name]))
	counted, exchanged = counted + t["counted." .. name], exchanged + t["exchanged." .. name]
end
for _, name in ipairs({ "hook1", "hook2" }) do
	local count = t["counted." .. name]
	print(("# %s: %d failures, %d missed, %d lost races"):format(name, t["failures." .. name], t["missed." .. name], t["races." .. name]))
	failures = failures + t["failures." .. name]
	check.ok(name .. " was called a lot", count > 200, count)
	check.ok(name .. " has hardly failed", t["failures." .. name] <= count // 10, t["failures." .. name])
	check.ok(name .. " counts its packets", count - t["n." .. name] <= t["failures." .. name], t["n." .. name] .. " of " .. count)
end
-- A hook that has failed may have done a part of its work.
local function is_exact(what, got, wanted)
	check.ok(what .. " lost nothing", math.abs(got - wanted) <= failures, got .. " of " .. wanted)
end
is_exact("rcu.add", t.sum, counted)
is_exact("rcu.cas", t.cas, exchanged)
is_exact("a counter", counter:sum(), counted)
is_exact("a histogram", histogram:count(), counted)
check.same("no value was damaged", t.damaged, 0)
for i = 1, 16 do
	check.same("fixed" .. i, t["fixed" .. i], i)
end
EOF2
lua_checks "$WORK/sums.lua" "$SUITE_DIR"
lunatik logs hook1 | head -n 20 | sed 's/^/# /'
echo "# processes: $(lunatik eval 'local t = require("lunatik")._ENV["suite.shared"] return t["rounds.walk1"], t["rounds.replace1"]') walks and tables"

# Stopped and unloaded in the midst.
ifconfig lo up
lunatik eval 'require("lunatik")._ENV["suite.shared"].stop = nil'
for name in count1 walk1 replace1; do
	lunatik spawn --name $name "$SUITE_DIR/lua/hooks_sharing_process.lua" ${name%[0-9]} $name
done
for cpu in 1 2; do
	timeout 60 taskset $cpu ping -A -q 127.0.0.1 >"$WORK/ping$cpu" 2>&1 &
done
usleep 300000
check "a hook is stopped among packets" within 10 lunatik stop hook1
check "the module is unloaded among packets, with all that is shared" within 30 lunatik unload
kill %1 %2 2>/dev/null
wait
check "and is loaded again" modprobe lunatik testing=1 hook_slice_ms="$HOOK_LONG_SLICE_MS"
eval_is "what was shared is gone" "0	nil" 'return require("percpu").counter("suite.packets"):sum(), require("lunatik")._ENV["suite.shared"]'
rm -f $folder/suite_packets.lua
finish
