-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Tests json.lua, which lies beside it or under /lib/modules/lua.
--
--	lunatik run json_test.lua

local json = require("json")

local function same(a, b)
	if type(a) ~= "table" or type(b) ~= "table" then
		return a == b and math.type(a) == math.type(b)
	end
	for key, value in pairs(a) do
		if not same(value, b[key]) then
			return false
		end
	end
	for key in pairs(b) do
		if a[key] == nil then
			return false
		end
	end
	return true
end

local count = 0

local function encodes(value, text)
	local got = json.encode(value)
	assert(got == text, ("expected %s, got %s"):format(text, got))
	count = count + 1
end

local function decodes(text, value)
	local got = json.decode(text)
	assert(same(got, value), "decoded wrongly: " .. text)
	count = count + 1
end

local function survives(value)
	local text = json.encode(value)
	assert(same(json.decode(text), value), "did not survive: " .. text)
	count = count + 1
end

local function refuses(text, message)
	local good, err = pcall(json.decode, text)
	assert(not good, "accepted: " .. text)
	assert(err:find(message, 1, true), ("expected %q, got %q"):format(message, err))
	count = count + 1
end

encodes({}, "{}")
encodes(json.array(), "[]")
encodes({ 1, 2.0, 0.5, -1e300 }, "[1,2.0,0.5,-1e+300]")
encodes({ b = true, a = json.null }, '{"a":null,"b":true}')
encodes('a"b\\c\n\1', '"a\\"b\\\\c\\n\\u0001"')
encodes(math.mininteger, "-9223372036854775808")

decodes(' { "a" : [ 1 , 2.5e3 , true , null ] } ', { a = { 1, 2500.0, true, json.null } })
decodes('"\\u00e9\\ud83d\\ude00\\/"', "é😀/")
decodes("-0.0", -0.0)
decodes("[]", {})

for _, number in ipairs({ 0.1, 1 / 3, math.pi, 5e-324, 1.7976931348623157e308, 2.0 ^ 53, 123456789012345678, 0.0 }) do
	survives(number)
end
survives({ deep = { { { { x = { 1, { y = "z" } } } } } } })
survives(("\0\127\255é"):rep(100))

refuses("", "a value expected")
refuses("[1,]", "position 4: a value expected")
refuses("{1:2}", "position 2: a key in quotes expected")
refuses('{"a" 1}', "':' expected")
refuses('"abc', "unfinished string")
refuses('"\\x"', "unknown escape")
refuses('"\\ud800x"', "half a surrogate pair")
refuses("01", "malformed number")
refuses("1.", "malformed number")
refuses("truth", "a value expected")
refuses("1 2", "position 3: nothing more expected")
refuses(("["):rep(1000), "nested too deep")

local endless = {}
endless[1] = endless
assert(not pcall(json.encode, endless))
assert(not pcall(json.encode, 0 / 0))
assert(not pcall(json.encode, { [{}] = 1 }))
assert(not pcall(json.encode, print))

print(count + 4 .. " checks of json.lua passed")
