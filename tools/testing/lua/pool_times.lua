-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Time-outs of workers. The arguments are the folder tools/testing, the number of workers that sleep at once, and the
-- least number of races between a message and a time-out.

local folder, sleepers, tries = (...), math.tointeger((select(2, ...))), math.tointeger((select(3, ...)))
local check = dofile(folder .. "/lib/check.lua")
local linux = require("linux")
local same, ok = check.same, check.ok

local function median(times)
	table.sort(times)
	return times[#times // 2 + 1]
end

-- The lateness of each time-out. It is measured at most three times, and the best counts: other activity of the machine
-- and its host sometimes delays all of them.
local own = {}
for i = 1, 100 do
	local begun = linux.ktime()
	linux.schedule(1)
	own[i] = linux.ktime() - begun - 1000000
end
local function lateness(way)
	local w = worker.create(
		"./worker_code",
		([[
			local ktime = require("linux").ktime
			local own = worker.create("./worker_code", "worker.peek()")
			for i = 1, 100 do
				local ms = i %% 5 + 1
				local begun = ktime()
				local _ = %s
				worker.message(ktime() - begun - ms * 1000000)
			end
		]]):format(way)
	)
	local late = {}
	for i = 1, 100 do
		late[i] = worker.receive(w)
	end
	return median(late), late
end
for _, way in ipairs({ "worker.peek(ms)", "require('linux').schedule(ms)", "worker.receive(own, ms)" }) do
	local least, earliest
	for _ = 1, 3 do
		local middle, late = lateness(way)
		print(
			("# %s ends %.3f ms late (at most %.3f), a sleep elsewhere %.3f"):format(
				way,
				middle / 1e6,
				late[100] / 1e6,
				median(own) / 1e6
			)
		)
		least = math.min(least or middle, middle)
		earliest = math.min(earliest or late[1], late[1])
		if least < 1000000 then
			break
		end
	end
	ok(way .. " never ends too early", earliest >= 0, earliest)
	ok("and less than a millisecond too late", least < 1000000 + 2 * median(own), least)
end

-- Many at once, measured in the same way: the machine's host may deschedule a CPU for longer than all of them sleep.
local least
for _ = 1, 3 do
	local all = {}
	for i = 1, sleepers do
		all[i] = worker.create(
			"./worker_code",
			[[
				local linux, ms = require("linux"), ...
				worker.peek()
				local begun = linux.ktime()
				if ms % 2 == 0 then
					linux.schedule(ms)
				else
					worker.peek(ms)
				end
				worker.message(linux.ktime() - begun - ms * 1000000)
			]],
			math.random(1, 1000)
		)
	end
	for i = 1, sleepers do
		worker.send(all[i], 1)
	end
	local late = {}
	for i = 1, sleepers do
		late[i] = worker.receive(all[i])
	end
	same(sleepers .. " that sleep at once all end", #late, sleepers)
	local middle = median(late)
	print(("# %d sleep: %.3f ms late (at most %.3f)"):format(sleepers, middle / 1e6, late[#late] / 1e6))
	ok("none too early", late[1] >= 0, late[1])
	least = math.min(least or middle, middle)
	if least < 20000000 then
		break
	end
end
ok("half of them hardly late", least < 20000000 + 2 * median(own), least)

-- Messages and time-outs at the same time.
do
	local pairs_of, messages = 50, tries // 250
	local code = [[
		local linux, messages = require("linux"), ...
		local other = worker.create("./worker_code", [=[
			local linux, messages = require("linux"), ...
			local next, tries = 1, 0
			while next <= messages do
				if math.random(3) > 1 then
					linux.schedule(1)
				end
				worker.message(next)
				repeat
					tries = tries + 1
					local value, why = worker.peek(math.random(0, 1))
					if value ~= nil and value ~= next or value == nil and why ~= "timeout" then
						error(("%s, %s instead of %d"):format(value, why, next))
					end
				until value == next
				next = next + 1
			end
			if worker.peek(1) ~= nil then
				error("one message more")
			end
			worker.message({ tries = tries })
		]=], messages)
		local next, tries = 1, 0
		while true do
			tries = tries + 1
			local value, why = worker.receive(other, math.random(0, 1))
			if value == next then
				next = next + 1
				if math.random(3) > 1 then
					linux.schedule(1)
				end
				worker.send(other, value)
			elseif type(value) == "table" then
				tries = tries + value.tries
				break
			elseif value ~= nil or why ~= "timeout" then
				error(("%s, %s instead of %d"):format(value, why, next))
			end
		end
		worker.message({ messages = next - 1, tries = tries })
	]]
	local all, got, tried = {}, 0, 0
	for i = 1, pairs_of do
		all[i] = worker.create("./worker_code", code, messages)
	end
	for i = 1, pairs_of do
		local good, result = pcall(worker.receive, all[i])
		if good and result then
			got, tried = got + result.messages, tried + result.tries
		else
			print("# " .. tostring(result))
		end
	end
	print(("# %d waits with time-outs for %d messages"):format(tried, 2 * got))
	same("no message is lost or doubled by a time-out", got, pairs_of * messages)
	ok("in as many tries as there were to be", tried >= tries, tried)
end
