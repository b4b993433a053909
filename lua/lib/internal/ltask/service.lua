-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The main program of a service: takes messages one by one, and runs the sessions. The chunk gets the native core.

local core = ...
-- What is loaded here stays, so a collection would find nothing.
collectgarbage("stop")
local part = core.part
local sessions = part("sessions")(core)
local recv = core.recv
local serve, start, run, drain = sessions.serve, sessions.start, sessions.run, sessions.drain
local answers, alarms = sessions.answers, sessions.alarms
local assert, error, load, pairs, require, tostring, type = assert, error, load, pairs, require, tostring, type
local unpack = table.unpack

local SYSTEM <const>, REQUEST <const>, RESPONSE <const>, ERROR <const> = 0, 1, 2, 3
local SIGNAL <const>, IDLE <const>, TIMER <const> = 4, 5, 6

-- State that the module `ltask` shares.
local service = { core = core, sessions = sessions, require = require }
-- The handlers of requests; nil before there are any.
local handlers
local on_signal, on_idle
-- Whether the idle handler runs; then it is not begun again.
local idling = false
local ready, ends = false, false
-- Why the code of the service did not begin.
local failure

-- Parts that few services need are loaded when they are first used.
local errors
local function load_errors()
	errors = errors or part("errors")(core.id())
	return errors
end
service.errors, sessions.errors = load_errors, load_errors

-- Adds handlers, and returns the table of all.
function service.dispatch(more)
	if more then
		handlers = handlers or {}
		for name, handler in pairs(more) do
			if type(handler) == "function" then
				assert(handlers[name] == nil)
				handlers[name] = handler
			end
		end
	end
	return handlers
end

function service.on_signal(fn)
	on_signal = fn
end

function service.on_idle(fn)
	on_idle = fn
end

function service.set_idling(value)
	idling = value
end

-- Ends the service when what is ready has run.
function service.quit()
	sessions.new_fork(function()
		core.answer_all("Service has been quit.")
		ends = true
	end)
end

local ltask = part("api")(service)
package.loaded.ltask = ltask
-- The session that runs the code of the service.
local initial
sessions.set_hooks(function(object)
	ltask.log.error(tostring(object))
end, function(session, object)
	-- A service that has not begun is none.
	if session == initial and not ready then
		failure, ends = object, true
	end
end)

-- Narrows what the service may do: this session, and all that begin from now on. Sessions are coroutines, which would
-- otherwise pledge for themselves alone.
local function pledge(...)
	sessions.drop_idle()
	return core.pledge(sessions.current(), ...)
end

-- The table of system requests --------------------------------------------------------------------------

local system = {}

-- Runs the code of the service: `init` has its loader's source, its name, a path and its arguments.
function system.init(init)
	initial = sessions.current()
	core.print, _G.print = print, ltask.log.info
	_G.pledge = pledge
	ltask.log.info("startup", core.id())
	local loader = init.initfunc and assert(load(init.initfunc, "=initfunc")) or part("loader")
	local chunk, err = loader(init.name, init.path)
	if not chunk then
		error(err, 0)
	end
	local require_yielding
	_G.require = function(name)
		local value = package.loaded[name]
		if value ~= nil then
			return value
		end
		require_yielding = require_yielding or part("require")(ltask, require)
		return require_yielding(name)
	end
	local args = init.args or { n = 0 }
	local returned = chunk(unpack(args, 1, args.n or #args))
	ready = true
	if type(returned) == "table" then
		service.dispatch(returned)
	elseif not handlers then
		service.quit()
	end
end

function system.quit()
	local quit = handlers and handlers.quit
	if quit then
		return quit()
	end
	service.quit()
end

function system.memory()
	return collectgarbage("count") * 1024
end

function system.traceback()
	return part("traceback")(sessions)
end

-- Messages -----------------------------------------------------------------------------------------------

local function unknown(kind, name)
	return function()
		error(("Unknown %s message : %s"):format(kind, tostring(name)), 0)
	end
end

local function not_ready()
	error(("Service %d is not ready."):format(core.id()), 0)
end

local function handler(name)
	if not ready then
		return not_ready
	end
	return handlers and handlers[name] or unknown("request", name)
end

-- An answer, or what has come for a wait that is over.
local function answered(kind, from, number, ...)
	local waits = answers[number]
	answers[number] = nil
	if type(waits) == "thread" then
		return run(waits, kind, ...)
	elseif waits then
		return waits(kind, number, ...)
	elseif waits == nil then
		-- In two strings, because virtual machines cannot share code with a longer one in it.
		local text = "Unknown response session : %d" .. " from %d type %d"
		ltask.log.info(text:format(number, from, kind))
	end
end

-- A wait that nobody wants any more is noted as false.
local function rang(number)
	local waits = alarms[number]
	alarms[number] = nil
	if type(waits) == "thread" then
		return run(waits, RESPONSE)
	end
	return waits and start(waits)
end

-- Of requests, `name` is the first value.
local function take(from, number, kind, receipt, name, ...)
	if kind == REQUEST then
		return serve(from, number, receipt, handler(name), ...)
	elseif kind == RESPONSE or kind == ERROR then
		return answered(kind, from, number, name, ...)
	elseif kind == TIMER then
		return rang(number)
	elseif kind == SYSTEM then
		return serve(from, number, receipt, system[name] or unknown("system", name), ...)
	elseif kind == SIGNAL then
		return on_signal and start(on_signal, from, number)
	elseif kind == IDLE then
		return on_idle and start(on_idle, from, number)
	end
end

collectgarbage("restart")
if core.id() == 1 then
	core.end_system = service.quit
end
while not ends do
	take(recv(on_idle and not idling))
	drain()
end
if failure and core.id() == 1 then
	-- Nobody else hears of it.
	error(tostring(failure), 0)
end
ltask.log.info("quit.")
