#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Allocations at the deepest point of a script in a full memory cgroup: the kernel reclaims memory there, on the stack
# that the script has left.

. "$(dirname "$0")/../lib/ktap.sh"

cgroup=/sys/fs/cgroup/reclaim
# counted NAME FILE: prints the counter with that name.
counted() { awk -v name="$1" '$1 == name { print $2 }' "$cgroup/$2"; }
full() { [ "$(cat $cgroup/memory.current)" -gt $((LIMIT - 262144)) ]; }

if ! command -v user-lua >/dev/null || ! grep -q memory /sys/fs/cgroup/cgroup.controllers; then
	skip "the stack holds direct reclaim" "needs user-lua and memory cgroups"
	finish
fi
lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi
# The multi-generational LRU, which Debian's kernel uses, refuses a charge rather than reclaim mapped pages in use.
[ ! -w /sys/kernel/mm/lru_gen/enabled ] || echo n >/sys/kernel/mm/lru_gen/enabled
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir $cgroup
LIMIT=25165824
echo $LIMIT >$cgroup/memory.max
# The files are mapped, because not every file system caches files that are only read. Any files suffice that have 48
# MiB together and do not change; other suites write below /share/build.
files=$(find /share/tools/target -type f -size +64k -size -2048k -exec stat -c '%s %n' {} + |
	awk '{ if (sum < 50331648) print $2; sum += $1 }')
# shellcheck disable=SC2086
(
	echo 0 >$cgroup/cgroup.procs
	exec user-lua "$SUITE_DIR/lib/hold-files.lua" $cgroup $LIMIT $files
) >"$WORK/filler" 2>&1 &
filler=$!
if wait_until 30 full; then
	echo 0 >$cgroup/cgroup.procs
	before=$(counted pgsteal_direct memory.stat)
	MEM=8M lua_checks "$SUITE_DIR/lua/reclaim.lua" "$SUITE_DIR" $cgroup 2048 $((400 / SLOWER))
	echo 0 >/sys/fs/cgroup/cgroup.procs
	after=$(counted pgsteal_direct memory.stat)
	check "pages were taken from the page cache meanwhile" test "$after" -gt "$before"
	check_output "and nobody was killed for it" 0 counted oom_kill memory.events
else
	not_ok "a memory cgroup is full" "$(cat "$WORK/filler" $cgroup/memory.events)"
fi
kill $filler
wait $filler 2>/dev/null
lunatik unload
finish
