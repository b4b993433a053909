-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes each allocation fail in turn, in programs that use every part of Lua: each run either succeeds or ends with
-- "not enough memory", and nothing leaks. Needs the module parameter testing=1. The argument is the folder
-- tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local testing = require("lunatik.testing")

-- More allocations than any program makes: a bound for the loop.
local MANY = 20000

local programs = {
	{
		"tables",
		function()
			local t = {}
			for i = 1, 50 do
				t[i] = { i, [i .. "k"] = i }
			end
			return #t
		end,
	},
	{
		"strings",
		function()
			local s = {}
			for i = 1, 40 do
				s[i] = ("%5d %s %g"):format(i, ("x"):rep(i * 10), i / 3)
			end
			return #table.concat(s, ","):upper():gsub("X+", "y")
		end,
	},
	{
		"patterns",
		function()
			local n = 0
			for a, b in ("k1=v1,k2=v2,k3=v3"):rep(5):gmatch("(%w+)=(%w+)") do
				n = n + #a + #b
			end
			return n, (("abc"):gsub("%w", function(c)
				return c .. c
			end))
		end,
	},
	{
		"closures",
		function()
			local all = {}
			for i = 1, 30 do
				local n = i
				all[i] = function()
					n = n + 1
					return n
				end
			end
			return all[30]()
		end,
	},
	{
		"coroutines",
		function()
			local n = 0
			for i = 1, 10 do
				for v in
					coroutine.wrap(function()
						for j = 1, i do
							coroutine.yield(j)
						end
					end)
				do
					n = n + v
				end
			end
			return n
		end,
	},
	{
		"deep calls",
		function()
			local function deep(n)
				return n == 0 and 0 or 1 + deep(n - 1)
			end
			return deep(2000)
		end,
	},
	{
		"compilation",
		function()
			return assert(
				load(
					"local a <const>, b = 1, {2, x = function(...) return ... end} goto e ::e:: for i = 1, 3 do b[i] = i .. 'x' end return b.x(a, 'text', 1.5)"
				)
			)()
		end,
	},
	{
		"errors",
		function()
			return xpcall(function()
				local t <close> = setmetatable({}, {
					__close = function()
						return {}
					end,
				})
				error({ code = "x" .. tostring(t) })
			end, debug.traceback)
		end,
	},
	{
		"metatables",
		function()
			local m = setmetatable({}, {
				__index = function(_, k)
					return { k }
				end,
				__concat = function(a)
					return { a }
				end,
			})
			return m.x, m .. "", m.y
		end,
	},
	{
		"finalizers",
		function()
			for _ = 1, 20 do
				setmetatable({}, {
					__gc = function(o)
						o.text = ("z"):rep(100)
					end,
				})
			end
			collectgarbage()
		end,
	},
	{
		"weak tables",
		function()
			local w = setmetatable({}, { __mode = "kv" })
			for i = 1, 30 do
				w[{}] = { i }
			end
			collectgarbage()
			return next(w)
		end,
	},
	{
		"sorting",
		function()
			local t = {}
			for i = 1, 50 do
				t[i] = (i * 7919) % 101
			end
			table.sort(t, function(a, b)
				return a < b
			end)
			return table.unpack(t)
		end,
	},
	{
		"utf8 and pack",
		function()
			local s = utf8.char(228, 8364, 128512)
			return utf8.len(s), string.pack("z s4 d", s, s, 1.5), string.unpack("z", s .. "\0")
		end,
	},
	{
		"files",
		function()
			local path = os.tmpname()
			local f <close> = assert(io.open(path, "w"))
			f:write(("line\n"):rep(10))
			f:close()
			local n = 0
			for line in io.lines(path) do
				n = n + #line
			end
			os.remove(path)
			return n
		end,
	},
	{
		"require",
		function()
			package.loaded.linux, package.loaded.rcu = nil, nil
			return require("linux").ktime(), require("rcu").table(2)
		end,
	},
	{
		"constants",
		function()
			local nf, names = require("linux.nf"), 0
			for _ in pairs(nf.ip.pri) do
				names = names + 1
			end
			return nf.inet.LOCAL_OUT + nf.action.DROP, names > 10, pcall(function()
				nf.new = 1
			end)
		end,
	},
	{
		"a module in Lua",
		function()
			package.loaded["lunatik.testing.library"], package.loaded["lunatik.testing.deep"] = nil, nil
			-- A package's module lacks it. Where it has to be, the suite lib says so if it is not.
			local there, library = pcall(require, "lunatik.testing.library")
			if not there and library:find("not found", 1, true) then
				return
			end
			assert(there, library)
			require("lunatik.testing.deep")()
			return library.text.base64(library.LONG), #library.Set.new({ 1, 2 })
		end,
	},
	{
		"rcu tables",
		function()
			local t = require("rcu").table(2)
			for i = 1, 10 do
				t["k" .. i] = ("v"):rep(i)
			end
			local n = 0
			for _, v in pairs(t) do
				n = n + #v
			end
			return n
		end,
	},
	{
		"messages",
		function()
			local shared = { ("s"):rep(100) }
			local nested = {}
			for i = 1, 40 do
				nested = { nested, [{ i }] = shared, ["name" .. i] = i + 0.5 }
			end
			return testing.time_messages(
				1,
				nested,
				("x"):rep(200),
				shared,
				require("rcu").table(2),
				{ require("rcu").table(2), shared }
			)
		end,
	},
	{
		"debug",
		function()
			local function traced()
				return debug.traceback("m"), debug.getinfo(1).short_src
			end
			return traced()
		end,
	},
	{
		"workers",
		function()
			local w <close> = worker.create("./worker_code", "worker.message(worker.peek()) worker.peek()")
			worker.send(w, { 1, { "x" } })
			local good, message = pcall(worker.receive, w)
			if not good then
				-- The message was not lost.
				message = assert(worker.receive(w, 60000))
			end
			return #message[2][1]
		end,
	},
	{
		"dates",
		function()
			return os.date("!%c"),
				os.date("*t").year,
				os.time({ year = 2024, month = 1, day = 1 }),
				tostring(1 / 3),
				tonumber("1e10")
		end,
	},
}

local function is_clean(err)
	err = tostring(err)
	-- A library may report the lack of memory in its own words, such as the error of open(2).
	return err:find("not enough memory", 1, true)
		or err:find("annot allocate memory", 1, true)
		or err:find("ENOMEM", 1, true)
end

for _, entry in ipairs(programs) do
	local name, program = entry[1], entry[2]
	program()
	for _, stay in ipairs({ false, true }) do
		for _ = 1, 5 do
			collectgarbage()
		end
		local before = collectgarbage("count")
		-- A failed allocation may have no effect, because a collection makes room, so one success is not the end.
		local failures, successes, dirty, n = 0, 0, nil, 0
		repeat
			n = n + 1
			testing.fail_allocation(n, stay)
			local good, err = pcall(program)
			testing.fail_allocation(0)
			if good then
				successes = successes + 1
			else
				failures, successes = failures + 1, 0
				if not is_clean(err) then
					dirty = dirty or ("allocation %d: %s"):format(n, tostring(err))
				end
			end
		until successes == 100 or n == MANY
		local kind = stay and "each allocation and all after it" or "each allocation in turn"
		-- A collection makes up for a single failure wherever Lua may collect.
		check.ok(
			('%s: %s fails, and only "not enough memory" comes of it'):format(name, kind),
			(failures > 0 or not stay) and n < MANY and not dirty,
			dirty or (failures .. " failures in " .. n)
		)
		-- Each collection halves a Lua stack that is too large.
		for _ = 1, 5 do
			collectgarbage()
		end
		local lost = collectgarbage("count") - before
		check.ok(("%s: nothing is lost when %s fails"):format(name, kind), lost < 16, lost .. " KiB more are in use")
	end
end
