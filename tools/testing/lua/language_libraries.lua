-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks the libraries, as in any Lua 5.5. Run by language.lua.

local check = ...
local gives, refused, ok, same = check.gives, check.refused, check.ok, check.same

-- table.
gives("table.concat({ 1, 2.5, 'x' }, '-'), table.concat({}, 'x'), table.concat({ 1, 2, 3 }, ',', 2, 3)", "1-2.5-x  2,3")
gives("table.unpack({ 1, 2, 3 }, 2), table.unpack({}, 1, 2), table.pack(nil, nil).n", "2 nil 2")
gives(
	"(function() local t = { 1, 2, 3 } table.insert(t, 4) table.insert(t, 1, 0) return table.remove(t), table.remove(t, 1), #t end)()",
	"4 0 3"
)
gives("#table.move({ 1, 2, 3 }, 1, 3, 2), table.move({ 1, 2 }, 1, 2, 1, {})[2], type(table.create(10, 4))", "4 2 table")
gives("(function() local t = { 5, 2, 8, 1 } table.sort(t) return table.concat(t) end)()", "1258")
gives(
	"(function() local t = { 5, 2, 8, 1 } table.sort(t, function(a, b) return a > b end) return table.concat(t) end)()",
	"8521"
)
refused("table.sort({ 1, 'x' })", "attempt to compare")
refused(
	"table.sort({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, function() return true end)",
	"invalid order function for sorting"
)
refused("table.concat({ {} })", "invalid value (table) at index 1 in table for 'concat'")
refused("table.insert({}, 5, 1)", "bad argument #2 to 'insert' (position out of bounds)")
refused("local t = {}; t[0 / 0] = 1", "index is NaN")
refused("next({}, 'x')", "invalid key to 'next'")

-- string.
gives(
	"('x'):rep(3), ('ab'):rep(2, ','), ('abc'):upper(), ('ABC'):lower(), ('abc'):reverse(), ('abc'):len()",
	"xxx ab,ab ABC abc cba 3"
)
gives("('abc'):sub(2), ('abc'):sub(-2, -2), ('abc'):byte(1, -1), string.char(72, 105)", "bc b 97 Hi")
gives("('hello world'):find('wor'), ('hello'):find('l+'), ('a.b'):find('.', 1, true), ('x'):find('y')", "7 3 2 nil")
gives("('key = value'):match('^(%w+)%s*=%s*(%w+)$')", "key value")
gives("('2024-01-02'):match('(%d+)-(%d+)-(%d+)'), ('THE (quick) fox'):find('%((%a+)%)')", "2024 5 11 quick")
gives(
	"('THE (quick) fox'):match('%b()'), ('THE'):match('%f[%u]%u+'), ('  x '):match('^%s*(.-)%s*$'), ('ab'):match('()b()')",
	"(quick) THE x 2 3"
)
gives(
	"('hello'):gsub('l', { l = 'L' }), ('hello'):gsub('', '-'), ('abc'):gsub('%w', '%0%0', 2)",
	"heLLo -h-e-l-l-o- aabbc 2"
)
gives("('abc'):gsub('b', function() return nil end), ('x = $y'):gsub('%$(%w+)', '%%%1')", "abc x = %y 1")
gives(
	"(function() local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t[#t + 1] = k .. v end return table.concat(t) end)()",
	"a1b2"
)
refused("('x'):find('[a')", "malformed pattern (missing ']')")
refused("('x'):find('%')", "malformed pattern (ends with '%')")
refused("('x'):gsub('x', '%2')", "invalid capture index %2")
refused("string.rep('x', 1 << 40)", "")
refused("string.rep('x', -1 >> 1)", "resulting string too large")

-- string.format, every conversion.
gives("('%d %5d %-5d| %05d %+d % d'):format(1, 2, 3, 4, 5, 6)", "1     2 3    | 00004 +5  6")
gives("('%i %u'):format(1, 2)", "1 2")
refused("('%y'):format(1)", "invalid conversion '%y' to 'format'")
gives("('%x %X %#x %o %c %%'):format(255, 255, 255, 8, 65)", "ff FF 0xff 10 A %")
gives("('%e %.2e %E'):format(12345.678, 12345.678, 0.00012)", "1.234568e+04 1.23e+04 1.200000E-04")
gives(
	"('%f %.2f %10.3f|%-10.1f|%+.1f'):format(3.14159, 2.675, 1.5, 1.25, 0.05)",
	"3.141590 2.67      1.500|1.2       |+0.1"
)
gives(
	"('%g %.3g %g %g %g %#g'):format(100000, 1234567, 1e20, 1e-5, 0.1, 1.0)",
	"100000 1.23e+06 1e+20 1e-05 0.1 1.00000"
)
gives("('%a %.2a %A'):format(1.0, 3.14159, 0.5)", "0x1p+0 0x1.92p+1 0X1P-1")
gives("('%s %10s|%-10s|%.2s'):format('a', 'b', 'c', 'defg')", "a          b|c         |de")
gives(
	"('%q'):format('a\\n\\0\"\\\\'), ('%q'):format(1 / 3), ('%q'):format(math.mininteger)",
	'"a\\\n\\0\\"\\\\" 0x1.5555555555555p-2 0x8000000000000000'
)
gives("('%s %s %s'):format(nil, true, 1.0), ('%p'):format(1), ('%5.1s|'):format('xyz')", "nil true 1.0 (null)     x|")
gives("('%.99f'):format(1 / 3):len(), ('%99.99f'):format(-1e308):len()", "101 410")
gives(
	"('%d'):format(3.0), pcall(string.format, '%d', 3.5)",
	"3 false bad argument #2 to 'string.format' (number has no integer representation)"
)
gives("('%5s'):format(setmetatable({}, { __tostring = function() return 'T' end }))", "    T")
gives(
	"tostring(1e15), tostring(1e16), tostring(123456.789e3), tostring(-0.0), tostring(2^63), tostring(1e100)",
	"1e+15 1e+16 123456789.0 -0.0 9.2233720368547758e+18 1e+100"
)
gives(
	"tonumber('0x1p4'), tonumber('1e1'), tonumber('  12  '), tonumber('12a'), tonumber('z', 36), tonumber('7', 8), tonumber('8', 8), tonumber('')",
	"16.0 10.0 12 nil 35 7 nil nil"
)
gives(
	"tonumber('inf'), tonumber('nan'), tonumber('0x'), tonumber('1e'), tonumber('- 1'), tonumber('1 1'), tonumber('5e+2')",
	"nil nil nil nil nil nil 500.0"
)
gives(
	"math.type(1), math.type(1.0), math.type('1'), math.tointeger(3.0), math.tointeger(3.5), math.tointeger('8')",
	"integer float nil 3 nil 8"
)

-- string.pack.
gives(
	"('%q'):format(string.pack('<d', 1.5)) == ('%q'):format('\\0\\0\\0\\0\\0\\0\\xf8\\x3f'), string.unpack('<d', string.pack('<d', -2.25))",
	"true -2.25 9"
)
gives(
	"string.unpack('<f', string.pack('<f', 0.1)), string.unpack('>n', string.pack('>n', 1e300))",
	"0.10000000149011612 1e+300 9"
)
gives(
	"string.unpack('<f', string.pack('<f', 1e39)), string.unpack('<f', string.pack('<f', 1e-45))",
	"inf 1.4012984643248171e-45 5"
)
gives("string.pack('>I2', 258):byte(1, -1), string.pack('<i3', -2):byte(1, -1)", "1 254 255 255")
gives("string.unpack('z', 'abc\\0d'), string.unpack('s1', '\\3xyz'), string.packsize('<i4i8!8d')", "abc xyz 24")
gives(
	"string.pack('!4 i1 !4 i4', 1, 2):len(), string.unpack('<j', string.pack('<j', math.mininteger))",
	"8 -9223372036854775808 9"
)
refused("string.pack('i17', 1)", "integral size (17) out of limits [1,16]")
refused("string.pack('I1', 256)", "unsigned overflow")
refused("string.unpack('<i4', 'abc')", "data string too short")

-- utf8.
gives(
	"utf8.char(72, 228, 8364, 128512), utf8.len('häß€'), utf8.codepoint('€', 1), utf8.offset('aäb', 3)",
	"Hä€😀 4 8364 4 4"
)
gives("utf8.len('\\xff'), utf8.len('\\u{7FFFFFFF}', 1, -1, true), ('x€y'):match(utf8.charpattern, 2)", "nil 1 €")
gives("(function() local n = 0 for p, c in utf8.codes('aé€') do n = n + p * c end return n end)()", "34019")
refused("for _ in utf8.codes('\\xff') do end", "invalid UTF-8 code")

-- math.
gives(
	"math.floor(3.7), math.ceil(3.2), math.floor(-3.7), math.abs(-5), math.fmod(-7, 3), math.fmod(7.5, 2)",
	"3 4 -4 5 -1 1.5"
)
gives(
	"math.max(1, 2.5), math.min(3, 1), math.sqrt(2), math.exp(0), math.log(8, 2), math.log(100, 10), math.log(1)",
	"2.5 1 1.4142135623730951 1.0 3.0 2.0 0.0"
)
gives(
	"math.sin(0), math.cos(0), math.tan(0), math.asin(1), math.acos(1), math.atan(1, -1), math.atan(1)",
	"0.0 1.0 0.0 1.5707963267948966 0.0 2.3561944901923448 0.78539816339744828"
)
gives("math.modf(3.7), math.modf(-3.5), math.modf(math.huge)", "3 -3 inf 0.0")
gives(
	"math.pi, math.huge, -math.huge, math.deg(math.pi), math.rad(180)",
	"3.1415926535897931 inf -inf 180.0 3.1415926535897931"
)
gives("math.ult(1, -1), math.ult(-1, 1), math.frexp(8.0), math.ldexp(0.5, 4)", "true false 0.5 8.0")
gives(
	"math.floor(2^70), math.tointeger(2^53), 1e15 // 1, -7 // 2.0",
	"1.1805916207174113e+21 9007199254740992 1e+15 -4.0"
)
math.randomseed(42)
local first = { math.random(), math.random(100), math.random(-5, 5), math.random(0) }
math.randomseed(42)
local again = { math.random(), math.random(100), math.random(-5, 5), math.random(0) }
same("the same seed gives the same random numbers", table.concat(first, " "), table.concat(again, " "))
ok(
	"random numbers are in range",
	(function()
		for _ = 1, 1000 do
			local f, i = math.random(), math.random(3, 5)
			if f < 0 or f >= 1 or i < 3 or i > 5 or math.type(i) ~= "integer" then
				return false
			end
		end
		return true
	end)()
)
refused("math.random(2, 1)", "interval is empty")
refused("math.floor('x')", "bad argument #1 to 'floor' (number expected, got string)")

-- os and time.
gives(
	"os.time({ year = 2024, month = 2, day = 29, hour = 12 }), os.date('!%Y-%m-%d %H:%M:%S', 0), os.date('!*t', 86400).yday",
	"1709208000 1970-01-01 00:00:00 2"
)
gives(
	"os.date('!%A %B %d %j %p %y %%', 1709208000), os.date('!%c', 0), os.date('!%x %X %D %F %T', 0)",
	"Thursday February 29 060 PM 24 % Thu Jan  1 00:00:00 1970 01/01/70 00:00:00 01/01/70 1970-01-01 00:00:00"
)
gives(
	"os.difftime(5, 3), os.getenv('SURELY_NOT_SET'), math.type(os.time()), math.type(os.clock())",
	"2.0 nil integer float"
)
gives(
	"(function() local t = { year = 2024, month = 14, day = -3, hour = 0 } os.time(t) return t.year, t.month, t.day end)()",
	"2025 1 28"
)
refused("os.date('%Ez')", "invalid conversion specifier '%Ez'")
refused("os.time({ year = 2024 })", "field 'month' missing in date table")
ok("time is after 2020", os.time() > 1577836800)
ok(
	"os.clock goes forward",
	(function()
		local t = os.clock()
		for _ = 1, 1e6 do
		end
		return os.clock() >= t
	end)()
)

-- load and environments.
gives("load('return ...', 'name', 't')(7), load('x = ', '=name')", "7 nil name:1: unexpected symbol near <eof>")
gives(
	"(function() local parts = { 'return ', '1 + ', '1' } local i = 0 return load(function() i = i + 1 return parts[i] end)() end)()",
	"2"
)
gives("load('y = 5; return y', 'c', 't', { })(), y, load(function() return nil end) ~= nil", "5 nil true")
gives("load('return 1', 'c', 'b')", "nil attempt to load a text chunk (mode is 'b')")
gives("load('\\27Lua', 'c', 't')", "nil attempt to load a binary chunk (mode is 't')")
gives("select(2, load(function() return {} end)):match('reader.*')", "reader function must return a string")
gives(
	"select(2, load('error(\"x\")', '@file.lua')) , select(2, pcall(load('error(\"x\")', '@file.lua')))",
	"nil file.lua:1: x"
)

-- debug.
gives(
	"debug.getinfo(1, 'l').currentline, debug.getinfo(print).what, debug.getinfo(function() end, 'S').linedefined",
	"1 C 1"
)
gives(
	"debug.getlocal(function(a, b) end, 2), debug.getupvalue(function() return print end, 1), debug.getmetatable('').__index == string",
	"b _ENV true"
)
gives(
	"type(debug.traceback()), debug.traceback('m', 1):match('^m\\nstack traceback:\\n') ~= nil, debug.traceback({}) ~= nil",
	"string true true"
)
gives("(function() local a = 1 debug.setlocal(1, 1, 5) return a end)()", "5")
gives(
	"(function() local n = 0 debug.sethook(function() n = n + 1 end, 'l') local x = 1\nx = 2\nx = 3\ndebug.sethook() return n end)()",
	"3"
)
gives(
	"(function() local n = 0 debug.sethook(function() n = n + 1 end, '', 100) for i = 1, 10000 do end debug.sethook() return n > 50 end)()",
	"true"
)
gives(
	"debug.gethook(), type(debug.getregistry()), debug.upvalueid(function() return print end, 1) ~= nil",
	"nil table true"
)

-- require.
package.preload["preloaded"] = function(name, extra)
	return name .. extra
end
gives("require('preloaded')", "preloaded:preload: :preload:")
gives("package.loaded.preloaded, package.loaded._G == _G, package.config:sub(1, 1)", "preloaded:preload: true /")
gives("package.searchpath('no.such', '/x/?.lua;/y/?')", "nil no file '/x/no/such.lua'\n\tno file '/y/no/such'")
refused(
	"require('no.such.module')",
	"module 'no.such.module' not found:\n\tno field package.preload['no.such.module']\n\tno file "
)

-- Base functions.
gives(
	"type(nil), type(1), type('x'), type({}), type(print), type(coroutine.create(print)), type(true)",
	"nil number string table function thread boolean"
)
gives("tostring({}):match('^table: ') ~= nil, tostring(print):match('^%a+: ') ~= nil, tostring(nil)", "true true nil")
gives("#_VERSION, _VERSION, _G._G == _G, next({}), rawlen('abc')", "7 Lua 5.5 true nil 3")
gives("(function() local n = 0 for i, v in ipairs({ 1, 2, nil, 4 }) do n = n + v end return n end)()", "3")
