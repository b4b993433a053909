-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- JSON in pure Lua. Numbers keep their subtype: 1 is an integer, 1.0 a float, and floats come back bit for bit.
--
--	cp json.lua /lib/modules/lua/
--	lunatik eval 'return require("json").encode({ pi = 3.14159, primes = { 2, 3, 5 } })'
--
-- json.encode(value) -> text	raises an error for what JSON cannot hold
-- json.decode(text) -> value	raises an error that names the position
-- json.null			stands for null
-- json.array(table) -> table	marks a table as an array, for empty ones

local json = {}

local MAX_DEPTH = 100

json.null = setmetatable({}, {
	__tostring = function()
		return "null"
	end,
})

local ARRAY = { __name = "json.array" }

function json.array(list)
	return setmetatable(list or {}, ARRAY)
end

-- Encoding -----------------------------------------------------------------------------------------------

local ESCAPES = {
	['"'] = '\\"',
	["\\"] = "\\\\",
	["\b"] = "\\b",
	["\f"] = "\\f",
	["\n"] = "\\n",
	["\r"] = "\\r",
	["\t"] = "\\t",
}

local function escape(char)
	return ESCAPES[char] or ("\\u%04x"):format(char:byte())
end

local function encode_string(text)
	return '"' .. text:gsub('[%c"\\]', escape) .. '"'
end

local function encode_number(number)
	if math.type(number) == "integer" then
		return ("%d"):format(number)
	end
	if number ~= number or number == math.huge or number == -math.huge then
		error("JSON has no " .. tostring(number))
	end
	-- The shorter form, if it means the same number.
	local text = ("%.15g"):format(number)
	if tonumber(text) ~= number then
		text = ("%.17g"):format(number)
	end
	if not text:find("[.e]") then
		text = text .. ".0"
	end
	return text
end

local function is_array(value)
	return getmetatable(value) == ARRAY or value[1] ~= nil
end

local encode_value

local function encode_array(value, out, depth)
	for i = 1, #value do
		out[#out + 1] = i == 1 and "[" or ","
		encode_value(value[i], out, depth)
	end
	out[#out + 1] = #value == 0 and "[]" or "]"
end

local function encode_object(value, out, depth)
	local keys = {}
	for key in pairs(value) do
		if type(key) ~= "string" then
			error("a key of an object is no string but a " .. type(key))
		end
		keys[#keys + 1] = key
	end
	-- Sorted, so that the same table always gives the same text.
	table.sort(keys)
	for i, key in ipairs(keys) do
		out[#out + 1] = i == 1 and "{" or ","
		out[#out + 1] = encode_string(key)
		out[#out + 1] = ":"
		encode_value(value[key], out, depth)
	end
	out[#out + 1] = #keys == 0 and "{}" or "}"
end

function encode_value(value, out, depth)
	local kind = type(value)
	if kind == "string" then
		out[#out + 1] = encode_string(value)
	elseif kind == "number" then
		out[#out + 1] = encode_number(value)
	elseif kind == "boolean" then
		out[#out + 1] = tostring(value)
	elseif value == json.null then
		out[#out + 1] = "null"
	elseif kind ~= "table" then
		error("JSON has no " .. kind)
	elseif depth == MAX_DEPTH then
		error("nested too deep, or a table that contains itself")
	elseif is_array(value) then
		encode_array(value, out, depth + 1)
	else
		encode_object(value, out, depth + 1)
	end
end

function json.encode(value)
	local out = {}
	encode_value(value, out, 0)
	return table.concat(out)
end

-- Decoding -----------------------------------------------------------------------------------------------

local function fail(at, what)
	error(("position %d: %s"):format(at, what), 0)
end

local UNESCAPES = {
	['"'] = '"',
	["\\"] = "\\",
	["/"] = "/",
	b = "\b",
	f = "\f",
	n = "\n",
	r = "\r",
	t = "\t",
}

-- The character of the escape `\uXXXX` whose digits begin at `at`, and the position after it.
local function unicode(text, at)
	local code = tonumber(text:match("^%x%x%x%x", at) or fail(at, "four hexadecimal digits expected"), 16)
	if code < 0xD800 or code > 0xDFFF then
		return utf8.char(code), at + 4
	end
	local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "0", 16)
	if code > 0xDBFF or low < 0xDC00 or low > 0xDFFF then
		fail(at, "half a surrogate pair")
	end
	return utf8.char(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)), at + 10
end

local function decode_string(text, at)
	local simple, after = text:match('^"([^%c"\\]*)"()', at)
	if simple then
		return simple, after
	end
	local parts = {}
	at = at + 1
	while true do
		local plain, stop = text:match('^([^%c"\\]*)()', at)
		parts[#parts + 1] = plain
		local char = text:sub(stop, stop)
		if char == '"' then
			return table.concat(parts), stop + 1
		elseif char ~= "\\" then
			fail(stop, char == "" and "unfinished string" or "control character in a string")
		end
		local escaped = text:sub(stop + 1, stop + 1)
		if escaped == "u" then
			parts[#parts + 1], at = unicode(text, stop + 2)
		else
			parts[#parts + 1] = UNESCAPES[escaped] or fail(stop, "unknown escape")
			at = stop + 2
		end
	end
end

local function decode_number(text, at)
	local literal, after = text:match("^(-?%d+%.?%d*[eE]?[+-]?%d*)()", at)
	local number = literal and tonumber(literal)
	if not number or literal:find("^-?0%d") or literal:find("%.[eE]") or literal:find("%.$") then
		fail(at, "malformed number")
	end
	return number, after
end

local function skip(text, at)
	return text:match("^[ \t\r\n]*()", at)
end

local decode_value

local function decode_array(text, at, depth)
	local list = json.array()
	at = skip(text, at + 1)
	if text:sub(at, at) == "]" then
		return list, at + 1
	end
	while true do
		list[#list + 1], at = decode_value(text, at, depth)
		local char = text:sub(at, at)
		if char == "]" then
			return list, at + 1
		elseif char ~= "," then
			fail(at, "',' or ']' expected")
		end
		at = skip(text, at + 1)
	end
end

local function decode_object(text, at, depth)
	local object = {}
	at = skip(text, at + 1)
	if text:sub(at, at) == "}" then
		return object, at + 1
	end
	while true do
		if text:sub(at, at) ~= '"' then
			fail(at, "a key in quotes expected")
		end
		local key
		key, at = decode_string(text, at)
		at = skip(text, at)
		if text:sub(at, at) ~= ":" then
			fail(at, "':' expected")
		end
		object[key], at = decode_value(text, skip(text, at + 1), depth)
		local char = text:sub(at, at)
		if char == "}" then
			return object, at + 1
		elseif char ~= "," then
			fail(at, "',' or '}' expected")
		end
		at = skip(text, at + 1)
	end
end

local WORDS = { ["true"] = true, ["false"] = false, null = json.null }

-- The value that begins at `at`, and the position of what follows it and its white space.
function decode_value(text, at, depth)
	local char = text:sub(at, at)
	local value
	if char == '"' then
		value, at = decode_string(text, at)
	elseif char == "{" or char == "[" then
		if depth == MAX_DEPTH then
			fail(at, "nested too deep")
		end
		value, at = (char == "{" and decode_object or decode_array)(text, at, depth + 1)
	elseif char:find("[-%d]") then
		value, at = decode_number(text, at)
	else
		local word, after = text:match("^(%l+)()", at)
		value = WORDS[word]
		if value == nil then
			fail(at, "a value expected")
		end
		at = after
	end
	return value, skip(text, at)
end

function json.decode(text)
	local value, at = decode_value(text, skip(text, 1), 0)
	if at <= #text then
		fail(at, "nothing more expected")
	end
	return value
end

return json
