#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Counters and histograms by name: what they do, and that all runtimes share them without losing anything.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1 hook_slice_ms="$HOOK_LONG_SLICE_MS"; then
	not_ok "the module is loaded with testing=1"
	finish
fi

lua_checks "$SUITE_DIR/lua/percpu.lua" "$SUITE_DIR"

# All runtimes share names.
cat >"$WORK/adder.lua" <<'EOF2'
local percpu, linux = require("percpu"), require("linux")
local c, h = percpu.counter("suite.sum"), percpu.histogram("suite.values")
return function()
	for i = 1, 20000 do
		c:add(3)
		h:add(i % 8)
		if i % 1000 == 0 then
			linux.schedule(0)
		end
	end
end
EOF2
cat >"$WORK/keeper.lua" <<'EOF2'
local percpu, linux, shared = require("percpu"), require("linux"), require("lunatik")._ENV
local c, h = percpu.counter("suite.sum"), percpu.histogram("suite.values")
return function()
	while not shared["suite.end"] do
		linux.schedule(10)
	end
	shared["suite.result"] = ("%d %d %d: %s"):format(c:sum(), h:count(), h:sum(), table.concat(h:counts(), " ", 1, 5))
end
EOF2
# keeper: begins a script that keeps the names.
keeper() {
	lunatik eval 'require("lunatik")._ENV["suite.end"] = nil'
	lunatik spawn --name keeper "$WORK/keeper.lua"
}

# kept: ends it, and prints what it has found.
kept() {
	lunatik eval 'require("lunatik")._ENV["suite.end"] = true'
	wait_until 20 sh -c '! lunatik list | grep -q keeper'
	lunatik eval 'return require("lunatik")._ENV["suite.result"]'
}

keeper
for i in 1 2 3 4; do lunatik spawn --name "adder$i" "$WORK/adder.lua"; done
check "four threads that add end" wait_until 60 sh -c '! lunatik list | grep -q adder'
check_output "no addition was lost" "240000 80000 280000: 10000 10000 20000 40000 0" kept
eval_is "with the last script that has it, a counter goes" "0" 'return require("percpu").counter("suite.sum"):sum()'
check_says "a script without permission has none" 1 'permission "rcu" denied' lunatik eval -P load 'require("percpu").counter("x")'

# A CPU that goes takes nothing away.
online=/sys/devices/system/cpu/cpu1/online
if [ -w $online ]; then
	keeper
	taskset 2 lunatik eval 'require("percpu").counter("suite.sum"):add(5)'
	echo 0 >$online
	check_output "what a CPU has counted stays when it goes" "5 0 0: 0 0 0 0 0" kept
	echo 1 >$online
fi

# What exists when the module goes is freed; machines that search for leaks find what is not.
lunatik eval 'local t, percpu = require("rcu").table(), require("percpu")
	t.counter, t.self = percpu.counter("suite.left"), t
	require("lunatik")._ENV["suite.left"] = t'
check "the module is unloaded with a counter in a table" within 20 lunatik unload
check "and loaded again" lunatik load
eval_is "the counter is gone" "0" 'return require("percpu").counter("suite.left"):sum()'
finish
