-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Channels: the addresses of actors, each over a grant of the kernel. The chunk gets what all parts get (see fibers.lua
-- of the library), and returns `new`, which makes a channel.
--
-- Sending is buffered. A fiber whose message has no room waits until the kernel tells that the receiver has some.

local fibers, errors, core = ...
local system = core.system()
local handles, native = system.handles, system.native
local native_send, resend = native.send, native.resend
local waiting = fibers.part("waiting")
local fail = fibers.part("failures").fail
local add, remove = waiting.add, waiting.remove
local point, block, wake = fibers.point, fibers.block, fibers.wake
local hold, release = fibers.hold, fibers.release
local new_object = system.object
local error, next, setmetatable = error, next, setmetatable

-- Kinds of events.
local ROOM <const>, ENDED <const> = 6, 7
-- Error numbers; negative ones of values that cannot be sent.
local ENOENT <const>, EAGAIN <const>, EINVAL <const> = 2, 11, 22
local INVALID_VALUE <const>, CLOSED_VALUE <const> = -22, -16

-- The grants of channels; false for closed ones.
local grants = setmetatable({}, { __mode = "k" })
-- The fibers that wait for room, by grant.
local queues = {}

-- Lets all that wait for room of this grant go on, with or without an error.
local function wake_all(grant, err)
	local queue = queues[grant]
	while queue and queue.head do
		local fiber = queue.head
		remove(fiber)
		release()
		wake(fiber, err)
	end
	queues[grant] = nil
end

fibers.on_event[ROOM] = function(grant)
	wake_all(grant)
end

-- What they send now fails.
fibers.on_event[ENDED] = function()
	for grant in next, queues do
		wake_all(grant)
	end
end

local function cancel(fiber)
	remove(fiber)
	release()
	return true
end

-- Sends a message as soon as there is room. Returns the number of the error with which that has failed.
local function send_later(grant, value, frame, owns)
	local _ <close> = handles.pin(value)
	local number
	repeat
		-- The fiber may have been interrupted after it was woken.
		point()
		local queue = queues[grant] or {}
		queues[grant] = queue
		add(queue, fibers.running)
		hold()
		block(cancel)
		number = resend(frame, owns)
	until number ~= EAGAIN
	return number
end

local methods = {}

-- Sends a copy of a value. Waits while the receiver has no room.
function methods.send(self, value)
	point()
	local grant = grants[self]
	if not grant then
		error(grant == nil and errors.errno("EINVAL", { arg = 1 }) or errors.core("channel_closed"))
	end
	local queue = queues[grant]
	local must_wait = queue ~= nil and queue.head ~= nil
	local number, frame, owns = native_send(grant, value, must_wait)
	if number == EAGAIN then
		number = send_later(grant, value, frame, owns)
	end
	if not number then
		return
	elseif number == INVALID_VALUE then
		error(errors.errno("EINVAL", { arg = 2 }))
	elseif number == CLOSED_VALUE then
		error(errors.errno("EBUSY", { arg = 2 }))
	elseif number == ENOENT or number == EINVAL then
		-- The kernel does not know the grant, or knows it no longer.
		error(errors.core("channel_closed"))
	end
	fail(number)
end

local function close(self)
	local grant = grants[self]
	if grant then
		grants[self] = false
		handles.close_channel(self, grant)
		wake_all(grant, errors.core("channel_closed"))
	end
end

-- Closes this channel. Others to the same actor stay open. What was sent already arrives.
function methods.close(self)
	if grants[self] == nil then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	close(self)
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
	__metatable = "ipc_actor_channel",
	__name = "ipc_actor_channel",
	__gc = close,
}

local channels = {}

function channels.new(grant)
	local object = new_object(metatable)
	grants[object] = grant
	handles.add_channel(object, grant)
	return object
end

return channels
