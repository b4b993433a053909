-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The functions of `coroutine` that actors replace. The chunk gets what all parts get (see fibers.lua), and returns a
-- table of them.
--
-- The coroutines of scripts run in fibers, and block together with their fiber: then a coroutine has the status
-- "normal", and only the one that has resumed it goes on with it. The coroutine of a fiber itself is none for scripts.

local fibers, errors = ...
local check = fibers.part("calls").check
local native = fibers.native
local close, create, isyieldable, resume = native.close, native.create, native.isyieldable, native.resume
local running, status, yield = native.running, native.status, native.yield
local error, type = error, type

-- Returns the running coroutine, or nil if it is one of the actor: the main one, or that of a fiber.
local function own()
	local thread, is_main = running()
	if is_main or thread == fibers.running.thread then
		return nil
	end
	return thread
end

-- If a coroutine has ended, its root scope has, too.
local function leave(thread)
	if fibers.stacks[thread] and status(thread) == "dead" then
		fibers.leave_scopes(0, thread)
	end
end

-- A coroutine that `fiber` has resumed has yielded or ended.
local function left(fiber, thread, depth, ok, ...)
	if not ok then
		fibers.check_error(fiber, (...))
	end
	fibers.running.depth = depth
	if fibers.stacks then
		leave(thread)
	end
	if ok then
		return true, ...
	elseif status(thread) == "normal" then
		-- It waits with another fiber, or has resumed this code.
		return false, errors.errno("EPERM")
	end
	return false, ...
end

local coroutines = {}

-- An interruption point.
function coroutines.resume(thread, ...)
	local fiber = fibers.running
	if fiber.alert then
		check(fiber)
	end
	if type(thread) ~= "thread" then
		-- Raises an error.
		return resume(thread)
	end
	local depth = fiber.depth
	fiber.depth = 0
	return left(fiber, thread, depth, resume(thread, ...))
end

local function unwrap(thread, ok, ...)
	if ok then
		return ...
	end
	local err = ...
	if status(thread) == "dead" then
		local closed, closing = close(thread)
		if not closed and closing ~= nil then
			err = closing
		end
	end
	error(err, 0)
end

function coroutines.wrap(f)
	local thread = create(f)
	return function(...)
		local fiber = fibers.running
		local depth = fiber.depth
		fiber.depth = 0
		return unwrap(thread, left(fiber, thread, depth, resume(thread, ...)))
	end
end

local function resumed(depth, ...)
	fibers.running.depth = depth
	return ...
end

function coroutines.yield(...)
	local fiber = fibers.running
	local thread, is_main = running()
	if is_main or thread == fiber.thread then
		error(errors.core("bad_coroutine"), 0)
	end
	return resumed(fiber.depth, yield(...))
end

-- Returns nil, and true, outside the coroutines of scripts.
function coroutines.running()
	local thread = own()
	return thread, thread == nil
end

function coroutines.isyieldable(thread)
	thread = thread or own()
	return thread ~= nil and thread ~= fibers.running.thread and isyieldable(thread)
end

local function closed(thread, ...)
	if fibers.stacks and fibers.stacks[thread] then
		fibers.leave_scopes(0, thread)
	end
	return ...
end

-- The root scope of the coroutine ends with it.
function coroutines.close(thread)
	local itself = own()
	if thread ~= nil and thread ~= itself then
		return closed(thread, close(thread))
	elseif not itself then
		error(errors.core("bad_coroutine"), 0)
	end
	-- This does not return.
	return close(closed(itself, itself))
end

return coroutines
