-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Cleanup scopes. The chunk gets what all parts get (see fibers.lua), and returns the functions that scripts call.
--
-- `fiber.depth` is the number of scopes around the running code in its coroutine; 0 is the root scope of the
-- coroutine, or of the fiber. Who begins a scope adds 1 to it, and calls `fibers.leave_scopes` at its end.

local fibers, errors = ...
local interruption = fibers.part("interruption")
local disable, restore = interruption.disable, interruption.restore
local create, pcall, running = fibers.native.create, fibers.pcall, fibers.native.running
local error, setmetatable, type = error, setmetatable, type

-- For each coroutine, the handler that was pushed last: a table with `run`, the depth of its scope, and the handler
-- `below` it.
local stacks = setmetatable({}, { __mode = "k" })
fibers.stacks = stacks

local scopes = {}

-- An error of a handler ends the actor.
local function run(handler)
	disable()
	local ok, err = pcall(handler)
	if not ok then
		fibers.fail(err)
	end
	restore()
end

-- Runs the handlers of scopes of this depth or deeper, the last one first; those of the running coroutine, or of
-- `thread`.
function fibers.leave_scopes(depth, thread)
	thread = thread or running()
	local top = stacks[thread]
	while top and top.depth >= depth do
		stacks[thread] = top.below
		run(top.run)
		top = stacks[thread]
	end
end
local leave = fibers.leave_scopes

-- Adds a handler to the innermost scope.
function scopes.push(handler)
	if type(handler) ~= "function" then
		error(errors.errno("EINVAL", { arg = 1 }), 0)
	end
	local thread, fiber = running(), fibers.running
	if thread == fiber.thread and not fiber.cleaner then
		-- Made by the code of the fiber, it may do what that may.
		fiber.cleaner = create(fibers.clean_up)
	end
	stacks[thread] = { run = handler, depth = fiber.depth, below = stacks[thread] }
end

-- Removes the last handler of the innermost scope, and runs it unless `execute` is false.
function scopes.pop(execute)
	local thread = running()
	local top = stacks[thread]
	if not top or top.depth ~= fibers.running.depth then
		error(errors.core("unmatched_scope_cleanup"), 0)
	end
	stacks[thread] = top.below
	if execute ~= false then
		run(top.run)
	end
end

local function finish(fiber, depth, ok, ...)
	if not ok then
		fibers.check_error(fiber, (...))
	end
	fibers.running.depth = depth + 1
	leave(depth + 1)
	fibers.running.depth = depth
	if not ok then
		error((...), 0)
	end
	return ...
end

-- Calls a function in a scope of its own, and returns its results or raises its error.
function scopes.scope(f)
	if type(f) ~= "function" then
		error(errors.errno("EINVAL", { arg = 1 }), 0)
	end
	local fiber = fibers.running
	local depth = fiber.depth
	fiber.depth = depth + 1
	return finish(fiber, depth, pcall(f))
end

return scopes
