-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Futures and promises. The chunk gets what all parts get (see fibers.lua), and returns the module `future`.
--
-- A promise and its future have one state: `is_set`, then `value` or `err`; and it is the queue of the fibers that
-- wait (waiting.lua).

local fibers, errors = ...
local objects, waiting = fibers.part("objects"), fibers.part("waiting")
local add, remove = waiting.add, waiting.remove
local wake, block, point = fibers.wake, fibers.block, fibers.point
local error = error

local future_methods, promise_methods = {}, {}
local future_metatable, future_states = objects.class("future", future_methods)
local promise_metatable, promise_states = objects.class("promise", promise_methods)
local check_future = objects.checker(future_states)
local check_promise = objects.checker(promise_states)

-- Waits until the promise is kept. Returns its value, or raises its error.
function future_methods:get()
	local state = check_future(self)
	point()
	if not state.is_set then
		add(state, fibers.running)
		block(remove)
	end
	if state.err ~= nil then
		error(state.err, 0)
	end
	return state.value
end

local function set(state, err, value)
	state.is_set, state.err, state.value = true, err, value
	local head = state.head
	while head do
		remove(head)
		wake(head)
		head = state.head
	end
end

local function check_unset(self)
	local state = check_promise(self)
	if state.is_set then
		error(errors.core("promise_already_satisfied"), 0)
	end
	return state
end

function promise_methods:set_value(value)
	set(check_unset(self), nil, value)
end

-- `err` is any value but nil.
function promise_methods:set_error(err)
	local state = check_promise(self)
	if err == nil then
		error(errors.errno("EINVAL", { arg = 2 }), 0)
	elseif state.is_set then
		error(errors.core("promise_already_satisfied"), 0)
	end
	set(state, err)
end

function promise_metatable:__gc()
	local state = promise_states[self]
	if state and not state.is_set then
		set(state, errors.core("broken_promise"))
	end
end

local module = {}

-- Returns a promise and its future.
function module.new()
	local state = { is_set = false }
	return objects.new(promise_metatable, promise_states, state), objects.new(future_metatable, future_states, state)
end

return module
