-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What is counted of the calls of hooks, in each context, and which failures disable them. Runs the hooks of
-- hooks_status_hooks.lua, which the suite has put where suite_hooks is found; they are left running.
-- usage: hooks_status.lua FOLDER_OF_THE_TESTS HOOK_SLICE_MS

local folder, slice_ms = ...
local check = dofile(folder .. "/lib/check.lua")
local linux, lunatik, testing = require("linux"), require("lunatik"), require("lunatik.testing")
local runtime = require("lunatik.runner").run("suite_hooks", "softirq")

local OVERRUNS, TIME, ROW = "16 over-runs in 10 s", "failing calls took 32 times hook_slice_ms within 10 s", "1000 failures in a row"
local MS <const> = 1000000
local SLICE_MS = assert(math.tointeger(tonumber(slice_ms)))

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

-- Fires a hook, and compares what was counted, and how many calls gave an integer. There are several attempts: if the
-- host takes a CPU away in the midst of a hook or of its attendant, a call is an over-run or missed.
local function counted(what, name, count, place, passed, wanted)
	local before, after, got
	for _ = 1, 5 do
		before = hook(name)
		got = testing.fire(name, count, place)
		after = hook(name)
		if got == passed and counts(after, before) == wanted then
			break
		end
	end
	check.same(what .. ": results", got, passed)
	check.same(what .. ": counts", counts(after, before), wanted)
	return after.ns - before.ns
end

-- Fires a hook until it is disabled.
local function fire_all(name, place)
	for _ = 1, 20 do
		testing.fire(name, 40, place)
		if hook(name).state ~= "on" then
			break
		end
	end
end

-- Fires a hook until its function was called so often in all.
local function fire_to(name, runs)
	for _ = 1, 20 do
		testing.fire(name, runs - hook(name).runs, "bh")
	end
	check.same(name .. " was called " .. runs .. " times", hook(name).runs, runs)
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
		.. " prints"
)
check.same("a script without hooks has none", #lunatik._ENV.runtimes["suite/hooks_status"]:hooks(), 0)
check.same("a list belongs to its caller", runtime:hooks() ~= runtime:hooks(), true)

-- Known numbers of calls in each context.
for _, place in ipairs({ "task", "bh", "softirq" }) do
	counted(place, "good", 100, place, 100, "runs 100, failures 0, overruns 0, missed 0")
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

-- The over-runs after which a hook is disabled: 16. A late sentinel ends calls after three slices. Then their time is
-- over before that many calls.
local function most_overruns(of)
	return of.overruns > 10 and of.overruns < 16 and of.overruns or 16
end

-- What fails too often, or for too long.
local function disabled(name, reason)
	local of = hook(name)
	local is_late = reason == OVERRUNS and most_overruns(of) < 16
	check.same(name .. " is disabled", check.joined(of.state, of.reason), "disabled " .. (is_late and TIME or reason))
	check.same(name .. " has always failed", of.runs, of.failures)
	of.missed = 0
	local got = testing.fire(name, 100, "bh")
	check.same(name .. " is not called any more", check.joined(got, hook(name).runs), check.joined(0, of.runs))
	return of
end

for i = 1, 8 do
	local name = "loop" .. i
	fire_all(name, ({ "task", "bh", "softirq" })[i % 3 + 1])
	local of = disabled(name, OVERRUNS)
	local count = most_overruns(of)
	local wanted = ("runs %d, failures %d, overruns %d, missed 0"):format(count, count, count)
	check.same(name .. ": after 16 over-runs", counts(of), wanted)
	check.ok(name .. ": each was ended after a millisecond or more", of.ns >= 16 * MS, of.ns)
end
fire_all("mixed", "bh")
local mixed = disabled("mixed", OVERRUNS)
local all = most_overruns(mixed) + 1
check.same(
	"an error before is no over-run",
	counts(mixed),
	("runs %d, failures %d, overruns %d, missed 0"):format(all, all, all - 1)
)
fire_all("slow", "bh")
local slow = disabled("slow", TIME)
-- A call counts for two slices at most, and a call that a slow machine interrupts may be as long.
local in_time = slow.runs >= 16 and slow.runs <= 64 * SLICE_MS
check.ok("calls of half a millisecond take 32 slices, at most 2 each", in_time, slow.runs)
-- If the host takes the CPU away, a call is an over-run. It is ended within its last slice, and counts for all of it.
local least = 31 - slow.overruns
local took = ("%d ns, %d over-runs"):format(slow.ns, slow.overruns)
check.ok("in all, without the first", slow.ns >= least * MS * SLICE_MS, took)

-- Failures in a row. Where a failure takes long, a thousand of them would be disabled for their time.
local _, elapsed = testing.fire("row3", 20, "bh")
if elapsed // 20 * 1200 < 25 * MS then
	fire_to("row1", 1100)
	check.same("1100 failures at once disable nothing", hook("row1").state, "on")
	fire_to("nothing", 1100)
	check.same("nor do results that are none", hook("nothing").state, "on")
	fire_to("row2", 999)
	fire_to("mostly", 1199)
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
	fire_to("mostly", 1700)
	local mostly = hook("mostly")
	check.same("a success in between ends a row", check.joined(mostly.state, mostly.runs - mostly.failures), "on 2")
else
	print("# failures in a row are left out: one takes " .. elapsed // 20 .. " ns")
end

-- Each allocation fails, and all after it.
local failures, dirty = 0, nil
for n = 1, 10000 do
	testing.fail_allocation(n, true)
	local done, err = pcall(runtime.hooks, runtime)
	testing.fail_allocation(0)
	if done then
		break
	end
	failures = failures + 1
	dirty = dirty or err ~= "not enough memory" and err
end
check.ok("a list without memory is an error", failures > 0 and failures < 10000 and not dirty, dirty or failures)
