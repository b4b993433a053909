-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The inbox of an actor. The chunk gets the native core, the fibers, the errors and a function that makes objects, and
-- returns `new`, which makes the object that scripts have, and `close`.
--
-- A script that has lost all references to the object can never receive again. So the collector closes the inbox.

local core, fibers, errors, new_object = ...
local take = core.take
local point, block, wake = fibers.point, fibers.block, fibers.wake
local hold, release = fibers.hold, fibers.release
local error, getmetatable, setmetatable = error, getmetatable, setmetatable

local MESSAGE <const>, NO_SENDERS <const> = 2, 3

local NAME <const> = "rx-channel"

local is_closed = false

-- Takes the fiber that waits for a message out.
local function receiver()
	local fiber = fibers.receiver
	fibers.receiver = nil
	release()
	return fiber
end

local function cancel()
	receiver()
	return true
end

fibers.on_event[MESSAGE] = function(value)
	return wake(receiver(), nil, value)
end

fibers.on_event[NO_SENDERS] = function()
	return wake(receiver(), errors.core("no_senders"))
end

local function close()
	if is_closed then
		return
	end
	is_closed = true
	core.close_inbox()
	if fibers.receiver then
		wake(receiver(), errors.core("channel_closed"))
	end
end

local function check(self)
	if getmetatable(self) ~= NAME then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
end

local methods = {}

-- Waits for a message, and returns its value.
function methods.receive(self)
	check(self)
	point()
	if is_closed then
		error(errors.core("channel_closed"))
	elseif fibers.receiver then
		error(errors.errno("EBUSY"))
	end
	local kind, value = take()
	if kind == MESSAGE then
		return value
	elseif kind == NO_SENDERS then
		error(errors.core("no_senders"))
	end
	fibers.receiver = fibers.running
	hold()
	return block(cancel)
end

-- Closes the inbox: nobody can send to the actor any more.
function methods.close(self)
	check(self)
	close()
end

setmetatable(methods, {
	__index = function()
		error(errors.core("bad_index", { index = 2 }))
	end,
})

local metatable = {
	__index = methods,
	__newindex = function()
		error(errors.errno("EPERM"))
	end,
	__metatable = NAME,
	__gc = close,
}

local inbox = { close = close }

function inbox.new()
	return new_object(metatable)
end

return inbox
