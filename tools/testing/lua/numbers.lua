-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Prints many numbers in every form. A run in the kernel and a run in user space must print the same bytes. Arguments:
-- the seed, and the number of random doubles.

local seed, count = math.tointeger(tonumber((...) or 1)), math.tointeger(tonumber(select(2, ...) or 1000))

-- A private generator, so that both sides use the same numbers, independent of math.random.
local state = seed * 2654435769 + 88172645463325252
local function random()
	state = state ~ (state << 13)
	state = state ~ (state >> 7)
	state = state ~ (state << 17)
	return state
end

local function double(bits)
	return (string.unpack("<d", string.pack("<i8", bits)))
end

local FLOATS = {
	"%g",
	"%e",
	"%f",
	"%a",
	"%.0f",
	"%.1f",
	"%.3f",
	"%.20f",
	"%.0e",
	"%.17g",
	"%.14g",
	"%.1g",
	"%#.5g",
	"%+.3e",
	"% .4g",
	"%020.6f",
	"%-25.10e|",
	"%25.10g|",
	"%G",
	"%E",
	"%A",
	"%.3a",
	"%.0a",
	"%.99g",
	"%#.0f",
}
local INTEGERS = { "%d", "%x", "%X", "%o", "%#x", "%+d", "% d", "%20d|", "%-20d|", "%020d", "%.10d", "%i" }

local function show_float(value)
	local out = {}
	for i, form in ipairs(FLOATS) do
		out[i] = form:format(value)
	end
	out[#out + 1] = tostring(value)
	out[#out + 1] = ("%q"):format(value)
	out[#out + 1] = ("%q"):format(string.pack("<f", value)) .. ("%q"):format(string.pack(">d", value))
	out[#out + 1] = tostring(math.tointeger(value))
		.. " "
		.. tostring(math.floor(value))
		.. " "
		.. tostring(math.ceil(value))
	print(table.concat(out, " "))
end

local function show_integer(value)
	local out = {}
	for i, form in ipairs(INTEGERS) do
		out[i] = form:format(value)
	end
	out[#out + 1] = tostring(value)
	out[#out + 1] = tostring(value + 0.0)
	out[#out + 1] = tostring(value / 3)
	print(table.concat(out, " "))
end

local function show_text(text)
	local number = tonumber(text)
	print(text, math.type(number), number, number and ("%a"):format(number))
end

local SPECIAL = {
	0.0,
	-0.0,
	1.0,
	-1.0,
	0.5,
	0.1,
	1 / 3,
	2 / 3,
	1e15,
	1e16,
	1e17,
	123456789012345680.0,
	2 ^ 53,
	2 ^ 53 - 1,
	2 ^ 63,
	-2 ^ 63,
	2 ^ 64,
	1e21,
	1e22,
	1e23,
	1e100,
	1e-5,
	1e-4,
	9.5,
	2.5,
	3.5,
	0.05,
	0.25,
	999999.5,
	9999995.0,
	0.99999999999999994,
	math.pi,
	math.huge,
	-math.huge,
	5e-324,
	2.2250738585072014e-308,
	2.2250738585072009e-308,
	1.7976931348623157e308,
	8.5,
	1e-310,
}
for _, value in ipairs(SPECIAL) do
	show_float(value)
end
for _ = 1, count do
	local value = double(random())
	if value == value then
		show_float(value)
	end
	-- Numbers of everyday size, and halves that round to even.
	show_float((random() >> 40) / (1 << (random() & 31)))
	show_float((random() >> 11) * tonumber("1e" .. (random() & 31) - 16))
end

for _, value in ipairs({ 0, 1, -1, math.maxinteger, math.mininteger, 1 << 53, (1 << 53) + 1, 1 << 62 }) do
	show_integer(value)
end
for _ = 1, count do
	show_integer(random())
	show_integer(random() >> (random() & 63))
end

for _, text in ipairs({
	"0",
	"-0",
	"00",
	"1",
	"1.",
	".1",
	".",
	"1e",
	"1e1",
	"1e+1",
	"1e-1",
	"1e+",
	"0x",
	"0x1",
	"0x.1",
	"0x1p",
	"0x1p1",
	"0x1p-1074",
	"0x1.8p1023",
	"0x1p1024",
	"1e308",
	"1e309",
	"-1e309",
	"1e-324",
	"3e-324",
	"2.4703282292062327e-324",
	"2.4703282292062328e-324",
	"9007199254740993",
	"9007199254740993.0",
	"9007199254740992.9999999999",
	"9223372036854775807",
	"9223372036854775808",
	"-9223372036854775808",
	"-9223372036854775809",
	"0xffffffffffffffff",
	"0x1ffffffffffffffff",
	" 1 ",
	"1 2",
	"1_0",
	"inf",
	"nan",
	"INF",
	"infinity",
	"0x1.fffffffffffff8p0",
	"0x1.fffffffffffff7p0",
	"1e00000000000000000000005",
	"1e-99999999999",
	"1e99999999999",
	"0." .. ("0"):rep(400) .. "1e400",
	("1"):rep(400),
	"1" .. ("0"):rep(308),
	"179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
}) do
	show_text(text)
end
for _ = 1, count do
	local digits = ("%d"):format(random() >> (random() & 31)):gsub("-", "")
	local at = (random() & 15) % #digits
	show_text(digits:sub(1, at) .. "." .. digits:sub(at + 1) .. "e" .. (random() & 511) - 256)
end

-- Arithmetic.
for _ = 1, count do
	local a, b = double(random()), double(random())
	local c, d = (random() >> 30) / 65536, (random() >> 40) / 65536 + 1
	for _, pair in ipairs({ { a, b }, { c, d }, { -c, d } }) do
		local x, y = pair[1], pair[2]
		if x == x and y == y then
			print(
				x + y == x + y and ("%a"):format(x + y),
				("%a"):format(x * y),
				x / y == x / y and ("%a"):format(x / y),
				x < y,
				x <= y,
				x // y,
				x % y == x % y and ("%a"):format(x % y)
			)
		end
	end
	print(("%a %a"):format(math.sqrt(c), math.fmod(c, d)), c // 1 | 0, math.floor(-c))
end
