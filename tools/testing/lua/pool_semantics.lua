-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks that a program does not notice that it leaves its kernel thread. Runs as a worker of pool_run.lua, which sends
-- back each table that has a field "back". The arguments are the folder tools/testing and the way in which the program
-- leaves its thread. The checks are in pool_semantics_*.lua beside this file, which get the common functions as an
-- argument.

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
	-- Other workers compute, too.
	compute = function(...)
		local ending = linux.ktime() + 10000000
		while linux.ktime() < ending do
		end
		return ...
	end,
}
if kind == "receive" or kind == "send" then
	worker.limits({ messages = 1 })
	own = worker.create(
		"./worker_code",
		[[
		while true do
			local values = worker.peek()
			if values.n then
				worker.message(values)
			end
		end
	]]
	)
end
local wait = assert(ways[kind])

-- Resumes a new coroutine with this body. Returns its state and the results of the resume.
local function resumed(body, ...)
	local thread = coroutine.create(body)
	local values = pack(coroutine.resume(thread, ...))
	return coroutine.status(thread), unpack(values, 1, values.n)
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

local common = { check = check, folder = folder, kind = kind, main = main, resumed = resumed, wait = wait }
-- Passes if the body returns these values, as check.joined shows them.
function common.gives(name, want, body, ...)
	same(kind .. ": " .. name, check.joined(body(...)), want)
end

local function run(part)
	assert(loadfile(("%s/lua/pool_semantics_%s.lua"):format(folder, part)))(common)
end
-- Beside workers that compute, each of hundreds of waits takes 100 ms, so one mode must suffice.
for _, mode in ipairs(kind == "compute" and { "generational" } or { "incremental", "generational" }) do
	collectgarbage(mode)
	for _, part in ipairs({ "calls", "metamethods", "errors", "coroutines", "held" }) do
		run(part)
	end
	same(kind .. ": no hook is left", debug.gethook(), nil)
	ok(kind .. ": nor another thread", select(2, coroutine.running()))
end
if kind == "peek" then
	run("peek")
end
if own then
	worker.stop(own)
end
