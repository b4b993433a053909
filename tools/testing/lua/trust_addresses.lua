-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- No value reveals its address: neither as text, nor as a key of a table, nor in an error. The argument is the folder
-- of the tests. Needs the module parameter testing=1.

local check = dofile(select(1, ...) .. "/lib/check.lua")
local addresses = dofile(select(1, ...) .. "/lib/addresses.lua")
local testing, rcu, mtmsg, mtint, lunatik, thread =
	require("lunatik.testing"), require("rcu"), require("mtmsg"), require("mtint"), require("lunatik"), require("thread")

local shared = rcu.table()
shared.a = shared
local file <const> = io.tmpfile()
local gmatch = ("x"):gmatch("x")
local VALUES = {
	["a table"] = { {} },
	["a table with a name"] = { setmetatable({}, { __name = "named" }) },
	["a function of Lua"] = { function() end, addresses.told },
	["a function of C"] = { rawlen, string.rep, gmatch, coroutine.wrap(rawlen), io.lines("/proc/version") },
	["a function of Rust"] = { rcu.table, lunatik.runtime, debug.getmetatable(shared).__index },
	["a coroutine"] = { coroutine.create(print), (coroutine.running()) },
	["a file"] = { file, io.stdout },
	["an address"] = { debug.upvalueid(addresses.told, 1), debug.upvalueid(addresses.note, 2) },
	["a string"] = { "short", ("long"):rep(100) },
	["an RCU table"] = { shared, lunatik._ENV, lunatik._ENV.runtimes },
	["a buffer"] = { mtmsg.newbuffer() },
	["an interruptible"] = { mtint.interruptible(mtint.id()) },
	["a thread"] = { require("llthreads2.ex").new("return 1"), thread.run(lunatik.runtime("suite_addresses"), "addresses") },
	["a runtime"] = { lunatik.runtime("suite_addresses") },
}
addresses.note_all()
for _, values in pairs(VALUES) do
	for _, value in ipairs(values) do
		addresses.note(value)
	end
end

-- The checks detect real addresses.
local own = testing.address(VALUES)
addresses.note(VALUES)
check.ok("an address is noticed as a number", addresses.told(own), own)
check.ok("as text", addresses.told(("x 0x%x y"):format(own)) and addresses.told(("%d"):format(own)))
check.ok("as a part of text", addresses.told(("ab%xcd"):format(own)) and addresses.told(("ab%08x"):format(own & 0xffffffff)))
check.ok("as bytes", addresses.told("x" .. ("<j"):pack(own)) and addresses.told((">j"):pack(own)))
check.ok("in a table", addresses.told({ { x = own } }))
check.ok("and other numbers are none", not addresses.told({ 0, 1, 65535, 0.5, 1 << 62, "deadbeef01", ("\0"):rep(20) }))

-- Ways to show a value as text.
local WAYS = {
	tostring = tostring,
	["%s"] = function(value)
		return ("%s"):format(value)
	end,
	["%p"] = function(value)
		return ("%p"):format(value)
	end,
	["%q"] = function(value)
		return ("%q"):format(value)
	end,
	["%d"] = function(value)
		return ("%d"):format(value)
	end,
	["%a"] = function(value)
		return ("%a"):format(value)
	end,
	["a sum"] = function(value)
		return value + 1
	end,
	["a concatenation"] = function(value)
		return value .. value
	end,
	["a comparison"] = function(value)
		return value < value, value <= 1
	end,
	["a length"] = function(value)
		return #value
	end,
	["bits"] = function(value)
		return value | 1
	end,
	["a call"] = function(value)
		return value(value)
	end,
	["an index"] = function(value)
		return value.x.y
	end,
	["an error"] = function(value)
		error(value)
	end,
	["an error that is text"] = function(value)
		error("x: " .. tostring(value))
	end,
	["a traceback"] = function(value)
		return debug.traceback(value), debug.traceback(tostring(value), 1)
	end,
	["getinfo"] = function(value)
		local info = debug.getinfo(value)
		return info.source, info.short_src, info.linedefined, info.what, info.nups, info.name
	end,
	["dump"] = function(value)
		return string.dump(value), string.dump(value, true)
	end,
	["a number"] = function(value)
		return tonumber(value), math.tointeger(value), math.type(value)
	end,
	["pack"] = function(value)
		return ("j"):pack(value)
	end,
	["rawlen"] = rawlen,
	["table.concat"] = function(value)
		return table.concat({ value })
	end,
	["a for loop"] = function(value)
		for i = value, 2 do
			return i
		end
	end,
	["a seed"] = function(value)
		return math.randomseed(value)
	end,
	["a type"] = io.type,
	["a message"] = function(value)
		local buffer = mtmsg.newbuffer()
		buffer:addmsg(value)
		return buffer:nextmsg(0)
	end,
	["an entry"] = function(value)
		shared.b = value
		return shared.b, rcu.map(shared, function() end)
	end,
	["an id"] = mtint.id,
	["a name"] = function(value)
		return worker.create(value)
	end,
	["a module"] = require,
	["a path"] = io.open,
	["a script"] = function(value)
		return load("error((...))")(value)
	end,
	["a permission"] = pledge,
	["a library"] = package.loadlib or rawlen,
}
for kind, values in pairs(VALUES) do
	local wrong, ways = {}, 0
	for name, way in pairs(WAYS) do
		for _, value in ipairs(values) do
			local results = table.pack(pcall(way, value))
			ways = ways + 1
			for i = 2, results.n do
				-- Every result except a table is checked as text, too.
				local result = results[i]
				if addresses.told(result) or addresses.told(type(result) ~= "table" and tostring(result) or "") then
					wrong[#wrong + 1] = name .. " gives " .. tostring(result)
				end
			end
		end
	end
	check.same(kind .. " tells no address", table.concat(wrong, "; "), "")
	check.ok("in many ways", ways > 30, ways)
end
check.ok("%p is told of objects", ("%p"):format({}):find("^0x%x+$") ~= nil)
check.same("and is the same for the same one", ("%p"):format(VALUES), ("%p"):format(VALUES))
for name, value in pairs({ seeds = { math.randomseed() }, names = { os.tmpname() }, memory = { collectgarbage("count") }, times = { os.clock(), os.time() } }) do
	check.ok(name .. " tell none", not addresses.told(value), value[1])
end
