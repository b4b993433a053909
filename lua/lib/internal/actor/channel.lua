-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Channels: the addresses of actors. The chunk gets the native core, the fibers, the errors and the native system,
-- completes the metatable of channels, and returns a table with `set_values`, which sets the function that prepares
-- what is not a scalar.

local core, fibers, errors, system = ...
local native_send, withdraw, is_open, native_close = core.send, core.withdraw, core.is_open, core.close
local point, block, wake = fibers.point, fibers.block, fibers.wake
local hold, release, main = fibers.hold, fibers.release, fibers.main
local error, select, setmetatable, type = error, select, setmetatable, type

local RETURNED <const> = 1

-- What is sent as it is.
local scalars = { boolean = true, number = true, string = true }
local prepare

local function cancel(fiber)
	local receipt = fiber.receipt
	if not withdraw(receipt) then
		-- It is decided: the fiber is told in a moment.
		return false
	end
	release()
	return true
end

local function give_up()
	release()
	return true
end

-- The error of a message that nobody receives.
local function lost(tag)
	return tag < 0 and errors.system("EPIPE") or errors.core("channel_closed")
end

-- `tag` is the number of the fiber.
fibers.on_event[RETURNED] = function(receipt, received, tag)
	-- It is negative for messages to processes.
	local id = tag < 0 and -tag or tag
	local fiber = id == 1 and main or fibers.all[id]
	release()
	if fiber and fiber.receipt == receipt then
		return wake(fiber, not received and lost(tag) or nil)
	end
end

local methods = {}

-- Sends a copy of a value, and waits until the actor has received it.
function methods.send(self, ...)
	if select("#", ...) == 0 then
		error(errors.errno("EINVAL"))
	end
	local value = ...
	local open = is_open(self)
	if open == nil then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	point()
	if not open then
		error(errors.core("channel_closed"))
	end
	local address
	if not scalars[type(value)] then
		value, address = prepare(value, self)
	end
	local fiber = fibers.running
	fiber.receipt = 0
	local receipt = native_send(self, value, fiber.id)
	if address then
		-- It counts as a sender to this actor until it is closed.
		native_close(address)
	end
	if receipt == nil then
		error(errors.core("channel_closed"))
	elseif not receipt then
		-- The stop of the actor is about to interrupt this fiber.
		hold()
		return block(give_up)
	end
	-- From here on nothing needs memory: the message is on its way.
	fiber.receipt = receipt
	hold()
	return block(cancel)
end

-- Closes this channel. Others to the same actor stay open.
function methods.close(self)
	local open = is_open(self)
	if open == nil then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	if open then
		native_close(self)
	end
end

setmetatable(methods, {
	__index = function()
		error(errors.core("bad_index", { index = 2 }))
	end,
})

local metatable = system.channel_metatable()
metatable.__index = methods
metatable.__newindex = function()
	error(errors.errno("EPERM"))
end
metatable.__metatable = "tx-channel"

return {
	-- For other channels whose messages come back.
	cancel = cancel,
	set_values = function(fn)
		prepare = fn
	end,
}
