-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Waits that a stop does not end, for code that cleans up by itself after a stop: only the end of the grace ends them.
-- The argument is the folder tools/testing. The script suite_outlast spawns the code in `shared.code`.

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local same, ok = check.same, check.ok
local linux, runner = require("linux"), require("lunatik.runner")
local shared = require("lunatik")._ENV

local LONG = 60000
-- Stores what each wait returns. `closed` and `went_on` show how the code has ended.
local CODE = [[
	local testing, shared = require("lunatik.testing"), require("lunatik")._ENV
	local function wait(...)
		local good, result = pcall(testing.outlast_stop, ...)
		return tostring(good and result)
	end
	local function body()
		local _ <close> = setmetatable({}, { __close = function() shared.closed = true end })
		shared.begun = true
		%s
		shared.went_on = true
	end
	%s
]]
local PLACES = { ["main thread"] = "body()", coroutine = "coroutine.wrap(body)()" }

-- Each way returns a function that stops the code within a grace of so many milliseconds, and waits until it is gone.
local ways = {
	worker = function(code)
		local w = worker.create("./worker_code", code)
		return function(grace)
			worker.stop(w, grace)
		end
	end,
	thread = function(code)
		shared.code = code
		runner.spawn("suite_outlast")
		return function(grace)
			runner.stop("suite_outlast", grace)
		end
	end,
}

-- Starts `body`, stops it with the grace, and returns how many milliseconds the stop took.
local function stop(way, place, body, grace)
	for _, name in ipairs({ "begun", "closed", "went_on", "first", "second" }) do
		shared[name] = nil
	end
	local stops = ways[way](CODE:format(body, PLACES[place]))
	while not shared.begun do
		linux.schedule(1)
	end
	-- The code waits, or will see that it was told to stop.
	linux.schedule(20)
	local begun = linux.ktime()
	stops(grace)
	return (linux.ktime() - begun) // 1000000
end

for way in pairs(ways) do
	for place in pairs(PLACES) do
		local at = (" (%s, %s)"):format(way, place)

		local ms = stop(way, place, "testing.set_timer(300) shared.first = wait()", LONG)
		same("a wait outlasts a stop" .. at, shared.first, "true")
		ok("and ends at its time" .. at, ms >= 200 and ms < LONG // 2, ms)
		same("its code goes on" .. at, shared.went_on, true)

		ms = stop(
			way,
			place,
			([[
				local at, number = testing.set_timer(%d)
				shared.first = wait(true)
				testing.cancel_timer(at, number)
				testing.set_timer(100)
				shared.second = wait()
			]]):format(LONG),
			LONG
		)
		same("a stop wakes such a wait" .. at, shared.first, "false")
		same("its code can wait again" .. at, shared.second, "true")
		ok("which takes as long as it takes" .. at, ms >= 100 and ms < LONG // 2, ms)
		same("and goes on" .. at, shared.went_on, true)

		ms = stop(way, place, ("testing.set_timer(%d) shared.first = wait()"):format(LONG), 200)
		ok("the end of the grace ends such a wait" .. at, ms >= 190 and ms < LONG // 2, ms)
		same("and closes variables" .. at, shared.closed, true)
		same("but the code does not go on" .. at, shared.went_on, nil)

		ms = stop(way, place, ("testing.set_timer(%d) shared.first = wait()"):format(LONG), 0)
		ok("without a grace it ends at once" .. at, ms < LONG // 2, ms)
		same("and the code does not go on either" .. at, shared.went_on, nil)
	end
end
