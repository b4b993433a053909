-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks of RCU tables, counters and histograms in the function of a hook, for hooks_sharing.lua. One call of the hook
-- does one step, whose lines go into the table `results`. A step that takes too long is done again. With kmemleak, each
-- allocation of the kernel takes some 50 microseconds, so a step makes few entries.
-- usage: FOLDER_OF_THE_TESTS RESULTS

local folder, results = ...
local check = dofile(folder .. "/lib/check.lua")
local testing, rcu, percpu, linux = require("lunatik.testing"), require("rcu"), require("percpu"), require("linux")
local same, ok, raises = check.same, check.ok, check.raises

local t, inner = rcu.table(), rcu.table()
local full, counter, histogram = rcu.table(1), percpu.counter("suite.hook"), percpu.histogram("suite.hooks")
for i = 1, 4096 do
	full["key" .. i] = i
end
inner.value = "inner"
t.inner, t.counter, t.histogram = inner, counter, histogram
results.table = t
local MANY <const> = 12
local readonly = require("lunatik")._ENV.runtimes
local many = {}
for i = 1, MANY do
	many[i] = rcu.table()
	many[i].number = i
	t["many" .. i] = many[i]
end

local kept
local function fetch_dead()
	return kept.value
end
local function unpack_many(names)
	local sum = 0
	for i = 1, MANY do
		sum = sum + t[names .. i].number
	end
	return sum
end

local steps = {
	function()
		for name, value in pairs({ yes = true, no = false, integer = -7, float = 0.5, text = "a\0b", empty = "" }) do
			t[name] = value
			same("a hook sets and gets the value of " .. name, t[name], value)
		end
	end,
	function()
		t.integer, t.float, t.yes = 8, -0.25, false
		same("a value of the same type changes", check.joined(t.integer, t.float, t.yes), "8 -0.25 false")
		t.integer, t.float, t.yes, t.text = "eight", 8, 0.5, true
		same("so does one of another", check.joined(t.integer, t.float, t.yes, t.text), "eight 8 0.5 true")
	end,
	function()
		local before = #t
		t.new = "new"
		same("a new key adds one", #t, before + 1)
		t.new = nil
		t.new = nil
		same("nil deletes it", check.joined(t.new, #t == before), "nil true")
		local long = ("x"):rep(20000)
		t.long = long
		ok("a long text", t.long == long)
		t.long = nil
	end,
	function()
		same("add makes an entry", rcu.add(t, "sum", 5), 5)
		same("and adds to one", rcu.add(t, "sum", -7), -2)
		t.sum = math.maxinteger
		same("sums wrap around", rcu.add(t, "sum", 1), math.mininteger)
		t.sum = nil
		t.text = "text"
		raises("a text is no number", "the value of 'text' is not an integer", rcu.add, t, "text", 1)
	end,
	function()
		same("cas makes an entry", rcu.cas(t, "cas", nil, 1), true)
		same("changes one", rcu.cas(t, "cas", 1.0, 2), true)
		same("to another type", rcu.cas(t, "cas", 2, "two"), true)
		same("or none that is another", rcu.cas(t, "cas", 2, 3), false)
		same("deletes it", rcu.cas(t, "cas", "two", nil), true)
		same("which it does once", rcu.cas(t, "cas", "two", nil), false)
		same("and finds none", rcu.cas(t, "cas", nil, nil), true)
		same("handles are compared", rcu.cas(t, "inner", inner, inner), true)
	end,
	function()
		raises("a key is a string", "bad argument", function()
			t[1] = 1
		end)
		raises("of 255 bytes", "bad argument", function()
			t[("k"):rep(256)] = 1
		end)
		raises("a Lua table is no value", "shareable object expected, got table", function()
			t.bad = {}
		end)
		raises("a table that nobody writes stays so", "rcu.table is read-only", function()
			readonly.x = 1
		end)
		raises("a table is full sometime", "rcu.table is full", function()
			full.one_more = 1
		end)
		full.key1 = 2
		same("what is there changes", full.key1, 2)
		full.key1 = nil
		full.another = 1
		same("what goes makes room", full.another, 1)
		full.another = nil
		full.key1 = 1
	end,
	function()
		for what, call in pairs({
			["rcu.table"] = rcu.table,
			["rcu.map"] = rcu.map,
			["rcu.foreach"] = rcu.foreach,
			["pairs"] = pairs,
			["percpu.counter"] = percpu.counter,
			["percpu.histogram"] = percpu.histogram,
		}) do
			raises(what .. " is not for hooks", what .. ": not in atomic context", call, t, print)
		end
	end,
	function()
		local before = counter:sum()
		counter:add()
		counter:add(4)
		same("a counter counts", counter:sum() - before, 5)
		t.counter:add(-5)
		same("so does one that was fetched", t.counter:sum(), before)
		ok("which is equal", t.counter == counter)
		local count = histogram:count()
		histogram:add(100)
		t.histogram:add(100)
		same("a histogram counts", check.joined(histogram:count() - count, histogram:quantile(1)), "2 127")
		same("its buckets are read", histogram:counts()[8], count + 2)
		raises("it refuses what it does elsewhere", "a value must not be negative", histogram.add, histogram, -1)
	end,
	function()
		same("a table that was fetched is read", t.inner.value, "inner")
		ok("it is the table", t.inner == inner)
		t.inner.written = linux.ktime()
		ok("and written", math.type(inner.written) == "integer")
		t.copy = t.inner
		ok("it becomes a value", t.copy == inner)
		t.mine = many[1]
		ok("as do objects of the script", t.mine.number == 1)
		kept = t.inner
		t.copy = nil
		same("one whose entry was deleted stays as long as the hook", kept.value, "inner")
	end,
	function()
		raises("the next call does not find it", "rcu.table expected, got userdata", fetch_dead)
		kept = nil
	end,
	function()
		same("a hook fetches many objects", unpack_many("many"), 78)
		same("as often as it likes", unpack_many("many"), 78)
	end,
	function()
		same("other values are as they were", check.joined(t.inner.value, many[MANY].number), "inner 12")
		t.inner = nil
		t.inner = inner
		for i = 1, MANY do
			t["many" .. i] = nil
		end
	end,
	function()
		for i = 1, MANY do
			t["many" .. i] = many[i]
		end
	end,
}

local lines = {}
-- The checks print.
function _G.print(text)
	lines[#lines + 1] = text
end

testing.hook("sharing", function()
	local number = (results.done or 0) + 1
	local step = steps[number]
	if not step then
		results.finished = true
		return 1
	end
	lines = {}
	step()
	results["step" .. number] = table.concat(lines, "\n")
	results.done = number
	return 1
end)

-- Entries that are made until there is no memory, and texts that are replaced: each takes memory until its readers are
-- gone. These are no hooks, because hooks that are too slow now and then are disabled.
local filler = rcu.table(4096)
results.filler = filler
local filled = 0
local function fill()
	for _ = 1, 5 do
		filler["key" .. filled] = ("v"):rep(2000)
		filled = filled + 1
	end
end
local function replace()
	local text = ("v"):rep(500)
	for i = 1, 5 do
		filler["again" .. i] = text
	end
	rcu.add(results, "replaced", 1)
end
local function act(what)
	local good, message = pcall(what == "fill" and fill or replace)
	results.refused = not good and message or nil
	return act
end
return act
