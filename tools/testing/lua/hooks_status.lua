-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What is counted of the calls of hooks, in each context, and which failures disable them. Runs the hooks of
-- hooks_status_hooks.lua, which the suite has put where suite_hooks is found; they are left running.
-- usage: hooks_status.lua FOLDER_OF_THE_TESTS

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local linux, lunatik, testing = require("linux"), require("lunatik"), require("lunatik.testing")
local runtime = require("lunatik.runner").run("suite_hooks", "softirq")

local OVERRUNS, TIME, ROW = "16 over-runs in 10 s", "failing calls took 32 ms within 10 s", "1000 failures in a row"
local MS <const> = 1000000

local function hook(name)
	for _, each in ipairs(runtime:hooks()) do
		if each.name == name then
			return each
		end
	end
end

local function counts(of, before)
	local texts = {}
	for _, field in ipairs({ "runs", "failures", "overruns", "missed" }) do
		texts[#texts + 1] = field .. " " .. of[field] - (before and before[field] or 0)
	end
	return table.concat(texts, ", ")
end

-- Fires a hook, and compares what was counted, and how many calls gave an integer.
local function counted(what, name, count, place, passed, wanted)
	local before = hook(name)
	local got, ns = testing.fire(name, count, place)
	local after = hook(name)
	check.same(what .. ": results", got, passed)
	check.same(what .. ": counts", counts(after, before), wanted)
	return after.ns - before.ns, ns
end

-- A list in the order of registration.
local names = {}
for i, each in ipairs(runtime:hooks()) do
	names[i] = each.name
	check.same(each.name .. " has not been called", counts(each), "runs 0, failures 0, overruns 0, missed 0")
	check.same(each.name .. " has taken no time", check.joined(each.state, each.ns, each.longest), "on 0 0")
	check.same(each.name .. " has no reason", check.joined(each.reason, each.place), "nil nil")
end
check.same(
	"all hooks are there",
	table.concat(names, " "),
	"good none fails again loop1 loop2 loop3 loop4 loop5 loop6 loop7 loop8 mixed slow row1 row2 row3 nothing mostly memory"
)
check.same("a script without hooks has none", #lunatik._ENV.runtimes["suite/hooks_status"]:hooks(), 0)
check.same("a list belongs to its caller", runtime:hooks() ~= runtime:hooks(), true)

-- Known numbers of calls in each context.
for _, place in ipairs({ "task", "bh", "softirq" }) do
	local spent, elapsed = counted(place, "good", 1000, place, 1000, "runs 1000, failures 0, overruns 0, missed 0")
	check.ok(place .. ": time is counted", spent > 0 and spent <= elapsed + MS, spent .. " of " .. elapsed)
	counted(place .. ", no result", "none", 3, place, 0, "runs 3, failures 3, overruns 0, missed 0")
	counted(place .. ", an error", "fails", 5, place, 0, "runs 5, failures 5, overruns 0, missed 0")
	-- The inner call finds the runtime busy.
	counted(place .. ", nested", "again", 7, place, 7, "runs 7, failures 0, overruns 0, missed 7")
end
for _, place in ipairs({ "irqs_off", "hardirq" }) do
	local spent = counted(place, "good", 500, place, 0, "runs 0, failures 0, overruns 0, missed 500")
	check.same(place .. ": no time is counted", spent, 0)
	counted(place .. ", an error", "fails", 2, place, 0, "runs 0, failures 0, overruns 0, missed 2")
	counted(place .. ", nested", "again", 3, place, 0, "runs 0, failures 0, overruns 0, missed 3")
end
local good = hook("good")
check.ok("the longest call is a part of all", good.longest > 0 and good.longest <= good.ns, good.longest)
check.same("calls that fail a little disable nothing", hook("fails").state, "on")

-- Hooks in hooks, as deep as the stacks of the machine allow: at least three.
do
	local depth <const> = 12
	local owners = {}
	for i = depth, 1, -1 do
		owners[i] = lunatik.runtime("suite_hooks", "softirq", "nested" .. i, i < depth and "nested" .. i + 1 or nil)
	end
	check.same("a hook that calls others is called", testing.fire("nested1", 5, "bh"), 5)
	local ran = 0
	while ran < depth and owners[ran + 1]:hooks()[1].runs > 0 do
		ran = ran + 1
	end
	check.ok("some hooks in hooks run, others are too deep", ran >= 3 and ran < depth, ran)
	for i, owner in ipairs(owners) do
		local wanted = i <= ran and "runs 5, failures 0, overruns 0, missed 0"
			or i == ran + 1 and "runs 0, failures 0, overruns 0, missed 5"
			or "runs 0, failures 0, overruns 0, missed 0"
		check.same("hook " .. i .. " of those in each other", counts(owner:hooks()[1]), wanted)
	end
	local first = owners[1]
	first:stop()
	check.same("the hook of a script that has ended is stopped", first:hooks()[1].state, "stopped")
	check.same("its counts stay", counts(first:hooks()[1]), "runs 5, failures 0, overruns 0, missed 0")
	for _, owner in ipairs(owners) do
		owner:stop()
	end
end

-- The law of over-runs and of the time that failures take. Which of them comes first depends on the machine.
local function disabled(name)
	local of = hook(name)
	check.same(name .. " is disabled", of.state, "disabled")
	check.same(name .. " has always failed", of.runs, of.failures)
	if of.reason == OVERRUNS then
		check.same(name .. ": 16 over-runs", of.overruns, 16)
		check.ok(name .. ": in less than 32 ms before the last one", of.ns < 32 * MS + of.longest, of.ns)
	else
		check.same(name .. ": the reason is the time", of.reason, TIME)
		check.ok(name .. ": 32 ms, reached with the last call", of.ns >= 32 * MS and of.ns < 32 * MS + of.longest, of.ns)
		check.ok(name .. ": by less than 16 over-runs", of.overruns < 16, of.overruns)
	end
	local got = testing.fire(name, 100, "bh")
	check.same(name .. " is not called any more", check.joined(got, counts(hook(name))), check.joined(0, counts(of)))
	return of
end

local with_overruns = 0
for i = 1, 8 do
	local name = "loop" .. i
	testing.fire(name, 40, ({ "task", "bh", "softirq" })[i % 3 + 1])
	local of = disabled(name)
	check.same(name .. ": all were over-runs", of.overruns, of.runs)
	with_overruns = with_overruns + (of.reason == OVERRUNS and 1 or 0)
end
print("# of 8 endless loops, " .. with_overruns .. " were disabled for their over-runs, the others for their time")
testing.fire("mixed", 40, "bh")
disabled("mixed")
testing.fire("slow", 200, "bh")
local slow = disabled("slow")
check.same("calls of half a millisecond are disabled for their time", slow.reason, TIME)
check.ok("after 64 of them at most", slow.runs <= 64, slow.runs)

-- Failures in a row. Where a failure takes long, a thousand of them would be disabled for their time.
local _, elapsed = testing.fire("row3", 20, "bh")
if elapsed // 20 * 1200 < 25 * MS then
	testing.fire("row1", 1100, "bh")
	local at_once = hook("row1")
	check.same("1100 failures at once are all made", counts(at_once), "runs 1100, failures 1100, overruns 0, missed 0")
	check.same("and disable nothing", at_once.state, "on")
	testing.fire("nothing", 1100, "bh")
	check.same("nor do results that are none", hook("nothing").state, "on")
	testing.fire("row2", 999, "bh")
	testing.fire("mostly", 1199, "bh")
	-- The span of a row is one second.
	linux.schedule(1100)
	check.same("time alone disables nothing", check.joined(hook("row1").state, hook("row2").state), "on on")
	for name, wanted in pairs({ row1 = 1101, row2 = 1000, nothing = 1101 }) do
		testing.fire(name, 50, "bh")
		local of = hook(name)
		check.same(name .. ": one more after a second disables", check.joined(of.state, of.reason), "disabled " .. ROW)
		check.same(name .. ": which is the last one", of.failures, wanted)
		check.same(name .. ": a place is known, if there is one", of.place ~= nil, name ~= "nothing")
	end
	testing.fire("mostly", 500, "bh")
	local mostly = hook("mostly")
	check.same("a success in between ends a row", check.joined(mostly.state, mostly.runs - mostly.failures), "on 2")
else
	print("# failures in a row are left out: one takes " .. elapsed // 20 .. " ns")
end
