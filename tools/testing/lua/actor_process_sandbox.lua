-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors: namespaces, init.script and process 1 (sections 10.1, 10.3 and 10.4 of the conformance list).

local check, folder = ...
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local file_descriptor, inbox = require("file_descriptor"), require("inbox")
local same, ok = check.same, check.ok
local start, run, gone = processes.start, processes.run, processes.gone

-- What a link of /proc leads to.
local LINK <const> = [[
	local pipe = io.popen("/bin/busybox readlink " .. ...)
	local text = pipe:read()
	pipe:close()
	return text
]]

-- Namespaces.
local plain = start()
for _, name in ipairs({ "uts", "ipc", "pid", "user", "net", "mount" }) do
	local file = "/proc/self/ns/" .. (name == "mount" and "mnt" or name)
	local exists = run(plain, "local f = io.open(...) if f then f:close() end return f ~= nil", file)
	local options = { ["newns_" .. name] = true }
	if exists then
		local channel = start(options)
		local own, others = run(channel, LINK, file), run(plain, LINK, file)
		ok(("10.1: newns_%s makes a namespace"):format(name), own and own ~= others, own)
		same(("10.1: without it, it is the machine's: %s"):format(name), run(start(), LINK, file), others)
		channel:kill()
	else
		same(
			("10.1: newns_%s where the system has no such namespaces"):format(name),
			processes.failure(processes.bare, options),
			"ENOTSUP"
		)
	end
end
do
	local channel = start({ newns_uts = true, newns_user = true, newns_pid = true, newns_net = true, newns_mount = true })
	same("10.1: together: the number of the process", run(channel, "return require('system') and 1"), 1)
	local code = [[
		local pipe = io.popen("/bin/busybox ip link") local n = 0
		for line in pipe:lines() do if line:find("^%d") then n = n + 1 end end pipe:close() return n
	]]
	same("10.1: there is no network but lo", run(channel, code), 1)
	channel:kill()
end

-- init.script: what it sees and does.
local function with_script(script, options)
	local path = processes.file()
	local all = { stdout = file_descriptor.open(path, "w"), init = { script = script } }
	for key, value in pairs(options or {}) do
		all[key] = value
	end
	all.stderr = all.stdout
	if all.arg then
		all.init.arg, all.arg = all.arg, nil
	end
	local channel = processes.bare(all)
	-- It may have ended.
	pcall(channel.send, channel, inbox)
	return channel, path
end
-- The text that a script prints.
local function prints(script, options)
	local channel, path = with_script(script .. " io.stdout:flush()", options)
	run(channel, "return 1")
	local text = processes.text_of(path)
	channel:kill()
	return text
end
-- The text that a script prints which ends the process.
local function dies(name, script, options)
	local channel, path = with_script(script, options)
	ok(name .. ": the process ends", gone(channel.child_pid))
	return processes.text_of(path)
end

do
	local text = prints("print(type(string), type(io), type(os), type(utf8))")
	same("10.3: the standard libraries", text, "table\ttable\ttable\ttable\n")
end
same("10.3: errexit is true", prints("print(errexit)"), "true\n")
same("10.3: arg is absent", prints("print(arg)"), "nil\n")
same("10.3: mode", prints("print(mode(7, 5, 0))"), ("%d\n"):format(tonumber("750", 8)))
do
	local descriptor = file_descriptor.open(processes.file("for the script"))
	local READS <const> = "text = C.read(arg, 100) print(math.type(arg), text) io.stdout:flush()"
	local channel, path = with_script(READS, { arg = descriptor })
	same("10.3: it leaves nothing behind", run(channel, "return text"), nil)
	same("10.3: arg is a descriptor", processes.text_of(path), "integer\tfor the script\n")
	ok("10.3: the sender still has it", file_descriptor.is_open(descriptor))
	local CLOSED <const> = [[
		for n = 4, 100 do
			local file = io.open("/proc/self/fdinfo/" .. n)
			if file then file:close() return n end
		end
		return "none"
	]]
	same("10.3: descriptors from 4 on are closed", run(channel, CLOSED), "none")
	channel:kill()
	channel = with_script("C.open('/proc/self/stat', C.O_RDONLY) C.open('/', C.O_RDONLY)", { arg = descriptor })
	same("10.3: also those that it has opened", run(channel, CLOSED), "none")
	channel:kill()
end
do
	local text = dies("10.3: a call that fails", "C.chdir('/not/there') print('after')")
	ok("10.3: prints its error", text:find("chdir", 1, true) and not text:find("after", 1, true), text)
	same(
		"10.3: with errexit=false it returns the error number",
		prints("errexit = false print(select(2, C.chdir('/not/there')))"),
		"2\n"
	)
	text = dies("10.3: an error", "error('wrong')")
	ok("10.3: prints its text", text:find("wrong", 1, true), text)
	text = dies("10.3: a syntax error", "x = = 1")
	ok("10.3: prints where", text:find("unexpected symbol", 1, true), text)
	dies("10.3: more than 1 MiB of memory", "t = {} for i = 1, 1e6 do t[i] = i .. ('x'):rep(100) end")
	dies("10.3: execve", "C.execve('/bin/busybox', { 'true' }, {})")
end

-- Effects that the actor has.
do
	local channel = with_script("C.sethostname('in a box')", { newns_uts = true })
	same("10.3: sethostname", run(channel, "local f = io.open('/proc/sys/kernel/hostname') return f:read()"), "in a box")
	channel:kill()
	local HOSTNAME <const> = "local f = io.open('/proc/sys/kernel/hostname') return f:read() ~= 'in a box'"
	same("10.3: in the namespace alone", run(plain, HOSTNAME), true)
	channel = with_script([[
		set_no_new_privs()
		C.setgroups({})
		C.setresgid(65534, 65534, 65534)
		C.setresuid(65534, 65534, 65534)
	]])
	local STATUS <const> = [[
		for line in io.lines("/proc/self/status") do
			local value = line:match("^" .. ... .. ":%s*(.*)$")
			if value then return value end
		end
	]]
	same("10.3: setresuid", run(channel, STATUS, "Uid"), "65534\t65534\t65534\t65534")
	same("10.3: setresgid", run(channel, STATUS, "Gid"), "65534\t65534\t65534\t65534")
	same("10.3: no capabilities are left", run(channel, STATUS, "CapEff"), "0000000000000000")
	same("10.3: set_no_new_privs", run(channel, STATUS, "NoNewPrivs"), "1")
	same("10.3: nobody's process still sends", run(channel, "return 1"), 1)
	ok("10.3: it cannot open the device", run(channel, "return io.open('/dev/lunatik') == nil"))
	channel:kill()
	channel = with_script([[
		C.mount("none", "/", nil, C.MS_REC | C.MS_PRIVATE, nil)
		C.mount("tmpfs", "/tmp", "tmpfs", 0, nil)
		C.mkdir("/tmp/root", mode(7, 5, 5))
		C.mount("tmpfs", "/tmp/root", "tmpfs", 0, nil)
		C.mkdir("/tmp/root/old", mode(7, 0, 0))
		local module = io.open("]] .. folder .. [[/lua/process/puppet.lua"):read("a")
		local file = io.open("/tmp/root/puppet.lua", "w")
		file:write(module)
		file:close()
		C.pivot_root("/tmp/root", "/tmp/root/old")
		C.chdir("/")
		C.umount2("/old", C.MNT_DETACH)
		C.mount(nil, "/", nil, C.MS_REMOUNT | C.MS_RDONLY | C.MS_BIND, nil)
	]], { newns_mount = true })
	channel:kill()
	local boxed = require("actor").spawn_vm({
		module = "/puppet.lua",
		subprocess = {
			newns_mount = true,
			stderr = "share",
			init = {
				script = ([[
					C.mount("none", "/", nil, C.MS_REC | C.MS_PRIVATE, nil)
					C.mount("tmpfs", "/tmp", "tmpfs", 0, nil)
					local module = io.open("%s/lua/process/puppet.lua"):read("a")
					local file = io.open("/tmp/puppet.lua", "w")
					file:write(module)
					file:close()
					C.mount(nil, "/tmp", nil, C.MS_REMOUNT | C.MS_RDONLY, nil)
					C.chroot("/tmp")
					C.chdir("/")
				]]):format(folder),
			},
		},
	})
	boxed:send(inbox)
	same("10.3: a module in a file system of its own", run(boxed, "return 1"), 1)
	same("10.3: nothing else is there", run(boxed, "return io.open('/bin/busybox') == nil"), true)
	same("10.3: and it is read-only", run(boxed, "return select(3, io.open('/new', 'w'))"), 30)
	boxed:kill()
end

-- Process 1.
do
	local PID <const> = "return tonumber((io.open('/proc/self/stat'):read('a'):match('^%d+')))"
	local PROC <const> = "C.mount('none', '/', nil, C.MS_REC | C.MS_PRIVATE, nil) C.mount('proc', '/proc', 'proc', 0, nil)"
	local options = { newns_pid = true, newns_mount = true }
	local channel = with_script(PROC, options)
	same("10.4: process 1 forks, and its child is the actor", run(channel, PID), 2)
	-- A process that loses its parent is reaped by process 1.
	local ORPHANS <const> = [[
		local pipe = io.popen("/bin/busybox sh -c '(/bin/busybox true &) ; (/bin/busybox true &)'")
		pipe:read("a") pipe:close()
		for try = 1, 1000 do
			local zombies, all = 0, 0
			for n = 1, 40 do
				local f = io.open("/proc/" .. n .. "/stat")
				local line = f and f:read("a")
				if f then f:close() end
				if line then all = all + 1 if line:match("%) (%a)") == "Z" then zombies = zombies + 1 end end
			end
			if all == 2 and zombies == 0 then return "reaped" end
			require("time").sleep(0.005)
		end
		return "not reaped"
	]]
	same("10.4: it reaps zombies", run(channel, ORPHANS), "reaped")
	local pid = channel.child_pid
	channel:kill(15)
	ok("10.4: SIGTERM is forwarded, and it ends with its child", gone(pid))
	same("10.4: which its peer sees", processes.send_failure(channel), "system 32")
	for _, signal in ipairs({ 10, 12, 1, 2 }) do
		channel = start(options)
		pid = channel.child_pid
		channel:kill(signal)
		ok(("10.4: signal %d is forwarded"):format(signal), gone(pid))
	end
	channel = with_script(PROC, options)
	pid = channel.child_pid
	run(channel, "os.execute('/bin/busybox sleep 3600 &') return 1")
	channel:send({ code = "os.exit(0)" })
	ok("10.4: the end of the actor is the end of process 1", gone(pid))
	channel = start(options)
	pid = channel.child_pid
	channel:kill()
	ok("10.4: SIGKILL ends all", gone(pid))
end
plain:kill()
