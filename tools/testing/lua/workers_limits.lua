-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of workers.lua: the limits of queues.

local common = ...
local check, create = common.check, common.create
local same, raises, joined = check.same, check.raises, check.joined

same("the limits have defaults", joined(worker.limits().messages, worker.limits().bytes), "1024 1048576")
for _, bad in ipairs({
	{ messages = 0 },
	{ messages = -1 },
	{ messages = 1.5 },
	{ messages = "5" },
	{ messages = 65537 },
	{ bytes = 0 },
	{ bytes = (16 << 20) + 1 },
}) do
	local name, value = next(bad)
	raises(
		("%s = %s is refused"):format(name, tostring(value)),
		("field '%s' must be an integer from 1 to "):format(name),
		worker.limits,
		bad
	)
end
raises("limits are a table", "(table expected, got number)", worker.limits, 5)
do
	same(
		"limits are set one by one",
		joined(worker.limits({ messages = 2 }).messages, worker.limits().bytes),
		"2 1048576"
	)
	local w = create([[
		worker.message("ready")
		worker.peek()
		for i = 1, 10 do worker.message(i) end
		worker.message("end")
	]])
	worker.receive(w)
	worker.limits({ messages = 1024 })
	worker.send(w, "go")
	local got = {}
	repeat
		got[#got + 1] = worker.receive(w)
	until got[#got] == "end"
	same("a sender that waits loses nothing", table.concat(got, " "), "1 2 3 4 5 6 7 8 9 10 end")

	worker.limits({ messages = 1 })
	local r = create([[
		local ktime = require("linux").ktime
		worker.message("ready")
		local begun = ktime()
		repeat until ktime() - begun > 50000000
		local got = {}
		repeat
			got[#got + 1] = worker.peek()
		until got[#got] == "end"
		worker.message(table.concat(got, " "))
	]])
	worker.receive(r)
	for i = 1, 5 do
		worker.send(r, i)
	end
	worker.send(r, "end")
	same("the other way, too", worker.receive(r), "1 2 3 4 5 end")

	local dying = create(
		"worker.message(1) local ktime = require('linux').ktime local begun = ktime() repeat until ktime() - begun > 50000000"
	)
	worker.receive(dying)
	worker.send(dying, 1)
	same("a wait ends when the worker does", worker.send(dying, 2), false)

	worker.limits({ messages = 1024, bytes = 100 })
	local big = create("local m = worker.peek(); worker.message(#m); m = nil; worker.message(#worker.peek())")
	worker.send(big, ("x"):rep(1000))
	worker.send(big, ("x"):rep(2000))
	same("what is larger than the limit goes alone", joined(worker.receive(big), worker.receive(big)), "1000 2000")
	worker.limits({ bytes = 1 << 20 })
	raises(
		"16 MiB are too much for any",
		"cannot send more than 16 MiB",
		worker.send,
		create("worker.peek()"),
		("x"):rep(16 << 20)
	)
end
