-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Counters and histograms, in one runtime. The argument is the folder tools/testing.

local check = dofile((...) .. "/lib/check.lua")
local percpu, rcu = require("percpu"), require("rcu")
local same, ok, raises = check.same, check.ok, check.raises

-- Counters.
local held = { counter = percpu.counter("suite.counter") }
same("a new counter is 0", held.counter:sum(), 0)
held.counter:add()
held.counter:add(41)
same("it adds 1, or what it is told", held.counter:sum(), 42)
held.counter:add(-2)
held.counter:add(0)
held.counter:add(2.0)
same("less, nothing, and floats that are integers", held.counter:sum(), 42)
held.counter:add(math.maxinteger)
same("sums wrap around", held.counter:sum(), math.mininteger + 41)
held.counter:add(-math.maxinteger)
same("nothing is returned", select("#", held.counter:add()), 0)
raises("a fraction is refused", "number has no integer representation", held.counter.add, held.counter, 0.5)
raises("a table is refused", "number expected, got table", held.counter.add, held.counter, {})
raises("what is no counter is refused", "percpu.counter expected, got no value", held.counter.add)
local histogram <const> = percpu.histogram("suite.h")
raises("a histogram is none", "percpu.counter expected, got percpu.histogram", held.counter.sum, histogram)
same("the refused ones added nothing", held.counter:sum(), 43)

-- Names.
held.again = percpu.counter("suite.counter")
same("the same name is the same counter", held.again:sum(), 43)
ok("and equal", held.again == held.counter)
ok("another one is not", held.again ~= percpu.counter("suite.other"))
raises("a name is of one kind", "'suite.counter' is a counter", percpu.histogram, "suite.counter")
raises("of either", "'suite.h' is a histogram", percpu.counter, "suite.h")
ok("a name has 64 bytes", percpu.counter(("n"):rep(64)))
ok("any bytes", percpu.counter("\0"):sum() == 0 and percpu.counter("\0\0") ~= percpu.counter("\0"))
raises("not more", "a name must have 1 to 64 bytes", percpu.counter, ("n"):rep(65))
raises("nor less", "a name must have 1 to 64 bytes", percpu.histogram, "")
raises("nor is a number a name", "string expected, got number", percpu.counter, 1)

-- They are gone with their last reference.
held.again = nil
collectgarbage()
same("one reference is enough", percpu.counter("suite.counter"):sum(), 43)
local t = rcu.table()
t.counter = held.counter
held.counter = nil
collectgarbage()
same("one in a table, too", percpu.counter("suite.counter"):sum(), 43)
ok("it is read from there", t.counter:sum() == 43 and t.counter == percpu.counter("suite.counter"))
t.counter = nil
-- The table gives its reference up after a grace period.
local linux = require("linux")
local gone = false
for _ = 1, 500 do
	collectgarbage()
	gone = percpu.counter("suite.counter"):sum() == 0
	if gone then
		break
	end
	linux.schedule(10)
end
ok("without any, the name is free again", gone)
collectgarbage()
ok("for either kind", percpu.histogram("suite.counter"):count() == 0)

-- Histograms.
local h = percpu.histogram("suite.histogram")
same("a new histogram is empty", check.joined(h:count(), h:sum(), h:quantile(0.5)), "0 0 nil")
for _, value in ipairs({ 0, 1, 2, 3, 4, 7, 8, 1000, math.maxinteger }) do
	h:add(value)
end
same("it counts", h:count(), 9)
same("and adds up", h:sum(), math.mininteger + 1024)
local counts = h:counts()
same("there are 64 buckets", #counts, 64)
same("for 0, 1, 2 to 3, 4 to 7, 8 to 15", table.concat(counts, " ", 1, 5), "1 1 2 2 1")
same("for 512 to 1023", counts[11], 1)
same("for the largest", counts[64], 1)
same("no other one", table.concat(counts, "", 12, 63), ("0"):rep(52))
same("the least", check.joined(h:quantile(0), h:quantile(0.0), h:quantile(1 / 9)), "0 0 0")
same("the middle", h:quantile(0.5), 7)
same("a bucket's upper bound", check.joined(h:quantile(0.3), h:quantile(0.7), h:quantile(8 / 9)), "3 15 1023")
same("the largest", check.joined(h:quantile(1), h:quantile(0.99)), ("9223372036854775807 "):rep(2):sub(1, -2))
raises("a negative value is refused", "a value must not be negative", h.add, h, -1)
raises("a fraction as well", "number has no integer representation", h.add, h, 0.5)
raises("a value is needed", "number expected, got no value", h.add, h)
for _, fraction in ipairs({ -0.1, 1.5, 2, -1, 1 / 0, 0 / 0 }) do
	raises("no quantile of " .. fraction, "a number from 0 to 1 expected", h.quantile, h, fraction)
end
raises("nor of a text", "number expected, got string", h.quantile, h, "0.5")
same("the refused ones counted nothing", h:count(), 9)

-- Many.
held.many = {}
local _, message = pcall(function()
	for i = 1, 2000 do
		held.many[i] = percpu.counter("suite.many." .. i)
	end
end)
ok("there is an end to names", tostring(message):find("too many counters and histograms", 1, true), message)
ok("of some hundreds at least", #held.many > 900 and #held.many <= 1024, #held.many)
held.many = nil
ok("what is garbage makes room", percpu.counter("suite.one"))

-- They count against their maker.
local testing = require("lunatik.testing")
collectgarbage()
local before = testing.counted()
held.kept = percpu.histogram("suite.kept")
local taken = testing.counted() - before
local least <const> = linux.numcpus() * 65 * 8
ok("a histogram takes what all CPUs have of it", taken >= least and taken < 2 * least + 4096, taken)
held.kept = nil
collectgarbage()
ok("and gives it back", testing.counted() <= before + 512, testing.counted() - before)

-- Without permission.
local confined = coroutine.create(function()
	pledge("~rcu")
	local refused = not pcall(percpu.counter, "suite.x") and not pcall(percpu.histogram, "suite.y")
	h:add(1)
	return refused
end)
same("to find one asks for rcu", select(2, coroutine.resume(confined)), true)
same("to use one does not", h:count(), 10)
