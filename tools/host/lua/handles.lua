-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The objects that messages can carry. The chunk gets the native functions.
--
-- `native.handles` has the handle of each: its kind in the bits from 32 on, and its number. A closed one has a negative
-- handle. While a message with an object waits for room, the object is pinned: if it is closed, its number stays in use
-- until the message is sent.

local native = ...
local handles = native.handles
local next, setmetatable, type = next, setmetatable, type

local ACTOR <const>, FILE <const>, OWN <const> = 0 << 32, 1 << 32, 2 << 32
local CLOSED_CHANNEL <const>, CLOSED_FILE <const> = -1, -2

local by_object = { __mode = "k" }
setmetatable(handles, by_object)
-- How many messages pin an object, and what closes it after the last.
local pins, closes = setmetatable({}, by_object), setmetatable({}, by_object)

local module = {}

function module.add_inbox(object)
	handles[object] = OWN
end

function module.add_channel(object, grant)
	handles[object] = ACTOR | grant
end

function module.add_file(object, number)
	handles[object] = FILE | number
end

local function close(object, closed, native_close, number)
	handles[object] = closed
	if pins[object] then
		closes[object] = function()
			native_close(number)
		end
	else
		native_close(number)
	end
end

function module.close_channel(object, grant)
	close(object, CLOSED_CHANNEL, native.close, grant)
end

function module.close_file(object, number)
	close(object, CLOSED_FILE, native.close_file, number)
end

local pinned = {}

function pinned.__close(objects)
	for i = 1, #objects do
		local object = objects[i]
		local count = pins[object] - 1
		pins[object] = count > 0 and count or nil
		if count == 0 and closes[object] then
			local finish = closes[object]
			closes[object] = nil
			finish()
		end
	end
end

-- Pins the objects in a value that can be sent. Returns what unpins them when it is closed.
function module.pin(value)
	local objects = {}
	if type(value) == "table" then
		for _, member in next, value do
			if handles[member] then
				objects[#objects + 1] = member
			end
		end
	elseif handles[value] then
		objects[1] = value
	end
	for i = 1, #objects do
		pins[objects[i]] = (pins[objects[i]] or 0) + 1
	end
	return setmetatable(objects, pinned)
end

return module
