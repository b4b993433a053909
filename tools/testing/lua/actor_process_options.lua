-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors: the table `subprocess` (sections 2.1 and 10.1 of the conformance list), and how the process is
-- started (10.2).

local check, folder = ...
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local actor, file_descriptor, inbox = require("actor"), require("file_descriptor"), require("inbox")
local spawn_vm = actor.spawn_vm
local same, ok = check.same, check.ok
local start, run, failure, soon = processes.start, processes.run, processes.failure, processes.soon

local function refused(options, module)
	return failure(spawn_vm, { module = module or "x", subprocess = options })
end
local function closed_descriptor()
	local descriptor = file_descriptor.open("/dev/null", "r+")
	descriptor:close()
	return descriptor
end

-- 2.1.
for _, name in ipairs({ "inherit_context", "new_master" }) do
	for _, value in ipairs({ true, false }) do
		local options = { module = "x", subprocess = {}, [name] = value }
		same(("2.1: subprocess with %s=%s"):format(name, value), failure(spawn_vm, options), "EINVAL arg=1")
	end
	local channel = spawn_vm({ module = folder .. "/lua/process/puppet.lua", subprocess = {}, [name] = 1 })
	same(("2.1: a %s that is no boolean is ignored"):format(name), getmetatable(channel), "ipc_actor_channel")
	channel:kill()
end
for _, value in ipairs({ true, 1, "x", false }) do
	local options = { module = "/actors/code", subprocess = value }
	local channel = spawn_vm(options)
	same("2.1: a subprocess that is no table is ignored: " .. tostring(value), getmetatable(channel), "tx-channel")
end
same("2.1: the module is a string", failure(spawn_vm, { module = 1, subprocess = {} }), "EINVAL arg=module")
do
	local channel = spawn_vm({ subprocess = {} })
	same("2.1: without a module, the child fails", processes.send_failure(channel), "system 32")
	channel = spawn_vm({ module = "/not/there", subprocess = {} })
	same("2.1: a module that is not there fails in the child", processes.send_failure(channel), "system 32")
	channel = spawn_vm({ module = folder .. "/lua/process/puppet.lua", concurrency_hint = 1, subprocess = {} })
	ok("2.1: concurrency_hint=1", processes.lives(channel.child_pid))
	channel:kill()
end

-- 10.1: types.
for _, name in ipairs({ "uts", "ipc", "pid", "user", "net", "mount" }) do
	local field = "newns_" .. name
	for _, value in ipairs({ 1, "true", {} }) do
		local name_of_check = ("10.1: %s as a %s"):format(field, type(value))
		same(name_of_check, refused({ [field] = value }), "EINVAL arg=subprocess/" .. field)
	end
end
for what, value in pairs({
	["a string"] = "X=1",
	["a number"] = 1,
	["a list"] = { "X=1" },
	["a number in it"] = { X = 1 },
	["a boolean in it"] = { X = true },
	["a name with ="] = { ["X=Y"] = "" },
	["an empty name"] = { [""] = "" },
	["a zero byte"] = { X = "a\0b" },
}) do
	same("10.1: as environment " .. what, refused({ environment = value }), "EINVAL arg=subprocess/environment")
end
for _, name in ipairs({ "stdin", "stdout", "stderr" }) do
	local field = "subprocess/" .. name
	for _, value in ipairs({ "other", "", 1, true, {} }) do
		local name_of_check = ("10.1: %s as the %s %s"):format(name, type(value), type(value) == "table" and "" or value)
		same(name_of_check, refused({ [name] = value }), "EINVAL arg=" .. field)
	end
	same("10.1: a closed descriptor as " .. name, refused({ [name] = closed_descriptor() }), "EBUSY arg=" .. field)
	same("10.1: a channel as " .. name, refused({ [name] = processes.user() }), "EINVAL arg=" .. field)
end
same("10.1: init is a table", refused({ init = "x" }), "EINVAL arg=subprocess/init")
same("10.1: init has a script", refused({ init = {} }), "EINVAL arg=subprocess/init/script")
same("10.1: which is a string", refused({ init = { script = 1 } }), "EINVAL arg=subprocess/init/script")
same("10.1: arg is a descriptor", refused({ init = { script = "", arg = 3 } }), "EINVAL arg=subprocess/init/arg")
same("10.1: that is open", refused({ init = { script = "", arg = closed_descriptor() } }), "EBUSY arg=subprocess/init/arg")
same("10.1: nothing is left of what was refused", refused({ stdin = "other" }), "EINVAL arg=subprocess/stdin")

-- 10.1: the environment.
local ENVIRONMENT <const> = [[
	local names, pipe = {}, io.popen("/bin/busybox env")
	for line in pipe:lines() do
		local name = line:match("^([^=]*)=")
		-- The shell makes some itself.
		if os.getenv(name) then names[#names + 1] = line end
	end
	pipe:close()
	table.sort(names)
	return table.concat(names, " ")
]]
do
	local channel = start()
	same("10.1: without environment, it is empty", run(channel, ENVIRONMENT), "")
	same("10.1: there is no PATH", run(channel, "return os.getenv('PATH')"), nil)
	channel:kill()
	channel = start({ environment = {} })
	same("10.1: an empty environment is empty", run(channel, ENVIRONMENT), "")
	channel:kill()
	channel = start({ environment = { X = "1", Y = "a=b", EMPTY = "", PATH = "/bin" } })
	same("10.1: the environment is exactly the one asked for", run(channel, ENVIRONMENT), "EMPTY= PATH=/bin X=1 Y=a=b")
	channel:kill()
end

-- 10.1: the streams.
do
	local channel = start()
	same("10.1: standard input that is nil is at its end", run(channel, "return io.read(1)"), nil)
	for _, name in ipairs({ "stdout" }) do
		local code = ("local f = io.%s f:setvbuf('no') return select(3, f:write('x'))"):format(name)
		same(("10.1: writing to %s that is nil is a broken pipe"):format(name), run(channel, code), 32)
	end
	channel:kill()
	channel = spawn_vm({ module = folder .. "/lua/process/puppet.lua", subprocess = {} })
	channel:send(inbox)
	local code = "return select(3, io.stderr:write('x'))"
	same("10.1: writing to stderr that is nil is a broken pipe", run(channel, code), 32)
	channel:kill()

	local path, input = processes.file(), processes.file("a line\nmore")
	local output = file_descriptor.open(path, "w")
	channel = start({ stdin = file_descriptor.open(input), stdout = output, stderr = output })
	same("10.1: standard input is a file", run(channel, "return io.read()"), "a line")
	run(channel, "io.write('out ') io.stdout:flush() io.stderr:write('err') return true")
	same("10.1: output and error are a file", processes.text_of(path), "out err")
	ok("10.1: the script still has it", file_descriptor.is_open(output))
	local OPEN <const> = [[
		local numbers = {}
		for number = 0, 1023 do
			local file = io.open("/proc/self/fdinfo/" .. number)
			if file then file:close() numbers[#numbers + 1] = number end
		end
		return table.concat(numbers, " ")
	]]
	same("10.2: it has no other descriptors", run(channel, OPEN), "0 1 2 3")
	local FLAGS <const> = [[
		for line in io.lines("/proc/self/fdinfo/3") do
			local flags = line:match("^flags:%s*(%d+)")
			if flags then return tonumber(flags, 8) & tonumber("2000000", 8) ~= 0 end
		end
	]]
	same("10.2: descriptor 3 is closed by execve", run(channel, FLAGS), true)
	channel:kill()
end

-- 10.2.
do
	local STATUS <const> = [[
		local name = ...
		for line in io.lines("/proc/self/status") do
			local value = line:match("^" .. name .. ":%s*(.*)$")
			if value then return value end
		end
	]]
	local channel = start()
	same("10.2: no signal is blocked", run(channel, STATUS, "SigBlk"), "0000000000000000")
	same("10.2: none but SIGPIPE is ignored", run(channel, STATUS, "SigIgn"), "0000000000001000")
	local FOLDER <const> = "local pipe = io.popen('/bin/busybox pwd') local text = pipe:read() pipe:close() return text"
	same("10.2: the current folder is the root", run(channel, FOLDER), "/")
	local NAME <const> = "local f = io.open('/proc/self/comm') local t = f:read() f:close() return t"
	same("it is shown under the name of its module", run(channel, NAME), "puppet")
	same("10.2: it is the master of its process", run(channel, "return require('actor').is_master()"), true)
	channel:kill()
	local long = ("x"):rep(10000)
	same("10.2: module and environment fit", failure(function()
		spawn_vm({ module = "/none", subprocess = { environment = { X = long } } }):kill()
	end), nil)
	same("10.2: and are too large together", refused({ environment = { X = long } }, ("m"):rep(500)), "EMSGSIZE")
	same("10.2: a script of the sandbox is too large", refused({ init = { script = ("-"):rep(300 << 10) } }), "EMSGSIZE")

	-- It waits neither for the script of the sandbox nor for the module.
	local path = "'/not/there'"
	local channel2 = start({
		init = { script = "errexit = false while true do local _, e = C.open(" .. path .. ", C.O_RDONLY) end" },
	})
	ok("10.2: spawn_vm does not wait for init.script", processes.lives(channel2.child_pid))
	channel2:kill()

	local fails = processes.bare({ init = { script = "error('in the sandbox')" } })
	same("10.2: a failure of init.script shows when something is sent", processes.send_failure(fails), "system 32")
end

-- The many.
do
	local all = {}
	local good, err = pcall(function()
		for i = 1, 65 do
			all[i] = processes.bare({ stderr = false or nil }, "/none")
			all[i]:kill(19)
		end
	end)
	same("10: an actor supervises at most 64 processes", not good and processes.name_of(err), "EAGAIN")
	same("10: that is 64", #all, 64)
	for _, channel in ipairs(all) do
		channel:kill()
	end
	ok("10: when they have ended, there is room", soon(function()
		return not failure(function()
			processes.bare({}, "/none"):kill()
		end)
	end))
end
