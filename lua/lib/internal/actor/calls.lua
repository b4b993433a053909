-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- `pcall` and `xpcall` of an actor: interruption points before they call, cleanup scopes while they do, and no
-- obstacle for an error that ends the actor. The chunk gets what all parts get (see fibers.lua), and returns the two
-- functions.

local fibers, errors = ...
local pcall = fibers.pcall
local xpcall = xpcall
local error, type = error, type

-- Raises the interruption of the running fiber out of the call, so that a loop of retries cannot swallow it.
local function check(fiber)
	if fiber.is_interrupted and not fiber.disables then
		error(errors.core("interrupted"), 0)
	end
end

local function finish(fiber, depth, ok, ...)
	if not ok then
		fibers.check_error(fiber, (...))
	end
	if fibers.leave_scopes then
		fibers.running.depth = depth + 1
		fibers.leave_scopes(depth + 1)
	end
	fibers.running.depth = depth
	return ok, ...
end

local function protected_call(f, ...)
	local fiber = fibers.running
	if fiber.alert then
		check(fiber)
	end
	local depth = fiber.depth
	fiber.depth = depth + 1
	return finish(fiber, depth, pcall(f, ...))
end

local function protected_call_with_handler(f, handler, ...)
	local fiber = fibers.running
	if fiber.alert then
		check(fiber)
	end
	if type(handler) ~= "function" then
		-- Raises an error.
		return xpcall(f, handler)
	end
	local depth = fiber.depth
	fiber.depth = depth + 1
	return finish(fiber, depth, xpcall(f, handler, ...))
end

return { check = check, pcall = protected_call, xpcall = protected_call_with_handler }
