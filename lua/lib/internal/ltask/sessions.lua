-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The sessions of a service: coroutines that serve requests, and what they wait for. The chunk gets the native core,
-- and returns the functions that the other parts share.
--
-- A session is a coroutine of this service's virtual machine. One that has served its request waits in `idle` for the
-- next one. A session that blocks yields to the main loop, or is suspended with the coroutines of the script inside it.
-- Whoever ends its wait says so in one of three tables: `answers` by session number, `alarms` by timer number,
-- `waiters` by token. The main program sets `errors`, a function that returns the part of this name.

local core = ...
local close, create, resume, status = coroutine.close, coroutine.create, coroutine.resume, coroutine.status
local running, yield = coroutine.running, coroutine.yield
local unpack = table.unpack
local error, pcall, select, setmetatable, type = error, pcall, select, setmetatable, type
local request, can_block, suspend, reply = core.request, core.can_block, core.suspend, core.reply

-- The types of messages.
local RESPONSE <const>, ERROR <const> = 2, 3
-- What becomes of a message that is sent.
local DONE <const>, BUSY <const> = 1, 3
-- What a session yields to the main loop, so that another yield is found.
local BLOCKED <const> = {}
-- More idle sessions than these are given up.
local MOST_IDLE <const> = 4

local sessions = {}

-- The session that runs now; nil in the main loop.
local current
-- Which request a session serves: false for none. A session stays a key while it is idle.
local from_of, number_of, receipt_of = {}, {}, {}
-- Sessions that wait inside coroutines of the script, and the innermost of those.
local inside = {}
sessions.inside = inside

local idle, idle_count = {}, 0
local answers, alarms, waiters = {}, {}, {}
sessions.answers, sessions.alarms, sessions.waiters = answers, alarms, waiters
-- Sessions that wait for an answer with a time-out, and its number.
local timed = {}
sessions.timed = timed
local last_number = 1

-- Sessions that are to go on, and functions that are to run, in order.
local ready, first_ready, last_ready = {}, 1, 0

-- After a pledge: the sessions that it has narrowed, as keys. Others end when they have served what they serve.
local narrowed

-- Set by other parts: what is done with an error that nobody else gets, and when a session has failed.
local report_error, on_failure

-- Blocking -------------------------------------------------------------------------------------------------

-- Waits until the main loop resumes the session, and returns what it passes. `is_inside` is what `core.request` or
-- `core.can_block` has returned.
local function block(is_inside)
	if not is_inside then
		return yield(BLOCKED)
	end
	inside[current] = running()
	return suspend(current)
end

local function result(kind, ...)
	if kind == RESPONSE then
		return ...
	elseif kind == ERROR then
		error(sessions.errors().received(...), 0)
	end
	-- An error that this service raises itself.
	error((...), 2)
end

-- Blocks the running session, and returns or raises what the main loop passes.
function sessions.block(is_inside)
	return result(block(is_inside))
end

-- Raises why a message was not sent.
local function refused(address, receipt, level)
	error(("{service:%d} is %s"):format(address, receipt == BUSY and "busy" or "dead"), level + 1)
end
sessions.refused = refused

function sessions.new_number()
	last_number = last_number + 1
	return last_number
end

-- Sends a request and returns the results of its answer.
function sessions.call(kind, address, ...)
	local number = last_number + 1
	last_number = number
	local receipt, is_inside = request(current, address, number, kind, ...)
	if receipt ~= DONE then
		refused(address, receipt, 2)
	end
	answers[number] = current
	return result(block(is_inside))
end

-- Blocks as what `answers`, `alarms` or `waiters` has under a key that `register` gets the session for.
function sessions.wait_in(place, key)
	local is_inside = can_block(current)
	place[key] = current
	return result(block(is_inside))
end

-- Running --------------------------------------------------------------------------------------------------

-- Answers the request of the session with these values, and returns the next function and its arguments.
local function finished(...)
	local session = current
	local receipt = receipt_of[session]
	if receipt then
		reply(receipt, RESPONSE, ...)
		from_of[session], number_of[session], receipt_of[session] = false, false, false
	end
	if idle_count >= MOST_IDLE or narrowed and not narrowed[session] then
		return nil
	end
	idle_count = idle_count + 1
	idle[idle_count] = session
	return yield(BLOCKED)
end

-- The body of every session. The tail call is the loop.
local function body(fn, ...)
	if not fn then
		return
	end
	return body(finished(fn(...)))
end

local function new_error(err, session)
	return sessions.errors().new(err, session)
end

local function forget(session)
	from_of[session], number_of[session], receipt_of[session] = nil, nil, nil
end

-- An error has ended the session: its caller gets it, or the log.
local function failed(session, err)
	local receipt = receipt_of[session]
	local made, object = pcall(new_error, err, session)
	forget(session)
	if not made then
		-- The session has used up the memory, and holds it until it is closed.
		close(session)
		object = new_error(object)
	end
	on_failure(session, object)
	if not receipt then
		report_error(object)
	elseif not pcall(reply, receipt, ERROR, object) then
		-- Some field of the error cannot be sent.
		reply(receipt, ERROR, sessions.errors().plain(object))
	end
	close(session)
end

local function returned(session, ok, mark)
	current = nil
	if not ok then
		failed(session, mark)
	elseif mark == BLOCKED or inside[session] then
		return
	elseif status(session) == "dead" then
		forget(session)
	else
		-- The script has called `coroutine.yield` itself, and nobody would resume it. Virtual machines cannot share code with
		-- longer strings in it.
		failed(session, "attempt to yield from outside" .. " a coroutine")
	end
end

-- Lets a session go on that has blocked.
local function run(session, ...)
	current, inside[session] = session, nil
	return returned(session, resume(session, ...))
end
sessions.run = run

-- A session that may do what its maker may: the running session, or without one the main loop.
local function new_session()
	local session = create(body)
	if narrowed and (current == nil or narrowed[current]) then
		narrowed[session] = true
	end
	return session
end

-- A session that has nothing to do.
local function take_session()
	if idle_count == 0 then
		return new_session()
	end
	local session = idle[idle_count]
	idle[idle_count] = nil
	idle_count = idle_count - 1
	return session
end

-- Runs a function in a session of its own.
local function start(fn, ...)
	return run(take_session(), fn, ...)
end
sessions.start = start

-- Serves a request; `receipt` is 0 if nobody waits for an answer.
function sessions.serve(from, number, receipt, fn, ...)
	local session = take_session()
	from_of[session], number_of[session] = from, number
	receipt_of[session] = receipt ~= 0 and receipt
	return run(session, fn, ...)
end

-- What is to go on ---------------------------------------------------------------------------------------

-- Lets a session go on, or runs the function in a new one, before the next message is taken.
local function later(session, ...)
	last_ready = last_ready + 1
	local count = select("#", ...)
	ready[last_ready] = count == 0 and session or { session, n = count, ... }
end
sessions.later = later

local function go_on(what, ...)
	if type(what) == "thread" then
		return run(what, ...)
	end
	return start(what, ...)
end

-- Runs all that is ready, also what becomes ready meanwhile.
function sessions.drain()
	while first_ready <= last_ready do
		local entry = ready[first_ready]
		ready[first_ready] = nil
		first_ready = first_ready + 1
		if type(entry) == "table" then
			go_on(unpack(entry, 1, entry.n + 1))
		else
			go_on(entry)
		end
	end
	first_ready, last_ready = 1, 0
end

-- Runs a function in a session later; the session is made now, for the caller is given it.
function sessions.new_fork(fn, ...)
	local session = new_session()
	from_of[session], number_of[session], receipt_of[session] = false, false, false
	later(session, fn, ...)
	return session
end

-- Requests -----------------------------------------------------------------------------------------------

-- The running session pledges: sessions that exist serve no further requests, but this one.
function sessions.drop_idle()
	for i = 1, idle_count do
		forget(idle[i])
		close(idle[i])
		idle[i] = nil
	end
	idle_count = 0
	narrowed = setmetatable({}, { __mode = "k" })
	if current then
		narrowed[current] = true
	end
end

function sessions.current()
	return current
end

-- Who has asked, and the number of the request.
function sessions.current_request()
	return from_of[current] or nil, number_of[current] or nil
end

-- The session will answer by other means. Returns its receipt.
function sessions.take_receipt()
	local receipt = receipt_of[current]
	receipt_of[current] = false
	return receipt
end

function sessions.set_hooks(error_hook, failure_hook)
	report_error, on_failure = error_hook, failure_hook
end

return sessions
