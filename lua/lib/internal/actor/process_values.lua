-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What can be sent to a process: one scalar, or one table of scalars under strings. The chunk gets what the parts share
-- and the native module of processes, and returns a function that gets a value. It returns the value, or a copy that
-- can be sent; and the channel that is in it in place of the inbox, which is to be closed when the value was sent.

local runtime, process = ...
local core, errors = runtime.core, runtime.errors
local address = core.system().address
local is_channel, is_process = core.is_open, process.is_open
local is_descriptor = package.preload.file_descriptor().is_open
local error, getmetatable, next, type = error, getmetatable, next, type

local MAX_MEMBERS <const>, MAX_STRING <const> = 20, 255

local function refuse(name)
	error(errors.errno(name or "EINVAL", { arg = 2 }))
end

-- Whether a value that is no table can be sent; true, too, if it is the inbox.
local function is_inbox(value)
	local kind = type(value)
	if kind == "string" then
		return #value > MAX_STRING and refuse()
	elseif kind == "number" or kind == "boolean" then
		return false
	elseif kind ~= "userdata" then
		refuse()
	elseif getmetatable(value) == "rx-channel" then
		return true
	elseif is_channel(value) or is_process(value) then
		return false
	end
	local open = is_descriptor(value)
	if not open then
		refuse(open == false and "EBUSY" or "EINVAL")
	end
	return false
end

-- The table itself, or a copy of what travels of it: what stands under strings, with an address in place of the inbox.
local function travelling(value)
	local count, is_whole = 0, true
	for key, member in next, value do
		if type(key) ~= "string" then
			is_whole = false
		else
			count = count + 1
			if count > MAX_MEMBERS or #key > MAX_STRING then
				refuse()
			elseif is_inbox(member) then
				is_whole = false
			end
		end
	end
	if count == 0 then
		refuse()
	elseif is_whole then
		return value
	end
	local result, own = {}, nil
	for key, member in next, value do
		if type(key) == "string" then
			if is_inbox(member) then
				own = own or address()
				member = own
			end
			result[key] = member
		end
	end
	return result, own
end

return function(value)
	if type(value) ~= "table" then
		if is_inbox(value) then
			local own = address()
			return own, own
		end
		return value
	elseif getmetatable(value) ~= nil then
		refuse()
	end
	return travelling(value)
end
