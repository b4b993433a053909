-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Random messages between random workers, some of which are stopped at random. The arguments are the folder
-- tools/testing, the duration in seconds, the least number of messages, and the factor by which the machine is slower
-- than native.

local folder, seconds, least, slower =
	(...), tonumber((select(2, ...))), tonumber((select(3, ...))), tonumber((select(4, ...)))
local check = dofile(folder .. "/lib/check.lua")
local linux = require("linux")

-- The common start of all kinds: the end of their run, random time-outs, and a check that fails if a message is lost or
-- duplicated.
local common = [[
	local common, ending = ...
	local linux, random = require("linux"), math.random
	local count = 0
	local function over()
		return linux.ktime() > ending
	end
	local function expect(got, want)
		if got ~= want then
			error(("got %s instead of %s"):format(tostring(got), tostring(want)))
		end
		count = count + 1
	end
	-- Waits for a message from this worker in a random way.
	local function receive(w)
		local way = random(4)
		while way > 2 do
			local value, why = worker.receive(w, way == 3 and 0 or random(0, 2))
			if why ~= "timeout" then
				return value
			end
		end
		if way == 2 then
			return (coroutine.wrap(worker.receive)(w))
		end
		return (worker.receive(w))
	end
	local function limit()
		worker.limits({ messages = 1 << random(0, 8) })
	end
	local function create(code, ...)
		limit()
		return worker.create("./worker_code", common .. code, common, ending, ...)
	end
	local function peek()
		local way = random(3)
		while way > 1 do
			local value, why = worker.peek(random(0, 2))
			if why ~= "timeout" then
				return value
			end
		end
		return (worker.peek())
	end
]]
local kinds = {
	-- One asks, the other answers.
	pairs = [[
		local other = create("while true do worker.message(peek()) end")
		while not over() do
			local n = random(1, 64)
			for i = 1, n do
				worker.send(other, i)
				if random(100) == 1 then
					linux.schedule(random(0, 2))
				end
				expect(receive(other), i)
			end
		end
		worker.message(count * 2)
	]],
	-- One sends as fast as it can.
	flood = [[
		local other = create("local i = 0 while true do i = i + 1 worker.message(i) end")
		local i = 0
		while not over() do
			i = i + 1
			expect(receive(other), i)
		end
		worker.message(count)
	]],
	-- The same the other way.
	drain = [[
		local other = create("local i = 0 repeat local value = peek() i = i + 1 expect(value or i, i) until not value worker.message(i)")
		local i = 0
		while not over() do
			i = i + 1
			worker.send(other, i)
		end
		worker.send(other, false)
		expect(receive(other), i + 1)
		worker.message(i)
	]],
	-- Many workers send to one.
	star = [[
		local rays, at = {}, {}
		for i = 1, random(2, 12) do
			rays[i], at[i] = create("local i = 0 while true do i = i + 1 worker.message(i) if random(50) == 1 then linux.schedule(1) end end"), 0
		end
		while not over() do
			local got = table.pack(worker.receive(table.unpack(rays)))
			for i = 1, #rays do
				if got[i] then
					at[i] = at[i] + 1
					expect(got[i], at[i])
				end
			end
		end
		worker.message(count)
	]],
	-- Each worker passes messages on to the next, and back.
	ring = [[
		local level = select(3, ...) or random(2, 6)
		local next = level > 1 and create(select(4, ...) or RING, level - 1, select(4, ...) or RING)
		if select(3, ...) then
			while true do
				local value = peek()
				if next then
					worker.send(next, value)
					value = receive(next)
				end
				worker.message(value)
			end
		end
		local i = 0
		while not over() do
			i = i + 1
			worker.send(next, i)
			expect(receive(next), i)
		end
		worker.message(count * 2 * level)
	]],
	-- No messages, but time.
	compute = "local x = 0 while not over() do x = x + #tostring(x) end worker.message(0)",
}
kinds.ring = ("local RING = %q\n%s"):format(kinds.ring, kinds.ring)
local names = {}
for name in pairs(kinds) do
	names[#names + 1] = name
end
table.sort(names)

local ending = linux.ktime() + math.floor(seconds * 1e9)
local running, begun, stopped, messages, trouble = {}, 0, 0, 0, nil
local function take(unit)
	local good, result = pcall(worker.receive, unit.worker)
	if good then
		messages = messages + (result or 0)
	else
		trouble = trouble or unit.kind .. ": " .. tostring(result)
	end
end
while not trouble and linux.ktime() < ending do
	while #running < 12 do
		local kind = names[math.random(#names)]
		begun = begun + 1
		running[#running + 1] = {
			kind = kind,
			worker = worker.create(
				"./worker_code",
				common .. kinds[kind],
				common,
				linux.ktime() + math.random(20, 1500) * 1000000 * slower
			),
		}
	end
	linux.schedule(math.random(0, 20))
	local place = math.random(#running)
	local unit = running[place]
	if worker.status(unit.worker) == "dead" then
		take(unit)
		table.remove(running, place)
	elseif math.random(20) == 1 then
		stopped = stopped + 1
		table.remove(running, place)
		if math.random(2) == 1 then
			worker.stop(unit.worker, math.random(0, 1) * 100)
		end
		unit.worker = nil
		collectgarbage()
	end
end
for _, unit in ipairs(running) do
	take(unit)
end
print(("# %d messages in %.0f s; %d groups of workers, %d of them stopped"):format(messages, seconds, begun, stopped))
check.same("no message is lost, doubled or out of order", trouble, nil)
check.ok("and there were many", messages >= least, messages)
