-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Functions of modules that are written in Lua: they work like any others, report where they are defined, and give no
-- more access than other functions. The first argument is the folder of the tests, the second a script whose function
-- calls the code that it is given.

local folder, child = ...
local check = dofile(folder .. "/lib/check.lua")
local lunatik, testing = require("lunatik"), require("lunatik.testing")

local NAME <const> = "lunatik.testing.library"
local WHERE <const> = "[lib lunatik.testing.library]:"
local open = package.preload[NAME]
local library, data = require(NAME)

-- Loading the module.
check.same("its loader data say that it is built in", data, ":preload:")
check.same("require gives it once", require(NAME), library)
check.ok("opened again it is another one", open(NAME) ~= library)
for _, name in ipairs({ "internal.resume", "nosuch", NAME .. "\0", NAME:sub(1, -2), "", ("x"):rep(1 << 20) }) do
	check.raises(("what opens it opens nothing else (%q)"):format(name:sub(1, 30)), "no module that is built in", open, name)
end
check.raises("nor nothing", "string expected", open)

-- The functions work.
check.same("lists", table.concat(library.list.reversed(library.list.map({ 1, 2, 3 }, tostring))), "321")
check.same("sets", #(library.Set.new({ 1, 2, 3 }) * library.Set.new({ 2, 3, 4 })), 2)
local heap = library.Heap.new()
for _, value in ipairs({ 5, 1, 4, 2, 3 }) do
	heap:push(value)
end
check.same("heaps", heap:pop() .. heap:pop() .. heap:pop(), "123")
check.same("texts", library.text.base64("lunatik"), "bHVuYXRpaw==")
check.same("integers", library.text.checksum("123456789"), 0xCBF43926)
check.same("settings", library.settings.parse("[a]\nb = 1.5").a.b, 1.5)
check.same("orders", table.concat(library.ordered({ a = { "b" }, b = {} })), "ba")

-- Places and names.
local function line_of(error)
	return tostring(error):match("^" .. WHERE:gsub("%p", "%%%0") .. "(%d+): ")
end
local good, err = pcall(library.fail, "x")
check.ok("an error says the module and the line", not good and line_of(err), err)
check.ok("and what it is", err:find("the library fails with x", 1, true), err)
local traceback = select(2, xpcall(library.fail, debug.traceback, "x"))
check.ok("so does a traceback", traceback:find("\n\t" .. WHERE .. line_of(err) .. ": in ", 1, true), traceback)
check.raises("Lua's own errors do, and name variables", "attempt to index a nil value (local 'field')", library.fault, {})
check.raises("with long names, too", "(local 'a_variable_whose_name_is_a_string_that_is_long')", library.fault_of_long_name, {})
check.raises("a long text is whole", "the size of a cache must be an integer that is greater than 0", library.Cache.new, 0)
local info = debug.getinfo(library.fail, "SLu")
check.same("debug.getinfo tells the source", info.source, "=[lib lunatik.testing.library]")
check.ok("and lines", next(info.activelines) and info.linedefined < info.lastlinedefined, info.linedefined)
check.same("debug.getlocal tells names", debug.getlocal(library.fail, 1), "value")
check.same("debug.getupvalue does", debug.getupvalue(library.fail, 1), "_ENV")
local lines = 0
debug.sethook(function()
	lines = lines + (debug.getinfo(2, "S").short_src == WHERE:sub(1, -2) and 1 or 0)
end, "l")
library.text.trim(" x ")
debug.sethook()
check.ok("hooks see its lines", lines > 0, lines)

-- Each runtime has its own long strings: such a string is the same key as any string with the same text.
local built = table.concat({ "a string of more than forty bytes", "which runtimes do not share" }, ", ")
check.ok("a long string is that string", built == library.LONG)
check.same("and that key", ({ [built] = "found" })[library.LONG], "found")
check.same("in both directions", ({ [library.LONG] = "found" })[built], "found")
local text, address = ("%p"):format(library.LONG), testing.address(library.LONG)
check.ok("nobody learns where it lies", text ~= address and not text:find(("%x"):format(math.tointeger(address) or 0), 1, true), text)
check.ok("nor where a function does", not tostring(library.fail):find(("%x"):format(math.tointeger(testing.address(library.fail)) or 0), 1, true))

-- A module whose functions nest too deep for sharing is private to the runtime, and works, too.
local deep = require("lunatik.testing.deep")
local value, long, depth = deep("value")
check.ok("functions nested deeply work", value == "value" and #long > 40 and depth == 17)
check.same("with their long strings", ({ ["another string of more than forty bytes" .. ", in a buffer"] = 1 })[long], 1)
check.same("and lines", debug.getinfo(deep, "S").source, "=[lib lunatik.testing.deep]")
check.ok("in which string.dump finds all", #string.dump(deep) > 17 * 20, #string.dump(deep))

-- Byte code.
local dump = string.dump(library.text.trim)
check.ok("string.dump works", dump:sub(1, 4) == "\27Lua" and #string.dump(library.text.trim, true) < #dump)
for _, mode in ipairs({ "b", "bt", "t" }) do
	local loaded, why = load(dump, "=x", mode)
	check.ok(("what it gives is no function again (mode %s)"):format(mode),
		not loaded and why:find("attempt to load a binary chunk", 1, true), why)
end
for _, mode in ipairs({ "B", "bB", "BT" }) do
	check.raises("nor in a fixed buffer by load, mode " .. mode, "invalid mode", load, dump, "=x", mode)
	check.raises("nor by loadfile, mode " .. mode, "invalid mode", loadfile, "/dev/null", mode)
end

-- A change affects only the runtime that makes it.
local changes = [[
	local library = require("lunatik.testing.library")
	for i = 1, math.huge do
		if not debug.getupvalue(library.text.base64, i) then break end
		debug.setupvalue(library.text.base64, i, nil)
	end
	library.text.trim = nil
	library.LONG = nil
	return pcall(library.text.base64, "x")
]]
local runtime <close> = lunatik.runtime(child)
check.same("one spoils its functions", runtime:resume(changes), false)
check.same("and another one sees nothing of it", library.text.base64("x") .. library.text.trim(" y "), "eA==y")
local thread = require("llthreads2.ex").new(library.text.trim, " z ")
thread:start()
check.same("its functions run in other threads", select(2, thread:join()), "z")
local co = coroutine.wrap(library.list.map)
check.same("and yield as any others", co({ 1 }, coroutine.yield), 1)

-- The collector, in each mode, while there are copies that are garbage.
local function churn()
	for i = 1, 200 do
		package.loaded[NAME], package.loaded["lunatik.testing.deep"] = nil, nil
		library = require(NAME)
		assert(select(3, require("lunatik.testing.deep")(i)) == 17)
		collectgarbage("step", i % 7)
		assert(library.text.base64(library.LONG):sub(1, 4) == "YSBz")
	end
	for _ = 1, 5 do
		collectgarbage()
	end
	return collectgarbage("count")
end
for _, mode in ipairs({ "generational", "incremental" }) do
	collectgarbage(mode)
	local before = churn()
	local grown = churn() - before
	check.ok(("copies go away again (%s)"):format(mode), grown < 8, grown .. " KiB")
end
