-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The option `subprocess` of `spawn_vm`. The chunk gets what the parts share, and returns a function that gets the
-- module and the options, makes an actor in a process of its own, and returns a channel to it.

local runtime = ...
local core, errors = runtime.core, runtime.errors
local process = runtime.load_process()
local children = process.children
local is_descriptor = package.preload.file_descriptor().is_open
local error, find, next, pairs, type = error, string.find, next, pairs, type

-- As in clone(2).
local NAMESPACES <const> = {
	newns_mount = 0x00020000,
	newns_uts = 0x04000000,
	newns_ipc = 0x08000000,
	newns_user = 0x10000000,
	newns_pid = 0x20000000,
	newns_net = 0x40000000,
}

local STREAMS <const> = { "stdin", "stdout", "stderr" }

-- Errors of this function; those of the system are of its category.
local OWN <const> = {
	[1] = "EPERM",
	[10] = "ECHILD",
	[11] = "EAGAIN",
	[12] = "ENOMEM",
	[90] = "EMSGSIZE",
	[95] = "ENOTSUP",
	[110] = "ETIMEDOUT",
}

local function refuse(field, name)
	error(errors.errno(name or "EINVAL", { arg = "subprocess/" .. field }))
end

local function namespaces(options)
	local bits = 0
	for name, bit in pairs(NAMESPACES) do
		local wanted = options[name]
		if wanted ~= nil and type(wanted) ~= "boolean" then
			refuse(name)
		elseif wanted then
			bits = bits | bit
		end
	end
	return bits
end

local function environment(options)
	local given = options.environment
	if given == nil then
		return {}
	elseif type(given) ~= "table" then
		refuse("environment")
	end
	local copy = {}
	for name, value in next, given do
		if type(name) ~= "string" or type(value) ~= "string" then
			refuse("environment")
		elseif name == "" or find(name, "[=\0]") or find(value, "\0", 1, true) then
			refuse("environment")
		end
		copy[name] = value
	end
	return copy
end

-- A descriptor, or nil.
local function descriptor(value, field)
	local open = is_descriptor(value)
	if open then
		return value
	end
	refuse(field, open == false and "EBUSY" or "EINVAL")
end

-- A standard stream: nil, a descriptor, or "log".
local function stream(options, number)
	local field = STREAMS[number]
	local value = options[field]
	if value == nil then
		return nil
	elseif value == "share" then
		return process.stream(number - 1) or "log"
	end
	return descriptor(value, field)
end

-- The script that sets the sandbox up, and its argument.
local function init(options)
	local given = options.init
	if given == nil then
		return nil, nil
	elseif type(given) ~= "table" then
		refuse("init")
	elseif type(given.script) ~= "string" then
		refuse("init/script")
	end
	return given.script, given.arg ~= nil and descriptor(given.arg, "init/arg") or nil
end

local function fail(number)
	error(OWN[number] and errors.errno(OWN[number]) or errors.system(number))
end

return function(module, options)
	local wanted = options.subprocess
	local bits, variables = namespaces(wanted), environment(wanted)
	local input, output, errput = stream(wanted, 1), stream(wanted, 2), stream(wanted, 3)
	local script, argument = init(wanted)
	local directory, entry = core.system().places()
	local single = options.concurrency_hint == 1
	local channel, number =
		process.start(module, directory, entry, bits, input, output, errput, script, argument, single, variables)
	if not channel then
		fail(number)
	end
	local pid, failure = process.wait(number)
	if not pid then
		fail(failure)
	end
	children[channel] = { number = number, pid = pid }
	return channel
end
