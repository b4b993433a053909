-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Fibers other than the main one: how they begin, run and end, and the objects that scripts have of them. The chunk
-- gets what all parts get (see fibers.lua), and returns the function `spawn`.
--
-- Fields of such a fiber: `start`, its function, until it begins; `thread`, its coroutine; `cleaner`, one that runs
-- its cleanup handlers if an error ends it, if it has some; `joiner`, the fiber that waits for its end. After its end:
-- `results`, a packed table or nil, or `failure`, a table with the error and the traceback. `state` is nil while the
-- fiber can be joined, then JOINING, JOINED or DETACHED.

local fibers, errors, core = ...
local create, resume, traceback = fibers.native.create, fibers.native.resume, debug.traceback
local wake, point, block = fibers.wake, fibers.point, fibers.block
local objects, nobody = fibers.part("objects"), fibers.nobody
local error, pcall, select, tostring, type = error, fibers.pcall, select, tostring, type
local pack, unpack = table.pack, table.unpack

local JOINING <const>, JOINED <const>, DETACHED <const> = 1, 2, 3
-- The text of the error that Lua raises when it has no memory.
local NO_MEMORY <const> = "not enough memory"

-- All fibers that have not ended, by number.
local all, last_id = {}, 1
fibers.all = all

-- The body of a fiber -----------------------------------------------------------------------------------

-- Runs the handlers of the root scope, keeps the results, and returns the fiber, so that `ran` sees its end.
local function finish(fiber, ...)
	if fibers.leave_scopes then
		fibers.leave_scopes(0)
	end
	if select("#", ...) > 0 and fiber.state ~= DETACHED then
		fiber.results = pack(...)
	end
	return fiber
end

local function body(fiber)
	local start = fiber.start
	fiber.start = nil
	return finish(fiber, start())
end

-- The body of `cleaner`, after a failure: runs the handlers that the dead coroutine has left.
function fibers.clean_up(fiber)
	local dead = fiber.dead
	fiber.dead, fiber.depth = nil, 0
	fibers.leave_scopes(0, dead)
	-- Those that the handlers have added.
	fibers.leave_scopes(0)
	return fiber
end

-- The end of a fiber -------------------------------------------------------------------------------------

local function text_of(err)
	local ok, text = pcall(tostring, err)
	return ok and text or ("(error object is a %s value)"):format(type(err))
end

-- Logs the error of a fiber that nobody will join. To have interrupted a fiber is no reason to log.
local function log_failure(fiber)
	local failure = fiber.failure
	if not errors.is_interrupted(failure.err) then
		core.log(("fiber %d failed: %s"):format(fiber.id, failure.text))
	end
end

local function ended(fiber)
	all[fiber.id] = nil
	fibers.count = fibers.count - 1
	fiber.thread, fiber.cleaner, fiber.has_ended = nil, nil, true
	local joiner = fiber.joiner
	if joiner and joiner.target == fiber then
		wake(joiner)
	elseif fiber.failure and fiber.state == DETACHED then
		log_failure(fiber)
	end
end

local function describe(thread, err)
	return traceback(thread, text_of(err))
end

-- The coroutine of a fiber has died of an error. Its cleanup handlers may suspend, so another coroutine runs them.
local function failed(fiber, err)
	if fibers.fatal then
		return
	elseif err == NO_MEMORY then
		fibers.fail(err)
	end
	local thread = fiber.thread
	local text
	if not errors.is_interrupted(err) then
		-- A traceback is worth less than an end in good order.
		local ok, made = pcall(describe, thread, err)
		text = ok and made or text_of(err)
	end
	-- Calls the methods `__close` of its variables.
	fibers.running = fiber
	local _, closing = fibers.native.close(thread)
	if closing ~= nil and closing ~= err then
		err, text = closing, text_of(closing)
	end
	fiber.failure = { err = err, text = text }
	if not (fibers.leave_scopes and fibers.stacks[thread]) then
		return ended(fiber)
	end
	fiber.dead, fiber.thread = thread, fiber.cleaner
	return fibers.ran(fiber, resume(fiber.thread, fiber))
end

-- A fiber was resumed, and runs no more. Only a body that has ended returns the fiber.
function fibers.ran(fiber, ok, mark)
	fibers.running = nobody
	if not ok then
		local good, err = pcall(failed, fiber, mark)
		if not good then
			fibers.running = nobody
			fibers.fail(err)
		end
	elseif mark == fiber then
		ended(fiber)
	end
end

-- The objects --------------------------------------------------------------------------------------------

local methods = {}
local metatable, fiber_of = objects.class("fiber", methods)

local function check(self)
	return fiber_of[self] or error(errors.errno("EINVAL", { arg = 1 }), 0)
end

local function cancel_join(fiber)
	local target = fiber.target
	target.joiner, target.state, fiber.target = nil, nil, nil
	return true
end

-- Waits for the end of a fiber. Returns the results of its function, or raises its error; returns nothing if an
-- interruption has ended it.
function methods:join()
	local target = check(self)
	point()
	local fiber = fibers.running
	if target == fiber then
		error(errors.errno("EDEADLK"), 0)
	elseif target.state then
		error(errors.errno("EINVAL", { arg = 1 }), 0)
	end
	if not target.has_ended then
		fiber.target = target
		target.joiner = fiber
		target.state = JOINING
		block(cancel_join)
		fiber.target, target.joiner = nil, nil
	end
	target.state = JOINED
	local results, failure = target.results, target.failure
	target.results, target.failure = nil, nil
	if results then
		return unpack(results, 1, results.n)
	elseif failure then
		if not errors.is_interrupted(failure.err) then
			error(failure.err, 0)
		end
		target.interruption_caught = true
	end
end

local function detach(target)
	target.state, target.results = DETACHED, nil
	if target.failure and target.has_ended then
		log_failure(target)
		target.failure = nil
	end
end

-- Gives the results of the fiber up. If an error ends it, the error is logged.
function methods:detach()
	local target = check(self)
	if target.state then
		error(errors.errno("EINVAL", { arg = 1 }), 0)
	end
	detach(target)
end

-- Interrupts the fiber: now if it waits, else at its next interruption point. It stays interrupted.
function methods:interrupt()
	fibers.part("interruption").interrupt(check(self))
end

local properties = {}

function properties.joinable(target)
	return target.state == nil
end

-- Whether an interruption has ended the fiber, for who has joined it.
function properties.interruption_caught(target)
	if target.state ~= JOINED then
		error(errors.errno("EINVAL"), 0)
	end
	return target.interruption_caught or false
end

local method_of = metatable.__index
function metatable.__index(self, key)
	local property = properties[key]
	if property then
		return property(check(self))
	end
	return method_of[key]
end

function metatable.__gc(self)
	local target = fiber_of[self]
	if target and not target.state then
		detach(target)
	end
end

-- Makes a fiber that runs the function, after the fibers that are ready. Returns its object.
return function(start)
	if type(start) ~= "function" then
		error(errors.errno("EINVAL", { arg = 1 }), 0)
	end
	local id = last_id + 1
	local fiber = {
		id = id,
		depth = 0,
		start = start,
		thread = create(body),
		blocked = false,
		cancel = false,
		receipt = 0,
		next = nil,
	}
	local object = objects.new(metatable, fiber_of, fiber)
	if fibers.is_stopping then
		fiber.is_interrupted, fiber.alert = true, true
	end
	last_id, all[id] = id, fiber
	fibers.count = fibers.count + 1
	fibers.push(fiber)
	return object
end
