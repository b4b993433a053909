#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Paths and files have the same meaning for every process that runs the script's code: in a chroot or another mount
# namespace, for users without rights, in an exiting process, with any umask, on a deep stack or not.

. "$(dirname "$0")/../lib/ktap.sh"

mkdir -p /data "$WORK/jail/data" "$WORK/jail/bin" "$WORK/jail/proc"
echo outside >/data/secret
echo inside >"$WORK/jail/data/secret"
echo hidden >/root/secret
chmod 600 /root/secret /data/secret
cp /bin/busybox "$WORK/jail/bin/busybox"

# The data that a script reads from a file goes to the process that reads the device.
cat >"$WORK/callers.lua" <<'END'
local path = ...
local function try()
	local good, file, why = pcall(io.open, path)
	if not good then
		return tostring(file):match("denied") or tostring(file)
	end
	if not file then
		return why:gsub("^.*: ", "")
	end
	local text = file:read("l")
	file:close()
	return text
end
-- So deep that it lies on a stack segment, which is a kernel thread's.
local function deep(n)
	if n == 0 then
		return try()
	end
	return setmetatable({}, { __index = function() return deep(n - 1) end }).x
end
require("device").new({ name = "callers", mode = 438, read = function(_, _, offset)
	return offset == 0 and try() .. " " .. deep(60) .. "\n" or nil
end })
END
# reads NAME WANTED PATH PERMISSION COMMAND...: checks the bytes that the command reads from the device of a script that
# reads PATH.
reads() {
	name=$1 wanted=$2 path=$3 permission=$4
	shift 4
	lunatik run --name suite/callers -P load -P device=callers -P "fs:read=$permission" "$WORK/callers.lua" "$path" || true
	rm -f "$WORK/jail/callers"
	# shellcheck disable=SC2046 # two words
	mknod "$WORK/jail/callers" c $(ls -l /dev/callers | sed 's/.* \([0-9]*\), *\([0-9]*\) .*/\1 \2/') && chmod 666 "$WORK/jail/callers"
	check_output "$name" "$wanted $wanted" within 20 "$@"
	lunatik stop suite/callers
}

reads "a path is what it is outside for a process in a chroot" outside /data/secret '/data/*' chroot "$WORK/jail" /bin/busybox cat /callers
reads "a file in the chroot is none that is permitted" denied "$WORK/jail/data/secret" '/data/*' chroot "$WORK/jail" /bin/busybox cat /callers
reads "nor by dots" denied "$WORK/jail/data/../data/secret" '/data/*' chroot "$WORK/jail" /bin/busybox cat /callers
ln -sf "$WORK/jail/data/secret" /data/link
reads "nor by a link" denied /data/link '/data/*' chroot "$WORK/jail" /bin/busybox cat /callers
rm -f /data/link
reads "it is permitted by its own path" inside "$WORK/jail/data/secret" "$WORK/jail/data/*" chroot "$WORK/jail" /bin/busybox cat /callers
reads "a mount namespace of its own changes nothing" outside /data/secret '/data/*' \
	unshare -m sh -c "mount --bind $WORK/jail/data /data && cat /dev/callers"
reads "a user without rights reads what the script may" hidden /root/secret '/root/*' su nobody -s /bin/sh -c 'cat /dev/callers'
reads "and no more" denied /root/secret '/data/*' su nobody -s /bin/sh -c 'cat /dev/callers'
reads "as does root" hidden /root/secret '/root/*' cat /dev/callers

# Writing: modes come from the init process, and rights from the script's permissions, even in an exiting process.
cat >"$WORK/writer.lua" <<'END'
local function write(path)
	local file <close> = assert(io.open(path, "w"))
	file:write("written\n")
end
require("device").new({ name = "writer", mode = 438,
	read = function(_, _, offset)
		if offset ~= 0 then return nil end
		write("/data/by-call")
		os.remove("/data/old")
		os.rename("/data/from", "/data/to")
		return "done\n"
	end,
	release = function() write("/data/by-exit") end,
})
END
touch /data/old /data/from
chmod 700 /data
lunatik run --name suite/writer -P load -P device=writer -P 'fs=/data/*' "$WORK/writer.lua"
check_output "a user without rights has the script write" "done" su nobody -s /bin/sh -c 'umask 077; head -n 1 /dev/writer'
check "the file is there" grep -q written /data/by-call
check_fails "another was removed" test -e /data/old
check "and one was renamed" test -e /data/to
check_output "its mode does not depend on the caller's umask" 644 stat -c %a /data/by-call
check_output "it belongs to root" 0 stat -c %u /data/by-call
check "the end of a process has the script write, too" wait_until 5 grep -q written /data/by-exit
rm -f /data/by-exit
in_exit='exec 5</dev/writer; kill -KILL $$'
su nobody -s /bin/sh -c "$in_exit" 2>/dev/null
check "also where it was killed" wait_until 5 grep -q written /data/by-exit
check_output "with the mode of others" 644 stat -c %a /data/by-exit
lunatik stop suite/writer
rm -rf /data /root/secret

# Clients that come, go and are killed while requests come and go: the scripts that they have started are stopped.
echo 'while true do require("linux").schedule(5) end' >"$WORK/endless.lua"
round=0
while [ $round -lt "20" ]; do
	for client in 1 2 3 4 5 6 7 8; do
		lunatik run --name "suite/client$client" "$WORK/endless.lua" >/dev/null 2>&1 &
		clients="$clients $!"
	done
	wait_until 10 running suite/client1
	# shellcheck disable=SC2086 # numbers
	kill -KILL $clients 2>/dev/null
	clients=
	round=$((round + 1))
done
nothing_runs() { [ -z "$(lunatik list)" ]; }
check "nothing that killed clients have started stays" wait_until 20 nothing_runs
finish
