-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: timers.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check = common.ltask, common.check
local same, ok, contains, failure, took = check.same, check.ok, common.contains, common.failure, common.took

contains("15.10: a time is not negative", failure(ltask.sleep, -1), "Invalid timer -1")
contains("3.7: nor as long as 2^31", failure(ltask.timeout, 1 << 31, print), "Invalid timer 2147483648")
contains("15.10: nor broken", failure(ltask.sleep, 1.5), "number has no integer representation")
ok("3.7: a numeral is taken", pcall(ltask.sleep, "1"))

-- Order.
do
	local fired, count, token = {}, 0, {}
	local function after(ti, name)
		ltask.timeout(ti, function(...)
			fired[#fired + 1] = name .. select("#", ...)
			count = count + 1
			if count == 6 then
				ltask.wakeup(token)
			end
		end)
	end
	for i = 5, 1, -1 do
		after(i, i)
	end
	after(3, "3b")
	ltask.wait(token)
	same("15.11: timers fire in the order of their times", table.concat(fired, " "), "10 20 30 3b0 40 50")
end
do
	local fired, token = {}, {}
	for i = 1, 100 do
		ltask.timeout(2, function()
			fired[#fired + 1] = i
			if i == 100 then
				ltask.wakeup(token)
			end
		end)
	end
	ltask.wait(token)
	local wrong = 0
	for i = 1, 100 do
		wrong = wrong + (fired[i] == i and 0 or 1)
	end
	same("3.7: equal times fire in the order in which they were set", wrong, 0)
end

-- Never early.
do
	local early = 0
	for _, ti in ipairs({ 1, 2, 5, 10 }) do
		early = early + (took(ltask.sleep, ti) < ti and 1 or 0)
	end
	same("3.7: no timer fires early", early, 0)
end

-- Cancelling.
do
	local fired = 0
	local handle = ltask.timeout(2, function()
		fired = fired + 1
	end)
	same("3.7: a timer is taken back", handle:cancel(), true)
	same("3.7: once", handle:cancel(), false)
	handle = ltask.timeout(1, function()
		fired = fired + 10
	end)
	ltask.sleep(4)
	same("3.7: and does not fire", fired, 10)
	same("3.7: one that has fired cannot be taken back", handle:cancel(), false)
end

-- Many.
do
	local count, seen, last, wrong = 10000, 0, 0, 0
	local token = {}
	local begun = ltask.counter()
	for i = 1, count do
		local ti = i * 7919 % 50 + 1
		ltask.timeout(ti, function()
			wrong = wrong + (ti < last and 1 or 0)
			last = ti
			seen = seen + 1
			if seen == count then
				ltask.wakeup(token)
			end
		end)
	end
	-- Setting them takes time, so only those that were set within the same hundredth have an order that is known.
	local setting = (ltask.counter() - begun) * 100
	ltask.wait(token)
	same("3.7: 10,000 timers fire", seen, count)
	print(("# setting them took %.1f hundredths, %d came after one of a later time"):format(setting, wrong))
	ok("3.7: in their order, but for the time that it takes to set them", setting >= 1 or wrong == 0)
	local handles = {}
	for i = 1, count do
		handles[i] = ltask.timeout(100000 + i, print)
	end
	local cancelled = 0
	for _, handle in ipairs(handles) do
		cancelled = cancelled + (handle:cancel() and 1 or 0)
	end
	same("3.7: 10,000 are taken back", cancelled, count)
end

-- Neither messages nor timers keep the others from being served.
do
	local a = common.user()
	local rounds, stop = 0, false
	local function again()
		rounds = rounds + 1
		return not stop and ltask.timeout(0, again)
	end
	again()
	for i = 1, 100 do
		assert(ltask.call(a, "echo", i) == i)
	end
	stop = true
	ok("5: answers come while a timer fires again and again", rounds > 1)
	local flood = true
	ltask.fork(function()
		while flood do
			ltask.send(a, "echo")
			ltask.sleep(0)
		end
	end)
	local time = took(ltask.sleep, 3)
	flood = false
	ok("5: a timer fires while messages come again and again", time < 50, time)
end
common.finish()
