-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Mutexes. The chunk gets what all parts get (see fibers.lua). Of what it returns, `module` is the module `mutex`, and
-- the rest is for condition variables.
--
-- The state of a mutex has `is_locked`, and is the queue of the fibers that wait (waiting.lua). Unlocking hands the
-- mutex to the first of them, so it stays locked.

local fibers, errors = ...
local objects, waiting = fibers.part("objects"), fibers.part("waiting")
local add, remove = waiting.add, waiting.remove
local wake, park, point = fibers.wake, fibers.park, fibers.point_uninterruptible
local error = error

local methods = {}
local metatable, states = objects.class("mutex", methods)
local check = objects.checker(states)
local mutexes = { module = {}, states = states }

-- Waits until the mutex is the running fiber's. Only a stop of the actor interrupts this.
function methods:lock()
	local state = check(self)
	point()
	if state.is_locked then
		local fiber = fibers.running
		add(state, fiber)
		fiber.is_stubborn = true
		local err = park(remove)
		fiber.is_stubborn = nil
		if err then
			error(err, 0)
		end
	else
		state.is_locked = true
	end
end

-- Locks if that needs no waiting. Returns whether it has.
function methods:try_lock()
	local state = check(self)
	if state.is_locked then
		return false
	end
	state.is_locked = true
	return true
end

local function unlock(state)
	local head = state.head
	if head then
		remove(head)
		wake(head)
	else
		state.is_locked = false
	end
end
mutexes.unlock = unlock

-- Any fiber may unlock.
function methods:unlock()
	local state = check(self)
	if not state.is_locked then
		error(errors.errno("EPERM"), 0)
	end
	unlock(state)
end

-- Locks the mutex whose state this is, and waits for it whatever happens.
function mutexes.relock(state)
	if state.is_locked then
		add(state, fibers.running)
		park()
	else
		state.is_locked = true
	end
end

function mutexes.module.new()
	return objects.new(metatable, states, { is_locked = false })
end

return mutexes
