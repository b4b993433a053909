-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The root service: makes, names and ends all others. Its argument is what `start` of `ltask.bootstrap` was given as
-- `root`.

local config = ...
local ltask = require("ltask")
local core, system = require("ltask.core"), require("ltask.system")

local S = {}
local path = config.path
local REQUEST <const>, BUSY <const> = 1, 3

-- Names to numbers; false while a service is being made. The order of names, for the end.
local named, order = {}, {}
-- Tokens of those that wait for a name, by the name.
local waiting = {}
-- How many services without a name there are, those that are being made included.
local anonymous = {}
local anonymous_count = 0
local booted, quitting = false, false

-- Makes a service and returns its number when its code has run. The service may do what the code may that has asked.
local function make(description, creator)
	local id = system.new_service(description.name, creator, description.worker_id)
	if not description.unique then
		anonymous[id] = true
		anonymous_count = anonymous_count + 1
	end
	ltask.syscall(id, "init", {
		initfunc = description.initfunc or config.initfunc,
		name = description.name,
		path = description.path or path,
		args = description.args,
	})
	return id
end

local function unique(description, creator)
	local name = description.name
	while named[name] == false do
		-- Somebody makes it just now.
		local id, err = ltask.multi_wait(named)
		if id == name then
			error(err, 0)
		end
	end
	if named[name] then
		return named[name]
	end
	named[name] = false
	local ok, id = pcall(make, description, creator)
	if not ok then
		named[name] = nil
		ltask.multi_wakeup(named, name, id)
		error(id, 0)
	end
	named[name] = id
	order[#order + 1] = name
	ltask.multi_wakeup(named)
	local list = waiting[name]
	if list then
		waiting[name] = nil
		ltask.multi_wakeup(list, id)
	end
	return id
end

-- What the code may that has sent the request of this session: only until the session blocks. Code of the root itself
-- may what the root may.
local function mandate()
	return ltask.current_session().from and system.mandate()
end

function S.spawn_service(description)
	if description.unique then
		return unique(description, mandate())
	end
	return make(description, mandate())
end

function S.spawn(name, ...)
	return S.spawn_service({ name = name, args = table.pack(...) })
end

function S.uniqueservice(name, ...)
	return S.spawn_service({ name = name, args = table.pack(...), unique = true })
end

function S.queryservice(name)
	if named[name] then
		return named[name]
	end
	local list = waiting[name]
	if not list then
		list = {}
		waiting[name] = list
	end
	return ltask.multi_wait(list)
end

function S.servicepath(new)
	path = new
end

local function name_of(id)
	for name, known in pairs(named) do
		if known == id then
			return name
		end
	end
end

-- How long services have for an answer, in hundredths of a second; and those that compute, in milliseconds.
local ANSWER <const>, LOOK <const> = 50, 200
-- So many of those are asked.
local MOST <const> = 256

-- Gets the tracebacks of services that have not answered because they compute. Their code is asked without their help.
local function trace(found)
	local silent = {}
	for id, entry in pairs(found) do
		if not entry.traceback and #silent < MOST then
			silent[#silent + 1] = id
		end
	end
	if #silent == 0 then
		return
	end
	local texts = table.pack(system.trace(LOOK, table.unpack(silent)))
	for i, id in ipairs(silent) do
		local entry = found[id]
		entry.traceback, entry.computes = texts[i], texts[i] ~= nil
	end
end

-- Asks every service for its traceback. Those that have not answered within `ti` hundredths of a second, and execute no
-- code either, have none.
function S.tracelog(ti)
	local tasks, found = {}, {}
	for _, id in ipairs(system.services()) do
		if id ~= ltask.self() then
			tasks[#tasks + 1] = { ltask.syscall, id, "traceback", id = id }
			found[id] = { name = name_of(id) }
		end
	end
	local left = #tasks
	tasks[#tasks + 1] = { ltask.sleep, ti or ANSWER }
	for task, res in ltask.parallel(tasks) do
		if not task.id then
			break
		end
		found[task.id].traceback, found[task.id].error = res[1], res.error
		left = left - 1
		if left == 0 then
			break
		end
	end
	trace(found)
	return found
end

local external_id, external_name

function S.external_forward(id, name)
	external_id, external_name = id, name or "external"
end

-- Messages from outside, in order, which the service has had no room for yet. The sender is told when they are many.
local held, first_held, last_held = {}, 1, 0
local forwarding = false

-- Passes a message on. Returns false if the service has no room for it, and why else it could not be sent.
local function pass_on(message)
	local sent, receipt = pcall(core.send, external_id, 0, REQUEST, external_name, table.unpack(message, 1, message.n))
	if sent and receipt == BUSY then
		sent, receipt = pcall(ltask.sleep, 1)
		if sent then
			return false
		end
	end
	return true, not sent and receipt
end

local function forward()
	while first_held <= last_held do
		local message = held[first_held]
		local done, err = true, nil
		if external_id then
			done, err = pass_on(message)
		end
		if done then
			held[first_held] = nil
			first_held = first_held + 1
			system.external_done()
		end
		if err then
			ltask.log.error(tostring(err))
		end
	end
	first_held, last_held = 1, 0
end

local function hold(...)
	held[last_held + 1] = table.pack(...)
	last_held = last_held + 1
end

-- Sent by `bootstrap.external_sender`.
function S.external(...)
	local request = ltask.current_session()
	if request.from ~= 0 or request.session ~= 0 then
		error("messages from outside are sent by bootstrap.external_sender", 0)
	end
	local ok, err = pcall(hold, ...)
	if not ok then
		system.external_done()
		error(err, 0)
	end
	if not forwarding then
		forwarding = true
		forward()
		forwarding = false
	end
end

-- Answers are never refused for want of room, so nothing has to be sent again.
function S.send_retry() end

-- A service that does not quit within so many hundredths of a second ends with the system.
local PATIENCE <const> = 100

-- Asks services to quit. Returns the error of one of them; not those that take too long.
local function quit(ids)
	local tasks, err = {}, nil
	for i, id in ipairs(ids) do
		tasks[i] = { ltask.syscall, id, "quit", id = id }
	end
	local left = #tasks
	tasks[left + 1] = { ltask.sleep, PATIENCE }
	for task, res in ltask.parallel(tasks) do
		err, left = err or res.error, left - 1
		if left == 0 or not task.id then
			return err
		end
	end
end

-- Ends all services, the named ones in reverse order, and then the system.
local function end_all()
	if quitting then
		return
	end
	quitting = true
	local ids = {}
	for id in pairs(anonymous) do
		ids[#ids + 1] = id
	end
	if #ids > 0 then
		quit(ids)
	end
	for i = #order, 1, -1 do
		local name = order[i]
		local id = named[name]
		local err = id and quit({ id })
		if err then
			ltask.log.error(("named service %s(%d) quit error: %s."):format(name, id, tostring(err)))
		end
	end
	core.end_system()
end

function S.quit_ltask()
	ltask.fork(end_all)
end

local function quit_when_alone()
	if booted and anonymous_count == 0 then
		ltask.fork(end_all)
	end
end

ltask.signal_handler(function(id)
	if id == 0 then
		-- The script that has started the system is stopped.
		return end_all()
	end
	if anonymous[id] then
		anonymous[id] = nil
		anonymous_count = anonymous_count - 1
	end
	local name = name_of(id)
	if name then
		-- Its name is free again.
		named[name] = nil
		for i, known in ipairs(order) do
			if known == name then
				table.remove(order, i)
				break
			end
		end
	end
	quit_when_alone()
end)

local function fatal(err)
	local text = "Root fatal: " .. tostring(err)
	ltask.log.error(text)
	system.set_exit_code(1, text)
	end_all()
end

local function boot()
	for _, description in ipairs(config.bootstrap or {}) do
		local ok, err = pcall(S.spawn_service, description)
		if not ok then
			return fatal(err)
		end
	end
	if config.main then
		-- The program of the root: it sees the requests as `S`.
		local environment = setmetatable({ S = S, ltask = ltask }, { __index = _G })
		local chunk, err = load(config.main, config.main_name or "=root", "t", environment)
		local ok
		if chunk then
			ok, err = pcall(chunk)
		end
		if not ok then
			return fatal(err)
		end
	end
	booted = true
	quit_when_alone()
end

ltask.fork(boot)
return S
