-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A device whose requests a process in a sandbox answers. Each text that is written to /dev/eval, 255 bytes at most, is
-- an expression or a chunk of Lua. Its results can be read.
--
--	lunatik run -P device=eval -P exec -P fs:read processes_device.lua
--	echo 'math.sin(1) ^ 2 + math.cos(1) ^ 2' >/dev/eval; cat /dev/eval
--	echo 'io.open("/etc/passwd")' >/dev/eval; cat /dev/eval
--	echo 'local f = ("x"):gmatch(".") debug.setupvalue(f, 3, 0) f()' >/dev/eval	crashes it: EIO
--	echo 'while true do end' >/dev/eval						takes too long: ETIME
--	lunatik logs processes_device
--
-- The code may be anything, because nothing of it runs in the kernel. The process can only compute: it has no rights and
-- no network, and its file system is read-only and holds nothing but its module, processes_eval.lua. A request that
-- crashes the process fails, and the next one starts another process.

local actor, inbox, time = require("actor"), require("inbox"), require("time")
local device, file_descriptor = require("device"), require("file_descriptor")

-- Seconds that a request may take; the longest pause before a start; how often a request is sent.
local PATIENCE <const>, LONGEST_PAUSE <const>, ATTEMPTS <const> = 2, 5, 3

-- The process runs this before the module. Each call that fails ends it.
local SANDBOX <const> = [[
	local module = C.read(arg, 1 << 16)

	-- A root that holds the module alone. It is moved, since pivot_root cannot replace the root of an initramfs.
	C.mount("none", "/", nil, C.MS_REC | C.MS_PRIVATE)
	C.mount("eval", "/tmp", "tmpfs", C.MS_NODEV | C.MS_NOEXEC | C.MS_NOSUID, "size=64k,mode=755")
	local file = assert(io.open("/tmp/eval.lua", "w"))
	assert(file:write(module))
	-- A file system with a file that is open for writing does not become read-only.
	file:close()
	-- If the machine runs out of memory, this process goes first.
	C.write(C.open("/proc/self/oom_score_adj", C.O_WRONLY), "1000")
	C.mount(nil, "/tmp", nil, C.MS_REMOUNT | C.MS_RDONLY | C.MS_NODEV | C.MS_NOEXEC | C.MS_NOSUID)
	C.chdir("/tmp")
	C.mount(".", "/", nil, C.MS_MOVE)
	C.chroot(".")
	C.chdir("/")

	-- Nobody, without capabilities, for ever.
	C.setgroups({})
	C.setresgid(65534, 65534, 65534)
	C.setresuid(65534, 65534, 65534)
	C.cap_set_proc("=")
	set_no_new_privs()
]]

local path = assert(package.searchpath("processes_eval", package.path))

-- The process and its number, the number of the last request, and the seconds to wait before the next start.
local process, pid, number, pause = nil, nil, 0, 0

local function start()
	time.sleep(pause)
	pause = math.min(2 * pause + 0.1, LONGEST_PAUSE)
	local module <close> = assert(file_descriptor.open(path))
	process = actor.spawn_vm({
		module = "/eval.lua",
		subprocess = {
			newns_mount = true,
			newns_net = true,
			newns_pid = true,
			newns_uts = true,
			stderr = "share",
			init = { script = SANDBOX, arg = module },
		},
	})
	pid = process.child_pid
	print(("process %d has started"):format(pid))
end

local function stop()
	-- It may be killed already.
	pcall(process.kill, process)
	process = nil
end

-- Sends a request to the process, and starts one if there is none.
local function send(request)
	for _ = 1, ATTEMPTS do
		if not process then
			start()
		end
		if pcall(process.send, process, request) then
			return
		end
		stop()
	end
	error({ errno = "EIO" })
end

-- The answer to the last request; nil if the process has ended. It may send anything.
local function receive()
	local ok, answer
	repeat
		ok, answer = pcall(inbox.receive, inbox)
		if ok and type(answer) == "table" and answer.number == number and type(answer.text) == "string" then
			return answer.text
		end
	until not ok
end

local driver = { name = "eval" }
local last = ""

function driver.write(_, text)
	if #text > 255 then
		error({ errno = "EMSGSIZE" })
	end
	number = number + 1
	send({ number = number, text = text, reply = inbox })
	local is_late = false
	local timer = actor.spawn(function()
		time.sleep(PATIENCE)
		is_late = true
		process:kill()
	end)
	local answer = receive()
	timer:interrupt()
	timer:join()
	if not answer then
		print(("process %d has %s"):format(pid, is_late and "taken too long" or "ended"))
		stop()
		error({ errno = is_late and "ETIME" or "EIO" })
	end
	pause = 0
	last = answer .. "\n"
	return #text
end

function driver.read(_, length, offset)
	return last:sub(offset + 1, offset + length)
end

device.new(driver)
