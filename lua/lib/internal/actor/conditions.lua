-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Condition variables. The chunk gets what all parts get (see fibers.lua), and returns the module
-- `condition_variable`.
--
-- The state of a condition variable is the queue of the fibers that wait (waiting.lua). A fiber that was notified has
-- left the queue, so an interruption that comes later does not take the notification away, and one that was
-- interrupted first is not notified.

local fibers, errors = ...
local mutexes, objects, waiting = fibers.part("mutexes"), fibers.part("objects"), fibers.part("waiting")
local relock, unlock = mutexes.relock, mutexes.unlock
local add, remove = waiting.add, waiting.remove
local wake, park, point = fibers.wake, fibers.park, fibers.point
local error = error

local methods = {}
local metatable, states = objects.class("condition_variable", methods)
local check = objects.checker(states)

-- Unlocks the mutex, which must be locked, and waits for a notification. The mutex is locked again before this returns
-- or raises `interrupted`.
function methods:wait(mutex)
	local state = check(self)
	local lock = mutexes.states[mutex] or error(errors.errno("EINVAL", { arg = 2 }), 0)
	point()
	if not lock.is_locked then
		error(errors.errno("EPERM"), 0)
	end
	add(state, fibers.running)
	unlock(lock)
	local err = park(remove)
	relock(lock)
	if err then
		error(err, 0)
	end
end

local function notify(state)
	local head = state.head
	remove(head)
	wake(head)
end

-- Wakes the fiber that has waited longest.
function methods:notify_one()
	local state = check(self)
	if state.head then
		notify(state)
	end
end

function methods:notify_all()
	local state = check(self)
	while state.head do
		notify(state)
	end
end

local module = {}

function module.new()
	return objects.new(metatable, states, {})
end

return module
