-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The functions of `ltask` for many tasks and requests at a time, for debuggers, and those with older names. The chunk
-- gets the service and the module.

local service, ltask = ...
local core, sessions = service.core, service.sessions
local answers, refused = sessions.answers, sessions.refused
local error, ipairs, pairs, pcall, select, setmetatable = error, ipairs, pairs, pcall, select, setmetatable
local pack, unpack = table.pack, table.unpack

local REQUEST <const>, RESPONSE <const> = 1, 2
local DONE <const> = 1

local tools = core.part("rare")(service, ltask)

-- Several that wait for one token ----------------------------------------------------------------------

-- Lists of tokens of their own, by the token of the script.
local lists = {}

function tools.multi_wait(token)
	local list = lists[token]
	if not list then
		list = {}
		lists[token] = list
	end
	local own = {}
	list[#list + 1] = own
	return ltask.wait(own)
end

local function release(token, by, ...)
	local list = lists[token]
	if not list then
		return
	end
	lists[token] = nil
	for _, own in ipairs(list) do
		by(own, ...)
	end
	return true
end

function tools.multi_wakeup(token, ...)
	return release(token, ltask.wakeup, ...)
end

function tools.multi_interrupt(token, err)
	return release(token, ltask.interrupt, err)
end

-- Parallel tasks -----------------------------------------------------------------------------------------

local function rethrow(res)
	error(res.error, 0)
end

-- Runs all tasks, and returns an iterator over each task and what came of it, in the order in which they end.
function tools.parallel(tasks)
	local total, given = #tasks, 0
	local done, first, last = {}, 1, 0
	local token
	local function finish(task, ok, ...)
		local res
		if ok then
			res = pack(...)
		else
			res = { error = service.errors().new((...)), rethrow = rethrow }
		end
		last = last + 1
		done[last] = { task, res }
		if token then
			local waiting = token
			token = nil
			ltask.wakeup(waiting)
		end
	end
	for _, task in ipairs(tasks) do
		ltask.fork(function()
			return finish(task, pcall(unpack(task, 1, task.n or #task)))
		end)
	end
	return function()
		if given == total then
			return nil
		end
		if first > last then
			token = {}
			ltask.wait(token)
		end
		local entry = done[first]
		done[first] = nil
		first, given = first + 1, given + 1
		return entry[1], entry[2]
	end
end

-- Requests whose answers are awaited later --------------------------------------------------------------

local Async = {}
Async.__index = Async

-- Notes an answer, and has the session that waits go on with the last one.
local function arrived(async, kind, ...)
	if kind ~= RESPONSE then
		async.failure = service.errors().received((...))
	end
	async.open = async.open - 1
	if async.open == 0 and async.token then
		local token = async.token
		async.token = nil
		ltask.wakeup(token)
	end
end

function Async:request(address, ...)
	local number = sessions.new_number()
	-- Nobody blocks for it, so no session is named.
	local receipt = core.request(nil, address, number, REQUEST, ...)
	if receipt ~= DONE then
		refused(address, receipt, 2)
	end
	self.open = self.open + 1
	answers[number] = function(kind, _, ...)
		arrived(self, kind, ...)
	end
end

function Async:wait()
	if self.open > 0 then
		self.token = {}
		ltask.wait(self.token)
	end
	local failure = self.failure
	if failure then
		self.failure = nil
		error(failure, 0)
	end
end

function tools.async()
	return setmetatable({ open = 0 }, Async)
end

-- What is known of sessions ------------------------------------------------------------------------------

function tools.thread_info(co)
	local info = {}
	local at = 1
	while true do
		local name, value = debug.getlocal(co, 1, at)
		if not name then
			break
		end
		info[name] = value
		at = at + 1
	end
	local frame = debug.getinfo(co, 1, "n")
	info[".name"] = frame and frame.name
	return info
end

function tools.backtrace()
	return debug.traceback("", 2):sub(2, 4097)
end

-- Older names ---------------------------------------------------------------------------------------------

function tools.walltime()
	return select(2, ltask.now())
end

tools.rasie_error = tools.raise_error

local Request = {}
Request.__index = Request

function Request:add(request)
	self[#self + 1] = request
	return self
end

Request.__call = Request.add

local function ask(request)
	local by = request.proto == "system" and ltask.syscall or ltask.call
	return by(unpack(request, 1, request.n or #request))
end

-- Asks all, and iterates over the requests and the lists of their results.
function Request:select(timeout)
	local tasks = {}
	for i, request in ipairs(self) do
		tasks[i] = { ask, request, request = request }
	end
	if timeout then
		tasks[#tasks + 1] = { ltask.sleep, timeout }
	end
	local each, left = tools.parallel(tasks), #self
	return function()
		if left == 0 or self.timeout then
			return nil
		end
		local task, res = each()
		local request = task.request
		if not request then
			self.timeout = true
			return nil
		end
		left = left - 1
		if res.error then
			request.error = res.error
			return request, nil
		end
		return request, res
	end
end

function tools.request(first)
	return setmetatable({ first }, Request)
end

-- What has no equivalent in the kernel.
for _, name in pairs({ "run", "enter", "leave", "yield" }) do
	name = "mainthread_" .. name
	tools[name] = function()
		error(("ltask.%s is not supported: the kernel has" .. " no main thread"):format(name), 2)
	end
end

return tools
