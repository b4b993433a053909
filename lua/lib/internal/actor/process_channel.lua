-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Channels to actors in processes. Native code calls the chunk when a field of one is first used, with the channel and
-- the key. It completes the metatable of these channels, and returns the field.

local core = package.preload["actor.core"]()
local runtime = core.kept()
if not runtime then
	error('this script has not required "actor"', 0)
end
local errors, fibers = runtime.errors, runtime.fibers
local process = runtime.load_process()
local native_send, native_close, is_open = process.send, process.close, process.is_open
local point, block, hold = fibers.point, fibers.block, fibers.hold
local cancel, children = runtime.cancel_send, process.children
local flat = core.part("process_values")(runtime, process)
local error, math_type, select, type = error, math.type, select, type

local SIGKILL <const> = 9
-- Error numbers that signals can fail with.
local EINVAL <const> = 22

local methods = {}

-- Whether the channel is open. Raises an error if the value is none.
local function check(self)
	local open = is_open(self)
	if open == nil then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	return open
end

-- Sends a copy of a flat value. Returns when it lies before the process, which may never read it.
function methods.send(self, ...)
	if select("#", ...) == 0 then
		error(errors.errno("EINVAL"))
	end
	local value = ...
	point()
	if not check(self) then
		error(errors.core("channel_closed"))
	end
	local address
	value, address = flat(value)
	local fiber = fibers.running
	fiber.receipt = 0
	-- The sign of the tag says that the message goes to a process.
	local receipt = native_send(self, value, -fiber.id)
	if address then
		-- It counts as a sender to this actor until it is closed.
		runtime.close(address)
	end
	if receipt == true then
		return
	elseif receipt == nil then
		error(errors.system("EPIPE"))
	end
	-- From here on nothing needs memory: the message waits for room.
	fiber.receipt = receipt
	hold()
	return block(cancel)
end

-- Closes this channel. What was sent is still delivered, and the process is still supervised.
function methods.close(self)
	if check(self) then
		children[self] = nil
		native_close(self)
	end
end

-- The process is no longer supervised: it outlives the actor.
function methods.detach(self)
	local open = check(self)
	local child = children[self]
	if not open or not child then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	children[self] = nil
	process.detach(child.number)
end

-- Sends a signal to the process. SIGKILL, the default, also closes the channel.
function methods.kill(self, signal)
	if not check(self) then
		error(errors.core("channel_closed"))
	end
	local child = children[self]
	if not child then
		error(errors.errno("EPERM"))
	elseif signal == nil then
		signal = SIGKILL
	elseif type(signal) ~= "number" then
		error(errors.errno("EINVAL", { arg = 2 }))
	end
	local number = math_type(signal) == "float" and signal // 1 == signal and signal // 1 | 0 or signal
	local failure = EINVAL
	if math_type(number) == "integer" then
		failure = process.kill(child.number, number)
	end
	if number == SIGKILL then
		methods.close(self)
	elseif failure ~= 0 then
		error(errors.system(failure))
	end
end

local metatable = process.metatable()

function metatable.__index(self, key)
	local method = methods[key]
	if method then
		return method
	elseif key ~= "child_pid" then
		error(errors.core("bad_index", { index = 2 }))
	end
	local child = children[self]
	if not child then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	return child.pid
end

local channel, key = ...
return metatable.__index(channel, key)
