#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Files: scripts see the same as in user space, including error messages.

. "$(dirname "$0")/../lib/ktap.sh"

mkdir "$WORK/user" "$WORK/kernel"
if command -v user-lua >/dev/null; then
	user-lua "$SUITE_DIR/lua/files.lua" "$WORK/user" >"$WORK/user.out" 2>&1
	within 120 lunatik run --name suite/files "$SUITE_DIR/lua/files.lua" "$WORK/kernel" >"$WORK/kernel.out" 2>&1
	status=$?
	lunatik stop suite/files >/dev/null 2>&1
	# Each line of the output is a check of its own.
	while IFS= read -r line; do
		name=${line%%:*}
		if grep -qxF -- "$line" "$WORK/kernel.out"; then
			ok "$name is as in user space"
		else
			not_ok "$name is as in user space" "expected: $line
printed:  $(grep -F -- "$name:" "$WORK/kernel.out" | head -n 3)"
		fi
	done <"$WORK/user.out"
	check "nothing else is printed, and in this order" cmp "$WORK/user.out" "$WORK/kernel.out"
	check "the script runs to its end" test "$status" = 0
else
	skip "files are as in user space" "there is no user-lua here"
fi

eval_is "a file written by the kernel is read by user space" "true" \
	'local f = io.open(..., "w"); f:write("from the kernel"); return f:close()' "$WORK/written"
check_output "with its text" "from the kernel" cat "$WORK/written"
eval_is "a file that was not closed is closed with its runtime" "1" \
	'f = io.open(..., "w"); f:write("kept"); return 1' "$WORK/unclosed"
check_output "and its buffer is written" "kept" cat "$WORK/unclosed"
eval_is "proc files can be read" "Linux" 'return (io.lines("/proc/version")():match("^%a+"))'
eval_is "/dev/null takes and gives nothing" "5	" \
	'local f = io.open("/dev/null", "w"); f:write("abcde"); local n = f:seek("cur") or 5; return 5, io.open("/dev/null"):read("a")'
check_output "io.write goes to the tool's standard output" "a1b" lunatik eval 'io.write("a", 1, "b") return'
check_says "io.stderr goes to the tool's standard error" 0 "to stderr" lunatik eval 'io.stderr:write("to stderr\n")'
check_status "many open files are refused with an error, not a crash" 0 \
	within 120 lunatik eval 'local all = {} for i = 1, 5000 do local f = io.open("/dev/null") if not f then break end all[i] = f end'
check_output "a directory cannot be read" "nil" lunatik eval 'local f = io.open("/tmp"); return f and (f:read("a"))'

# Files of drivers: some drivers can read into kernel memory, others only into the memory of processes.
for file in /proc/meminfo /proc/cpuinfo /proc/stat /proc/uptime /proc/loadavg /proc/interrupts /proc/cmdline \
	/proc/sys/vm/swappiness /sys/kernel/uevent_seqnum /sys/fs/cgroup/cgroup.procs /dev/full /dev/zero /dev/urandom; do
	eval_is "$file can be read" "true" 'return #assert(io.open(...)):read(4) > 0' $file
done
for file in /proc/1/status /proc/1/cmdline /proc/self/maps /proc/modules /dev/kmsg; do
	eval_is "$file cannot, which is told" "nil	Invalid argument	22" 'return assert(io.open(...)):read(4)' $file
done
eval_is "a setting of the kernel is written" "file" \
	'local f = assert(io.open("/proc/sys/vm/swappiness", "w")) f:setvbuf("no") return io.type(f:write("61"))'
check_output "and holds" "61" cat /proc/sys/vm/swappiness
eval_is "/dev/full takes nothing" "nil	Invalid argument	22	0" \
	'local f = assert(io.open("/dev/full", "w")) f:setvbuf("no") return f:write("x")'

# FIFOs. Nothing waits for their other end, so they cannot keep a script from ending.
mkfifo "$WORK/fifo"
eval_is "a FIFO without a writer is at its end" "nil" 'return (assert(io.open(...)):read(1))' "$WORK/fifo"
eval_is "one without a reader is not opened for writing" "nil	$WORK/fifo: No such device or address	6" \
	'return io.open(..., "w")' "$WORK/fifo"
exec 7<>"$WORK/fifo"
eval_is "an empty one has nothing yet" "nil	Resource temporarily unavailable	11" \
	'return assert(io.open(...)):read(1)' "$WORK/fifo"
echo "a line" >&7
eval_is "what was written comes out, and again nothing is there yet" "a line	nil	Resource temporarily unavailable	11" \
	'local f = assert(io.open(...)) return f:read("l"), f:read("l")' "$WORK/fifo"
eval_is "a full one takes no more" "true	Resource temporarily unavailable	11" '
	local good, err, errno
	local f = assert(io.open(..., "w"))
	f:setvbuf("no")
	for n = 1, math.huge do
		good, err, errno = f:write(("x"):rep(4096))
		if not good then return n > 1, err, errno end
	end' "$WORK/fifo"
exec 7<&-
exec 7<>"$WORK/fifo"
# Polls for data that never arrives.
cat >"$WORK/reads.lua" <<'EOF'
local path, spawned = ...
local file = assert(io.open(path))
local function look()
	while true do
		pcall(file.read, file, 1)
	end
end
if spawned then
	return look
end
look()
EOF
check "a script that reads a FIFO again and again is spawned" lunatik spawn "$WORK/reads.lua" "$WORK/fifo" spawned
check "and stopped" within 10 lunatik stop reads
check "and gone" not_running reads
lunatik run "$WORK/reads.lua" "$WORK/fifo" >/dev/null 2>&1 &
client=$!
check "another one runs in its client" wait_until 5 lunatik status reads
kill -KILL $client
check "which is killed" wait_until 10 gone $client
wait $client 2>/dev/null
check "and it ends" wait_until 10 not_running reads
exec 7<&-

# A script by name is read by the kernel.
mkfifo /lib/modules/lua/suite_fifo.lua
check_says "a script that is a FIFO is none" 3 "no script suite_fifo" within 10 lunatik run suite_fifo
check_says "for scripts, too" 1 "no script suite_fifo" within 10 lunatik eval 'require("lunatik").runtime("suite_fifo")'
exec 7<>/lib/modules/lua/suite_fifo.lua
check_says "also with a writer" 3 "no script suite_fifo" within 10 lunatik run suite_fifo
exec 7<&-
rm /lib/modules/lua/suite_fifo.lua
: >/lib/modules/lua/suite_empty.lua
check "an empty script does nothing" lunatik run suite_empty
check "and is there" lunatik stop suite_empty
rm /lib/modules/lua/suite_empty.lua
check "nothing keeps the module" within 20 lunatik unload
check "and it is loaded again" lunatik load
finish
