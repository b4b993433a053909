#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Memory cgroups: a script's memory is charged to the process that started it, regardless of the thread that runs it. At
# the limit of the cgroup the script gets an error, and no process is killed.

. "$(dirname "$0")/../lib/ktap.sh"

if ! grep -q memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
	skip "memory is charged to memory cgroups" "this kernel has none"
	finish
fi
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
# group NAME LIMIT
group() { mkdir "/sys/fs/cgroup/$1" && echo "$2" >"/sys/fs/cgroup/$1/memory.max"; }
# in_group NAME COMMAND...
in_group() {
	group=$1
	shift
	sh -c 'echo 0 >"/sys/fs/cgroup/$0/cgroup.procs" && exec "$@"' "$group" "$@"
}
# holds NAME BYTES: whether at least that much is charged; below NAME BYTES: at most.
holds() { [ "$(cat "/sys/fs/cgroup/$1/memory.current")" -ge "$2" ]; }
below() { [ "$(cat "/sys/fs/cgroup/$1/memory.current")" -le "$2" ]; }
event() { awk -v name="$2" '$1 == name { print $2 }' "/sys/fs/cgroup/$1/memory.events"; }

MIB=1048576
group users 200M
# Big blocks and small ones, 12 MiB each.
cat >"$WORK/holder.lua" <<'EOF'
big, small = ("x"):rep(12 << 20), {}
for i = 1, 12 * 1024 * 1024 // 64 do
	small[i] = ("y"):rep(40) .. i
end
return function()
	repeat
		require("linux").schedule(20)
	until require("thread").shouldstop()
end
EOF
sed '/^return/,$d' "$WORK/holder.lua" >"$WORK/resident.lua"
echo 'require("device").new({ name = "suite_holder" })' >>"$WORK/resident.lua"
check "the cgroup is charged little before" below users $((4 * MIB))
check "a script runs" in_group users lunatik run "$WORK/resident.lua"
check "what it holds is charged to the cgroup of the tool that started it" holds users $((24 * MIB))
check "it is stopped" lunatik stop resident
check "then the charge falls back" wait_until 10 below users $((4 * MIB))
check "a script is spawned" in_group users lunatik spawn "$WORK/holder.lua"
check "what a thread of the kernel takes for it is charged there, too" wait_until 10 holds users $((24 * MIB))
check "and not to who asks for its state" sh -c 'lunatik status holder >/dev/null'
check "it is stopped, too" lunatik stop holder
check "and the charge falls back again" wait_until 10 below users $((4 * MIB))

# Scripts that a script starts: their memory is charged to the process that started the first one.
cp "$WORK/holder.lua" /lib/modules/lua/suite_holder.lua
echo 'require("lunatik.runner").spawn("suite_holder")' >"$WORK/parent.lua"
check "a script that spawns another one runs" in_group users lunatik run "$WORK/parent.lua"
check "its child is charged to the same cgroup" wait_until 10 holds users $((24 * MIB))
lunatik shutdown
check "until both are stopped" wait_until 10 below users $((4 * MIB))
rm -f /lib/modules/lua/suite_holder.lua

# At the limit. The shell in the same cgroup must survive, as must the tool itself.
group small 16M
in_group small sh -c 'while :; do usleep 100000; done' &
neighbour=$!
wait_until 5 grep -q . /sys/fs/cgroup/small/cgroup.procs
check_says "small blocks beyond the limit of the cgroup are an error" 1 "not enough memory" \
	in_group small lunatik eval 'local t = {} while true do t[#t + 1] = {} end'
check_says "a large block, too" 1 "not enough memory" in_group small lunatik eval 'return #("x"):rep(40 << 20)'
check_says "and one that grows" 1 "not enough memory" \
	in_group small lunatik eval 'local s = "x" while true do s = s .. s end'
check_output "a script may catch that and go on" "false	not enough memory	1000" in_group small lunatik eval \
	'local good, err = pcall(function() local t = {} while true do t[#t + 1] = {} end end) return good, err, #("x"):rep(1000)'
cat >"$WORK/greedy.lua" <<'EOF'
return function()
	local t = {}
	while true do
		t[#t + 1] = { #t }
	end
end
EOF
check "a greedy script is spawned" in_group small lunatik spawn "$WORK/greedy.lua"
check "and ends" wait_until 20 not_running greedy
check "with that error" sh -c 'lunatik logs greedy 2>&1 | grep -q "not enough memory"'
check "the scripts came near the limit" test "$(cat /sys/fs/cgroup/small/memory.peak)" -ge $((13 * MIB))
check_output "no OOM killer was called" 0 event small oom
check_output "nobody was killed" 0 event small oom_kill
check "who lives in the same cgroup lives" kill -0 $neighbour
kill $neighbour
wait $neighbour 2>/dev/null
finish
