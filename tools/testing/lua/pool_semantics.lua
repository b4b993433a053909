-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What a program sees of leaving its kernel thread: nothing. Runs as a worker of pool_run.lua, which sends back each
-- table that has a field "back". The arguments are the folder tools/testing and how the program leaves its thread.

local folder, kind = ...
local check = dofile(folder .. "/lib/check.lua")
local linux = require("linux")
local ok, same, raises = check.ok, check.same, check.raises
local unpack, pack = table.unpack, table.pack

-- Ways to leave the thread. Each returns its arguments.
local own
local ways = {
	peek = function(...)
		worker.message({ back = pack(...) })
		local values = worker.peek().back
		return unpack(values, 1, values.n)
	end,
	timeout = function(...)
		local value, why = worker.peek(1)
		assert(value == nil and why == "timeout")
		return ...
	end,
	schedule = function(...)
		assert(linux.schedule(1) == 0)
		return ...
	end,
	-- The queue has room for one message.
	message = function(...)
		for _ = 1, 3 do
			assert(worker.message({}) == true)
		end
		return ...
	end,
	send = function(...)
		for _ = 1, 3 do
			assert(worker.send(own, {}) == true)
		end
		return ...
	end,
	receive = function(...)
		worker.send(own, pack(...))
		local values = worker.receive(own)
		return unpack(values, 1, values.n)
	end,
	stop = function(...)
		local w <close> = worker.create("./worker_code", "worker.peek()")
		worker.stop(w)
		return ...
	end,
	-- Others compute, too.
	compute = function(...)
		local ending = linux.ktime() + 10000000
		while linux.ktime() < ending do
		end
		return ...
	end,
}
if kind == "receive" or kind == "send" then
	worker.limits({ messages = 1 })
	own = worker.create("./worker_code", [[
		while true do
			local values = worker.peek()
			if values.n then
				worker.message(values)
			end
		end
	]])
end
local wait = assert(ways[kind])

local function said(...)
	local values = pack(...)
	for i = 1, values.n do
		values[i] = tostring(values[i])
	end
	return table.concat(values, " ", 1, values.n)
end

-- The body gives this.
local function gives(name, want, body, ...)
	same(kind .. ": " .. name, said(body(...)), want)
end

local function resumed(body, ...)
	local thread = coroutine.create(body)
	local values = pack(coroutine.resume(thread, ...))
	return coroutine.status(thread), unpack(values, 1, values.n)
end

local function deep(n, f)
	if n == 0 then
		return (f())
	end
	return (deep(n - 1, f))
end

local main, is_main = coroutine.running()
ok(kind .. ": a worker runs in its main thread", is_main)
same(kind .. ": which cannot yield", coroutine.isyieldable(), false)
same(kind .. ": nor by name", coroutine.isyieldable(main), false)
raises(kind .. ": and says so", "attempt to yield from outside a coroutine", coroutine.yield)
raises(kind .. ": wherever", "attempt to yield from outside a coroutine", function()
	local x = coroutine.yield(1)
	return x
end)

for round = 1, 2 do
	if round == 2 then
		collectgarbage("generational")
	end
	gives("values and their number", "0 1 3 nil nil nil", function()
		return select("#", wait()), select("#", wait(nil)), select("#", wait(nil, nil, nil)), wait(nil, nil, nil)
	end)
	gives("a call in an expression", "3", function()
		return wait(1) + wait(2)
	end)
	gives("a tail call", "4 5", function()
		return wait(4, 5)
	end)
	gives("arguments of a call", "4", function()
		return select("#", wait(1), wait(2), wait(3, 4))
	end)
	gives("a table constructor", "4 1 2 3", function()
		local t = { wait(1), wait(2, 9), wait(3, 4) }
		return #t, t[1], t[2], t[3]
	end)
	gives("variable arguments", "2 1 1", function(...)
		local n = wait(select("#", ...))
		return n, wait(...), (wait(...))
	end, 1, nil)
	gives("deep in calls", "7", function()
		return deep(100, function()
			return wait(7)
		end)
	end)
	gives("conditions and loops", "10", function()
		local sum = 0
		for i = wait(1), wait(4), wait(1) do
			if wait(true) then
				sum = sum + wait(i)
			end
		end
		return sum
	end)
	gives("closures", "3 3", function()
		local n = 0
		local function add()
			wait()
			n = n + 1
			return n
		end
		add()
		add()
		return add(), n
	end)
	gives("pcall", "true 1 2", function()
		return pcall(function(...)
			return wait(...)
		end, 1, 2)
	end)
	gives("pcall of what waits", "true 6 7", pcall, wait, 6, 7)
	gives("an error after it", "false here", pcall, function()
		wait()
		error("here", 0)
	end)
	gives("errors in a row", "1 2 3 false 4", function()
		local got = {}
		for i = 1, 3 do
			local good, err = pcall(function()
				wait()
				error(wait(i), 0)
			end)
			assert(not good)
			got[i] = wait(err)
		end
		got[4], got[5] = pcall(error, wait(4), 0)
		return unpack(got)
	end)
	gives("pcall in pcall in pcall", "true true false deep", pcall, pcall, pcall, function()
		pcall(pcall, wait)
		error(wait("deep"), 0)
	end)
	gives("xpcall", "false 1handled", xpcall, function()
		error(wait(1), 0)
	end, function(err)
		return err .. "handled"
	end)
	gives("a handler that waits", "false 1 handled", xpcall, function()
		error(wait(1), 0)
	end, function(err)
		return wait(err .. " handled")
	end)
	gives("a handler after that", "false x y", function()
		xpcall(wait, wait)
		return xpcall(function()
			pcall(wait)
			error("x", 0)
		end, function(err)
			return err .. " y"
		end)
	end)
	gives("metamethods", "3 1 2 8 true true true x7 9 6 5 4", function()
		local m
		m = {
			__add = function()
				return wait(1)
			end,
			__index = function(_, key)
				return key == "field" and wait(2) or nil
			end,
			__newindex = function(t, key, value)
				rawset(t, key, wait(value))
			end,
			__call = function(_, ...)
				return wait(...)
			end,
			__eq = function()
				return wait(true)
			end,
			__lt = function()
				return wait(true)
			end,
			__le = function()
				return wait(true)
			end,
			__concat = function()
				return wait(7)
			end,
			__len = function()
				return wait(9)
			end,
			__unm = function()
				return wait(6)
			end,
			__band = function()
				return wait(5)
			end,
			__idiv = function()
				return wait(4)
			end,
		}
		local a, b = setmetatable({}, m), setmetatable({}, m)
		a.x = 3
		return a.x, a + 1, a.field, a(8), a == b, a < b, a <= b, "x" .. ("y" .. a), #a, -a, a & 1, 1 // a
	end)
	gives("negated comparisons", "false false false no", function()
		local m = {
			__eq = wait,
			__lt = function()
				return wait(true)
			end,
			__le = function()
				return wait(1)
			end,
		}
		local a, b = setmetatable({}, m), setmetatable({}, m)
		return not (a == b), not (a < b), not (a <= 5), a ~= b and "yes" or "no"
	end)
	gives("a concatenation of many", "a1b2c3", function()
		local m = setmetatable({}, {
			__concat = function(x, y)
				return (type(x) == "table" and "1" or x) .. wait("") .. (type(y) == "table" and "1" or y)
			end,
		})
		return "a" .. m .. "b" .. wait(2) .. "c" .. wait(3)
	end)
	gives("an iterator", "1 2 3 6", function()
		local got, sum = {}, 0
		for i, v in function(_, last)
			wait()
			if last < 3 then
				return wait(last + 1, last + 1)
			end
		end, nil, 0 do
			got[i] = v
			sum = sum + wait(v)
		end
		return got[1], got[2], got[3], sum
	end)
	gives("an iterator of a coroutine", "1 2 3", function()
		local got = {}
		for v in coroutine.wrap(function()
			for i = 1, 3 do
				wait()
				coroutine.yield(wait(i))
				wait()
			end
		end) do
			got[#got + 1] = wait(v)
		end
		return unpack(got)
	end)
	gives("a variable that is closed", "body close nil end", function()
		local order = {}
		do
			local _ <close> = setmetatable({}, {
				__close = function(_, err)
					order[#order + 1] = wait("close")
					order[#order + 1] = tostring(wait(err))
				end,
			})
			order[#order + 1] = wait("body")
		end
		order[#order + 1] = wait("end")
		return unpack(order)
	end)
	gives("two, and results", "1 2 3 second first", function()
		local order = {}
		local function named(name)
			return setmetatable({}, {
				__close = function()
					order[#order + 1] = wait(name)
				end,
			})
		end
		local function body()
			local _ <close> = named("first")
			local _ <close> = named("second")
			return wait(1, 2, 3)
		end
		local a, b, c = body()
		return a, b, c, unpack(order)
	end)
	gives("one after an error", "false late seen late", function()
		local seen
		local good, err = pcall(function()
			local _ <close> = setmetatable({}, {
				__close = function(_, err)
					seen = "seen " .. wait(err)
				end,
			})
			error(wait("late"), 0)
		end)
		return good, err, seen
	end)
	gives("one of a loop", "1 closed", function()
		local closed
		for v in
			function()
				return wait(1)
			end,
			nil,
			nil,
			setmetatable({}, {
				__close = function()
					closed = wait("closed")
				end,
			})
		do
			if v then
				return v, closed or "closed"
			end
		end
	end)
	gives("a coroutine", "dead true 1 2", resumed, wait, 1, 2)
	gives("one that fails", "dead false x", resumed, function()
		wait()
		error(wait("x"), 0)
	end)
	gives("one that yields", "true 1 suspended true 2 30 dead false cannot resume dead coroutine", function()
		local thread = coroutine.create(function(a)
			local b = coroutine.yield(wait(a))
			wait()
			return wait(2, b)
		end)
		local got = { coroutine.resume(thread, 1) }
		got[3] = coroutine.status(thread)
		got[4], got[5], got[6] = coroutine.resume(thread, 30)
		got[7] = coroutine.status(thread)
		got[8], got[9] = coroutine.resume(thread)
		return unpack(got, 1, 9)
	end)
	gives("states within", "normal normal running false true cannot resume non-suspended coroutine", function()
		local outer
		outer = coroutine.create(function()
			return coroutine.wrap(function()
				wait()
				local me = coroutine.running()
				return coroutine.status(main),
					coroutine.status(outer),
					coroutine.status(me),
					select(2, coroutine.running()),
					coroutine.isyieldable(),
					select(2, coroutine.resume(main))
			end)()
		end)
		return select(2, coroutine.resume(outer))
	end)
	gives("ten coroutines in coroutines", "10 11 1 2 3", function()
		local function nested(n)
			if n == 0 then
				return wait(0), wait(1, 1, 2, 3)
			end
			local run = n % 2 == 0 and coroutine.wrap(nested)
				or function(...)
					return select(2, coroutine.resume(coroutine.create(nested), ...))
				end
			local got = pack(run(n - 1))
			wait()
			return got[1] + wait(1), got[2] + 1, unpack(got, 3, got.n)
		end
		return nested(10)
	end)
	gives("coroutines that yield through others", "6 30", function()
		local inner = coroutine.wrap(function()
			for i = 1, 3 do
				coroutine.yield(wait(i))
			end
		end)
		local outer = coroutine.wrap(function()
			local sum = 0
			for _ = 1, 3 do
				sum = sum + inner()
				sum = sum + coroutine.yield(wait(sum)) * 0
			end
			return sum, wait(30)
		end)
		outer()
		outer(1)
		outer(1)
		return outer(1)
	end)
	gives("a coroutine that is closed", "true closed", function()
		local closed
		local thread = coroutine.create(function()
			local _ <close> = setmetatable({}, {
				__close = function()
					closed = wait("closed")
				end,
			})
			coroutine.yield(wait())
		end)
		coroutine.resume(thread)
		return coroutine.close(thread), closed
	end)
	gives("a coroutine that failed and is closed by wrap", "false x closed", function()
		local closed
		local good, err = pcall(coroutine.wrap(function()
			local _ <close> = setmetatable({}, {
				__close = function()
					closed = wait("closed")
				end,
			})
			wait()
			error("x", 0)
		end))
		return good, err, closed
	end)
	-- Where Lua cannot yield, the thread is held.
	gives("a sort", "1 2 3 4", function()
		local t = { 3, 1, 4, 2 }
		table.sort(t, function(a, b)
			return wait(a) < wait(b)
		end)
		return unpack(t)
	end)
	gives("a substitution", "<a><b> 2", function()
		return ("ab"):gsub("%w", function(letter)
			return wait("<" .. letter .. ">")
		end)
	end)
	gives("a conversion", "text!", function()
		return ("%s"):format(setmetatable({}, {
			__tostring = function()
				return wait("text!")
			end,
		}))
	end)
	gives("a chunk that is read by a function", "5", function()
		local parts = { "return ", "5" }
		return load(function()
			return wait(table.remove(parts, 1))
		end)()
	end)
	gives("a module", "loaded false", function()
		package.preload["suite_waits"] = function()
			return wait("loaded"), wait()
		end
		package.loaded["suite_waits"] = nil
		return require("suite_waits"), coroutine.isyieldable()
	end)
	gives("a coroutine in a sort in a coroutine", "1 2 3", coroutine.wrap(function()
		local t = { 3, 1, 2 }
		table.sort(t, function(a, b)
			return coroutine.wrap(function()
				return wait(a) < wait(b)
			end)()
		end)
		wait()
		return unpack(t)
	end))
	gives("a finalizer", "final", function()
		local seen
		setmetatable({}, {
			__gc = function()
				seen = wait("final")
			end,
		})
		collectgarbage()
		collectgarbage()
		return seen
	end)
	for _, event in ipairs({ "line", "call", "return", "count" }) do
		gives("a hook for each " .. event, "1 3 true", function()
			local calls = 0
			debug.sethook(function()
				calls = calls + 1
			end, event == "count" and "" or event:sub(1, 1), event == "count" and 100 or 0)
			local a = wait(1)
			local b = coroutine.wrap(function()
				return wait(1) + wait(2)
			end)()
			for _ = 1, 100 do
				b = b + 0
			end
			debug.sethook()
			return a, b, calls > 0
		end)
	end
	gives("a hook that waits", "hooked nil", function()
		local seen
		debug.sethook(function()
			debug.sethook()
			seen = wait("hooked")
		end, "l")
		local _ = wait()
		return seen, debug.gethook()
	end)
	gives("deep recursion through C", "80", function()
		local function nested(n)
			if n == 0 then
				return wait(0)
			end
			local value
			local _ = ("x"):gsub("x", function()
				value = nested(n - 1) + 1
			end)
			return value
		end
		return nested(80)
	end)
	gives("deep recursion through coroutines", "90", function()
		local function nested(n)
			return n == 0 and wait(0) or coroutine.wrap(nested)(n - 1) + 1
		end
		return nested(90)
	end)
	gives("collections between", "true", function()
		local sum = 0
		for i = 1, 10 do
			local t = { wait(i) }
			collectgarbage(i % 2 == 0 and "collect" or "step")
			sum = sum + t[1]
		end
		return sum == 55
	end)
	-- What a traceback says, it says after a wait, too.
	local function trace(f)
		local function level1()
			local text = debug.traceback("x")
			return text
		end
		local function level2()
			f()
			local text = level1()
			return text
		end
		local text = coroutine.wrap(function()
			local _, text = pcall(level2)
			return text
		end)() .. level2()
		return text
	end
	local text
	for _, f in ipairs({ function() end, wait }) do
		local now = trace(f)
		ok(kind .. ": tracebacks", now == (text or now) and now:find("level1", 1, true) and now:find("level2", 1, true), now)
		text = now
	end
	local function fails()
		local t
		wait()
		return t.x
	end
	local _, trouble = xpcall(fails, debug.traceback)
	ok(
		kind .. ": the traceback of an error",
		trouble:find("pool_semantics.lua:%d+: attempt to index a nil value %(local 't'%)\nstack traceback:")
			and trouble:find("pool_semantics.lua:%d+: in function <", 1),
		trouble
	)
	same(kind .. ": no hook is left", debug.gethook(), nil)
	ok(kind .. ": nor another thread", select(2, coroutine.running()))
end

-- The functions themselves, called by Lua in each way.
if kind == "peek" then
	local function echo(value)
		worker.message({ back = value })
	end
	gives("a tail call of the function", "x", function()
		echo("x")
		local function tail()
			return worker.peek()
		end
		return tail().back
	end)
	gives("one with a time-out", "nil timeout", function()
		return worker.peek(1)
	end)
	gives("pcall of the function", "true nil timeout", pcall, worker.peek, 1)
	gives("a coroutine whose body it is", "dead true nil timeout", resumed, worker.peek, 1)
	gives("wrap", "nil timeout", coroutine.wrap(worker.peek), 1)
	gives("xpcall", "true nil timeout", xpcall, worker.peek, print, 1)
	gives("it is the iterator", "3", function()
		local n = 0
		for _ = 1, 3 do
			for value in worker.peek, 1 do
				n = n - 100
			end
			n = n + 1
		end
		return n
	end)
	gives("it is a metamethod", "true true", function()
		local t = setmetatable({}, {
			__call = function(...)
				return select("#", ...) == 2 and worker.message({})
			end,
			__index = function()
				return worker.message({})
			end,
		})
		return t(1), t.x
	end)
	gives("its arguments are checked again and are the same", "false true", function()
		local good, err = pcall(worker.peek, -1)
		return good, err:find("bad argument #1 to '", 1, true) ~= nil
	end)
	gives("all results of an open call", "2", function()
		return select("#", worker.peek(0))
	end)
	gives("results that are adjusted", "nil timeout nil", function()
		local a, b, c = worker.peek(1)
		return a, b, c
	end)
end
if own then
	worker.stop(own)
end
