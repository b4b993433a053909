-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Finds real addresses in what functions return. Needs the module parameter testing=1.

local testing = require("lunatik.testing")
local address_of = testing.address
-- The checked scripts change the string library, so this file keeps its own references.
local gmatch, sub, unpack, pack, tonumber, tointeger, min =
	string.gmatch, string.sub, string.unpack, string.pack, tonumber, math.tointeger, math.min
local type, next, subtype, getmetatable = type, next, math.type, debug.getmetatable

local addresses = {}
local known, low, pages = {}, {}, {}
-- Numbers below this are not addresses, but sizes, counts, file descriptors.
local LEAST <const> = 0x10000

-- Stores the address of the value.
function addresses.note(value)
	local address = address_of(value)
	if address < 0 or address >= LEAST then
		known[address] = true
		low[address & 0xffffffff] = true
		-- Kernel addresses are negative numbers, which are rare otherwise, so nearby addresses are detected, too.
		if address < 0 then
			pages[address >> 12] = true
		end
	end
end

-- Stores the addresses of all C and Rust functions, userdata and coroutines, and of all tables and functions that
-- scripts can reach.
function addresses.note_all()
	local seen = {}
	local function walk(value)
		local kind = type(value)
		if value == nil or kind == "number" or kind == "boolean" or seen[value] then
			return
		end
		seen[value] = true
		addresses.note(value)
		if kind == "table" and value ~= seen and value ~= known and value ~= low and value ~= pages then
			for key, member in next, value do
				walk(key)
				walk(member)
			end
			walk(getmetatable(value))
		elseif kind == "userdata" then
			walk(getmetatable(value))
		end
	end
	walk(_G)
	walk(getmetatable(""))
	for value in pairs(testing.everything()) do
		walk(value)
	end
end

local function in_integer(n)
	return known[n] or (n < 0 and n > math.mininteger + 0xffff and pages[n >> 12])
end

local function in_text(text)
	for digits in gmatch(text, "%x%x%x%x%x+") do
		if #digits <= 40 then
			for first = 1, #digits - 4 do
				for last = first + 4, min(#digits, first + 15) do
					local n = tointeger(tonumber(sub(digits, first, last), 16))
					if n and (n < 0 or n >= LEAST) and (known[n] or (last - first == 7 and low[n])) then
						return true
					end
				end
			end
		end
	end
	for digits in gmatch(text, "%-?%d%d%d%d%d+") do
		local n = tointeger(tonumber(digits))
		if n and in_integer(n) then
			return true
		end
	end
	-- As bytes, in either byte order, at any offset.
	if #text <= 256 then
		for at = 1, #text - 7 do
			if known[(unpack("<j", text, at))] or known[(unpack(">j", text, at))] then
				return true
			end
		end
	end
	return false
end

-- Returns whether the value, or a value in it, reveals an address.
function addresses.told(value, depth)
	local kind = type(value)
	if kind == "string" then
		return in_text(value)
	elseif subtype(value) == "integer" then
		return in_integer(value)
	elseif subtype(value) == "float" then
		local n = tointeger(value)
		return n and known[n] or known[(unpack("<j", pack("<d", value)))] or false
	elseif kind == "table" and (depth or 0) < 3 and value ~= known and value ~= low and value ~= pages then
		for key, member in next, value do
			if addresses.told(key, (depth or 0) + 1) or addresses.told(member, (depth or 0) + 1) then
				return true
			end
		end
	end
	return false
end

return addresses
