-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Mutexes that their owner may lock again. The chunk gets what all parts get (see fibers.lua), and returns the module
-- `recursive_mutex`.
--
-- The state of a mutex has the fiber that owns it, or nil, in `owner`, and how often that has locked it in `count`. It
-- is the queue of the fibers that wait (waiting.lua).

local fibers, errors = ...
local objects, waiting = fibers.part("objects"), fibers.part("waiting")
local add, remove = waiting.add, waiting.remove
local wake, park, point = fibers.wake, fibers.park, fibers.point_uninterruptible
local error = error

local methods = {}
local metatable, states = objects.class("recursive_mutex", methods)
local check = objects.checker(states)

-- Locks if that needs no waiting. Returns whether it has.
local function try(state, fiber)
	local owner = state.owner
	if owner == nil then
		state.owner, state.count = fiber, 1
	elseif owner == fiber then
		state.count = state.count + 1
	else
		return false
	end
	return true
end

-- Waits until the mutex is the running fiber's. Only a stop of the actor interrupts this.
function methods:lock()
	local state = check(self)
	point()
	local fiber = fibers.running
	if not try(state, fiber) then
		add(state, fiber)
		fiber.is_stubborn = true
		local err = park(remove)
		fiber.is_stubborn = nil
		if err then
			error(err, 0)
		end
	end
end

function methods:try_lock()
	return try(check(self), fibers.running)
end

-- To be called by the owner, as often as it has locked the mutex.
function methods:unlock()
	local state = check(self)
	if state.owner ~= fibers.running then
		error(errors.errno("EPERM"), 0)
	end
	local count = state.count - 1
	if count > 0 then
		state.count = count
		return
	end
	local head = state.head
	state.owner, state.count = head, 1
	if head then
		remove(head)
		wake(head)
	end
end

local module = {}

function module.new()
	return objects.new(metatable, states, { count = 0 })
end

return module
