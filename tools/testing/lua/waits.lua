-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run waits.lua PLACE WAIT
--
-- Waits with the function WAIT at PLACE, and stores the outcome in the table that all runtimes share: `begun`, `closed`
-- (a variable was closed), `returned` (the code continued after the wait), `again` (it also continued after the next
-- wait).

local place, kind = ...
local linux, rcu, runner, mtmsg, thread, lunatik =
	require("linux"), require("rcu"), require("lunatik.runner"), require("mtmsg"), require("thread"), require("lunatik")
local shared = lunatik._ENV
local LONG <const> = 100000000

-- Each returns a function that waits until it is stopped.
local waits = {
	schedule = function()
		return function()
			linux.schedule(LONG)
		end
	end,
	sleep = function()
		return function()
			mtmsg.sleep(LONG // 1000)
		end
	end,
	nextmsg = function()
		local buffer = mtmsg.newbuffer()
		return function()
			buffer:nextmsg()
		end
	end,
	receive = function()
		local w = worker.create("suite_waits_idle")
		return function()
			worker.receive(w)
		end
	end,
	send = function()
		worker.limits({ messages = 1 })
		local w = worker.create("suite_waits_idle")
		return function()
			while true do
				worker.send(w, "x")
			end
		end
	end,
	join = function()
		local t = runner.spawn("suite_waits_thread")
		return function()
			t:join()
		end
	end,
	stop = function()
		shared.stubborn = nil
		runner.spawn("suite_waits_stubborn")
		-- A thread that has not begun ends at once.
		while not shared.stubborn do
			linux.schedule(1)
		end
		return function()
			runner.stop("suite_waits_stubborn", 600000)
		end
	end,
	-- Other code executes the runtime.
	resume = function()
		local r = lunatik.runtime("suite_waits_busy")
		thread.run(r, "busy")
		linux.schedule(20)
		return function()
			r:resume()
		end
	end,
}
if kind == "list" then
	local names = {}
	for name in pairs(waits) do
		names[#names + 1] = name
	end
	table.sort(names)
	return table.concat(names, " ")
end

local function body()
	local wait = waits[kind]()
	local _ <close> = setmetatable({}, {
		__close = function()
			shared.closed = true
		end,
	})
	shared.begun = true
	-- Catching the error does not help.
	local _, message = pcall(wait)
	shared.returned = tostring(message or "nothing")
	pcall(linux.schedule, LONG)
	shared.again = true
end

local places = {
	chunk = body,
	coroutine = function()
		coroutine.wrap(function()
			pcall(coroutine.wrap(body))
			body()
		end)()
	end,
	tail = function()
		local wait = waits[kind]()
		shared.closed, shared.begun = true, true
		return pcall(wait)
	end,
	thread = function()
		return body
	end,
	callback = function()
		require("device").new({ name = "suite_waits", mode = 384, read = body })
	end,
}
return places[place]()
