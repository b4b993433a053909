-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Timers of a runtime: many of them cost no thread and little memory, and each fires in time. The arguments are the
-- folder tools/testing and the number of timers.

local folder, count = (...), math.tointeger((select(2, ...)))
local check = dofile(folder .. "/lib/check.lua")
local same, ok = check.same, check.ok
local testing, linux = require("lunatik.testing"), require("linux")

-- Timers fire in the order of their times, independent of the order of setting; timers for the same time fire in the
-- order of setting.
local set = {}
for i = 1, 200 do
	local at, number = testing.set_timer((i * 7919) % 100)
	set[i] = { at = at, number = number }
end
local cancelled = 0
for i = 1, 200, 10 do
	cancelled = cancelled + (testing.cancel_timer(set[i].at, set[i].number) and 1 or 0)
end
same("timers are taken back", cancelled, 20)
same("once", testing.cancel_timer(set[1].at, set[1].number), false)
local last, in_order, early, seen = { 0, 0 }, true, 0, 0
while testing.timers() > 0 do
	local at, number = testing.next_timer()
	seen = seen + 1
	in_order = in_order and (at > last[1] or (at == last[1] and number > last[2]))
	early = early + (linux.ktime() < at and 1 or 0)
	last = { at, number }
end
same("all others come", seen, 180)
ok("in their order", in_order)
same("none of them early", early, 0)
same("past ones come at once", (function()
	testing.set_timer(-5)
	testing.set_timer(math.mininteger)
	testing.next_timer()
	testing.next_timer()
	return testing.timers()
end)(), 0)

-- A worker that has many timers and waits for the first of them.
local w <const> = worker.create(
	"./worker_code",
	[[
	local count, testing = ..., require("lunatik.testing")
	local before = testing.counted()
	for i = 1, count do
		testing.set_timer(3600000 + i)
	end
	worker.message(testing.counted() - before)
	testing.set_timer(200)
	testing.next_timer()
	worker.message(testing.timers())
	testing.next_timer()
	]],
	count
)
local bytes = worker.receive(w)
print(("# %d timers take %d KiB"):format(count, bytes // 1024))
ok(count .. " of them take less than 2 MiB", bytes > count and bytes < 2 << 20)
local ending = linux.ktime() + 5000000000
while testing.pool().busy > 0 and linux.ktime() < ending do
	linux.schedule(1)
end
same("and no thread", testing.pool().busy, 0)
same("the first one comes", worker.receive(w), count)
worker.stop(w)

-- A timer that is never due.
local late <const> = worker.create(
	"./worker_code",
	[[
	local testing = require("lunatik.testing")
	testing.set_timer(math.maxinteger)
	worker.message(1)
	testing.next_timer()
	]]
)
same("a timer may be due at the end of time", worker.receive(late), 1)
linux.schedule(20)
same("it is waited for", worker.status(late), "running")
worker.stop(late)
same("until a stop", worker.status(late), "dead")
