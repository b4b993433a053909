-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `ltask.bootstrap`: starts a system of services below the script that requires it.

local system, functions = require("ltask.system"), require("ltask.functions")
local send_external = system.send_external
local error, ipairs, math_type, pairs, tostring, type = error, ipairs, math.type, pairs, tostring, type
local insert = table.insert

local ROOT <const> = 1

local bootstrap = {
	pack = functions.pack,
	unpack = functions.unpack,
	unpack_remove = functions.unpack_remove,
	remove = functions.remove,
}

-- The integers of the table `core`, and their defaults: 0 stands for what the machine has.
local numbers = { worker = 0, queue = 4096, queue_sending = 4096, max_service = 65536, external_queue = 0 }

local function read_core(given)
	if given ~= nil and type(given) ~= "table" then
		error("bad argument #1 to 'start' (.core should be a table)", 3)
	end
	given = given or {}
	local config = {}
	for name, default in pairs(numbers) do
		local value = given[name]
		if value == nil then
			value = default
		elseif math_type(value) ~= "integer" then
			error((".%s should be an integer"):format(name), 3)
		end
		config[name] = value
	end
	return given, config
end

local function has(list, name)
	for _, description in ipairs(list) do
		if description.name == name then
			return true
		end
	end
	return false
end

-- Starts a system, and returns what `wait` waits for. Every key of the configuration has a default.
function bootstrap.start(config)
	config = config or {}
	local given, numbers_of = read_core(config.core)
	local root = {}
	for key, value in pairs(config.root or {}) do
		root[key] = value
	end
	local list = {}
	for i, description in ipairs(root.bootstrap or {}) do
		list[i] = description
	end
	if not has(list, "logger") then
		insert(list, 1, { name = "logger", unique = true })
	end
	root.bootstrap = list
	local context = system.start(numbers_of, {
		initfunc = config.root_initfunc,
		name = "root",
		args = { root },
	})
	-- What holds is written back.
	for name in pairs(numbers) do
		given[name] = numbers_of[name]
	end
	return context
end

-- Waits for the end of a system. Raises an error if it has failed.
function bootstrap.wait(context)
	local code, message = system.wait(context)
	if code ~= 0 then
		error(message or ("the services have ended with code %d"):format(code), 0)
	end
	return code
end

-- Makes error objects as services have them. Loaded when it is first needed.
local errors

-- The results of a call, or its error at that level.
local function result(level, ok, ...)
	if ok then
		return ...
	end
	local err = ...
	if type(err) == "table" then
		errors = errors or require("ltask.core").part("errors")(0)
		err = errors.received(err)
	end
	error(err, level)
end

-- Calls a service from the script that has started the system, by its number or the name of a unique service. Waits for
-- the answer; where the script executes a callback of a device, in the process that has called.
function bootstrap.call(context, service, ...)
	if type(service) == "string" then
		service = result(3, system.call(context, ROOT, "queryservice", service))
	end
	return result(2, system.call(context, service, ...))
end

-- Returns an address of a service, given as for `call`, whose method `send` sends it requests that are not answered. It
-- can be sent to other scripts and used in hooks.
function bootstrap.sender(context, service)
	if type(service) == "string" then
		service = result(3, system.call(context, ROOT, "queryservice", service))
	end
	return system.sender(context, service)
end

-- Returns a function that sends its arguments to the service that has asked the root for what comes from outside. It
-- never waits: it returns false if too many messages are on their way.
function bootstrap.external_sender(context)
	if system.external_queue(context) == 0 then
		error("No external message queue", 2)
	end
	return function(...)
		return send_external(context, ...)
	end
end

function bootstrap.mainthread_wait()
	error("ltask.mainthread_wait is not supported: the kernel has no main thread", 2)
end

-- The parts of a start elsewhere, and what they would do here.
for name, reason in pairs({
	init = "start makes the services' system",
	init_timer = "every system has timers",
	init_socket = "events need no sockets",
	new_service = "the root makes services: bootstrap.call(context, 1, 'spawn', name, ...)",
	init_root = "start makes the root",
	post_message = "bootstrap.call and bootstrap.external_sender send messages to services",
	run = "services run from start on",
	deinit = "the end of the system gives everything back",
	pushlog = "the script that has started the system prints",
	log_sender = "services log by ltask.log",
}) do
	bootstrap[name] = function()
		error(("ltask.bootstrap.%s is not supported: %s"):format(name, reason), 2)
	end
end

-- Programs that were written for services in one binary find the parts by these. The parts are built in, so they are
-- given names instead of paths.
function bootstrap.searchpath(name)
	return name == "bootstrap" and "ltask.bootstrap" or nil
end

function bootstrap.dofile(path)
	if path == "ltask.bootstrap" then
		return bootstrap
	end
	return nil, ("no file '%s'"):format(tostring(path))
end

return bootstrap
