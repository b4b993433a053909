-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Hooks that are called by lunatik.testing: contexts, private stacks, nesting, memory, the collector, finalizers, and
-- what processes hand over. The scripts are the parts of hooks_parts.lua.
-- usage: hooks.lua FOLDER_OF_THE_TESTS SLOWER KIND_OF_MACHINE

local folder, slower, kind = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local lunatik, linux, rcu, testing = require("lunatik"), require("linux"), require("rcu"), require("lunatik.testing")
slower = math.tointeger(slower)

-- A part, with a limit of memory if one is given.
local function part(name, ...)
	return lunatik.runtime("suite_hooks_parts", { context = "softirq" }, name, ...)
end

local function limited(name, mem, ...)
	return lunatik.runtime("suite_hooks_parts", { context = "softirq", mem = mem }, name, ...)
end

-- Resumes a runtime that hooks may just be using.
local function ask(runtime, ...)
	return runtime:resume(...)
end

-- Waits until the function returns what is true. Fails after some time.
local function wait_until(f)
	for _ = 1, 500 * slower do
		if f() then
			return true
		end
		linux.schedule(10)
	end
	return false
end

local CONTEXTS = { "task", "bh", "softirq" }

-- Contexts.
do
	local counts <close> = part("counts")
	check.same("contexts: the runtime says its own", counts:context(), "softirq")
	check.same("contexts: it is ready", counts:status(), "ready")
	local expected = 0
	for _, context in ipairs(CONTEXTS) do
		local passed, ns = testing.fire("counts", 1000, context)
		expected = expected + 1000
		check.same("contexts: all calls are made, " .. context, passed, 1000)
		check.same("contexts: and counted, " .. context, ask(counts), expected)
		print(("# a call from %s takes %d ns"):format(context, ns // 1000))
	end
	-- A softirq upon an interrupt runs in a signal handler on User Mode Linux, unless ksoftirqd runs it.
	local passed = testing.fire("counts", 1000, "timer")
	expected = expected + passed
	local all = passed == 1000 or passed == 0 and kind:match("^um") ~= nil
	check.ok("contexts: all calls are made, or none in a signal handler, timer", all, passed)
	check.same("contexts: and counted, timer", ask(counts), expected)
	for _, context in ipairs({ "irqs_off", "hardirq" }) do
		check.same("contexts: none is made, " .. context, testing.fire("counts", 1000, context), 0)
		check.same("contexts: nor counted, " .. context, ask(counts), expected)
	end
end

-- Calls that never end by themselves, wherever they are made: no test after this would run.
do
	local endless <close> = part("endless")
	for _, context in ipairs({ "task", "bh", "softirq", "timer", "irqs_off", "hardirq" }) do
		check.same("contexts: endless calls end, " .. context, testing.fire("endless", 2, context), 0)
	end
	local stats = endless:hooks()[1]
	check.same("contexts: they were ended, or not made", stats.runs + stats.missed, 12)
	check.same("contexts: those that were made were ended", stats.overruns, stats.runs)
end

-- Private stacks.
do
	local deep <close> = part("deep")
	for _, context in ipairs(CONTEXTS) do
		-- The painted stacks are those of one CPU.
		local untouched, passed
		for _ = 1, 100 do
			local cpu = linux.cpu()
			testing.paint_hook_stacks()
			passed = testing.fire("deep", 1, context)
			untouched = testing.hook_stack_untouched()
			if linux.cpu() == cpu then
				break
			end
		end
		check.same("stacks: endless recursions end, " .. context, passed, 1)
		check.ok(
			("stacks: 6 KiB were left, %s (%d bytes)"):format(context, untouched),
			untouched >= 6144,
			untouched
		)
		local levels, seen = ask(deep)
		-- Checkers in each function make the frames larger, so the last call may leave no room for the handler of errors.
		local has_checks = levels.pcall < 10
		for kind, message in pairs(seen) do
			-- Lua's own stack is a block of memory.
			local expected = kind == "lua" and "not enough memory" or "stack overflow"
			if has_checks and message == "error in error handling" then
				expected = message
			end
			check.same(("stacks: the error says what ends, %s, %s"):format(kind, context), message, expected)
		end
		print(
			("# %s: levels of pcall %d, gsub %d, sort %d, coroutines %d, Lua %d; %d bytes untouched"):format(
				context,
				levels.pcall,
				levels.gsub,
				levels.sort,
				levels.wrap,
				levels.lua,
				untouched
			)
		)
		check.ok("stacks: there is room for pcall, " .. context, levels.pcall >= 8, levels.pcall)
		check.ok("stacks: there is room for callbacks, " .. context, levels.gsub >= 4, levels.gsub)
		check.ok("stacks: Lua's own calls have as much as elsewhere, " .. context, levels.lua > 1000, levels.lua)
	end
end

-- Nesting.
for _, context in ipairs(CONTEXTS) do
	local again <close> = part("again")
	check.same("nesting: a hook that causes itself goes on, " .. context, testing.fire("again", 100, context), 100)
	local calls, good = ask(again)
	check.same("nesting: the calls from inside are not made, " .. context, calls, 100)
	check.same("nesting: they get the default, " .. context, good, 0)
end

-- Memory.
do
	local LIMIT = 512 << 10
	local grows <close> = limited("grows", LIMIT)
	local passed = 0
	for _ = 1, 10 do
		for _, context in ipairs(CONTEXTS) do
			passed = passed + testing.fire("grows", 50, context)
			-- The reserve is filled up meanwhile.
			linux.schedule(20)
		end
	end
	local calls, most, message = ask(grows)
	-- User Mode Linux has a few softirqs in its signal handlers, where no hook is called.
	check.ok("memory: the calls were made", calls > 1480 and calls <= 1500, calls)
	check.ok("memory: many of them find some", passed > 100, passed)
	check.ok("memory: some find none", passed < 1500, passed)
	check.ok(("memory: most of the limit can be used (%.0f of %d KiB)"):format(most, LIMIT >> 10), most > 250, most)
	check.ok("memory: and no more", most < LIMIT >> 10, most)
	check.ok("memory: the error says so", message == "not enough memory" or message == "true" or message == "nil", message)
end
do
	local block <close> = part("block", 1000)
	for _, size in ipairs({ 1, 1000, 2048, 4096, 8192, 16384, 30000 }) do
		ask(block, size)
		local passed = testing.fire("block", 10, "bh")
		check.ok(("memory: there are blocks of %d bytes"):format(size), passed > 0, passed)
	end
	for _, size in ipairs({ 70000, 1 << 20, 1 << 24, 1 << 40 }) do
		ask(block, size)
		check.same(("memory: there are none of %d"):format(size), testing.fire("block", 3, "softirq"), 0)
	end
end

-- Each allocation of the calls fails in turn, from the end of the script on.
for _, stay in ipairs({ false, true }) do
	local n, refused, failed, dirty, good = 0, 0, 0, nil, 0
	repeat
		n = n + 1
		local started, runtime = pcall(part, "allocates", n, stay)
		if not started then
			refused = refused + 1
			if not tostring(runtime):find("not enough memory", 1, true) then
				dirty = dirty or ("start %d: %s"):format(n, tostring(runtime))
			end
		else
			local passed = testing.fire("allocates", 3, "bh")
			if passed == 3 then
				good = good + 1
			else
				failed, good = failed + 1, 0
			end
			if not stay then
				local asked, _, wrong = pcall(ask, runtime)
				dirty = dirty or asked and wrong or nil
			end
			runtime:stop()
		end
	until good == 30 or n == 3000
	local kind = stay and "it and all after it" or "one after the other"
	print(("# %s: %d starts were refused, %d scripts failed later, of %d"):format(kind, refused, failed, n))
	check.ok("memory: allocations fail, " .. kind, refused + failed > 10 and n < 3000, n)
	check.ok("memory: the first one refuses the start, " .. kind, refused > 0, refused)
	check.same("memory: all say that there is not enough, " .. kind, dirty, nil)
end

-- Starts with any limit.
do
	local refused, ready, other = 0, 0, nil
	for kib = 1, 200, slower do
		local started, runtime = pcall(limited, "counts", kib << 10)
		if started then
			ready = ready + 1
			if testing.fire("counts", 3, "bh") ~= 3 then
				other = ("the hooks of a script with %d KiB fail"):format(kib)
			end
			runtime:stop()
		else
			refused = refused + 1
			if not tostring(runtime):find("memory", 1, true) then
				other = ("%d KiB: %s"):format(kib, tostring(runtime))
			end
		end
	end
	check.same("sealing errors: scripts with any limit work or are refused for it", other, nil)
	check.ok("sealing errors: some are refused", refused > 0, refused)
	check.ok("sealing errors: some work", ready > 0, ready)
end

-- The collector.
do
	local weak <close> = part("weak")
	for _ = 1, 20 do
		testing.fire("weak", 100, "bh")
		linux.schedule(1)
	end
	local counts
	local few = wait_until(function()
		-- Collections follow calls.
		testing.fire("weak", 10, "softirq")
		repeat
			counts = ask(weak)
		until counts
		return counts.keys < 10000 and counts.values < 10000
	end)
	check.ok("collections: entries of weak tables go", few, counts.keys)
	check.ok("collections: those that are reached stay", counts.kept > 100, counts.kept)
	check.same("collections: with their values", counts.missing, 0)
	print(("# %d keys, %d values, of which %d are kept"):format(counts.keys, counts.values, counts.kept))
end
for _, what in ipairs({ "nothing", "raises", "allocates", "sleeps", "resurrects" }) do
	local counts = rcu.table(4)
	local finalizers = part("finalizers", what, counts)
	for _ = 1, 200 do
		testing.fire("finalizers", 1, "softirq")
	end
	check.ok(
		"finalizers: they are called while the script runs, " .. what,
		wait_until(function()
			testing.fire("finalizers", 1, "bh")
			return (counts.called or 0) > 100
		end),
		counts.called
	)
	ask(finalizers)
	-- Most finalizers are left, and 100 ms may be too short for them on a slow machine.
	finalizers:stop(1000 * slower)
	check.same("finalizers: the script ends, " .. what, finalizers:status(), "finished")
	-- A call that comes while finalizers take long on a slow machine is missed.
	check.ok("finalizers: objects were made, " .. what, counts.made >= 1000, counts.made)
	-- A call that takes too long on a busy host is ended, maybe before it has counted.
	local uncounted = counts.made - counts.called
	check.ok("finalizers: in the end all were called, " .. what, uncounted >= 0 and uncounted <= 5, uncounted)
end
do
	-- Those that loop are not called any more after some time.
	local counts = rcu.table(4)
	local finalizers = part("finalizers", "loops", counts)
	local last, since = nil, 0
	check.ok(
		"finalizers: those that loop are given up",
		wait_until(function()
			testing.fire("finalizers", 20, "bh")
			since = counts.called == last and since + 1 or 0
			last = counts.called
			return since == 20
		end),
		counts.called
	)
	check.ok("finalizers: after 16 over-runs at most", last and last > 1 and last <= 16, last)
	local begun = linux.time()
	finalizers:stop(200)
	local ms = (linux.time() - begun) // 1000000
	check.ok("finalizers: the script is stopped all the same", ms < 1000 * slower, ms .. " ms")
end

-- What processes hand over.
do
	local resume <close> = part("resume")
	check.same("resume: results", check.joined(ask(resume, "give", 1, "x", true, 2.5)), "4 1 x true 2.5")
	check.same("resume: no results", select("#", ask(resume, "many", 0)), 0)
	check.same("resume: a hundred", select("#", ask(resume, "many", 100)), 100)
	local _, deep = ask(resume, "give", { { { "deep" } }, n = 3 })
	check.same("resume: tables", deep[1][1][1], "deep")
	local shared = rcu.table(4)
	check.same("resume: a table of RCU is a handle", ask(resume, "take", shared), shared)
	testing.fire("resume", 5, "softirq")
	check.same("resume: which hooks use", shared.calls, 5)
	check.raises("resume: an error", "my own", ask, resume, "fail", "my own")
	check.raises("resume: one that is no text", "error object is not a string", ask, resume, "fail", {})
	check.raises("resume: a loop", "CPU limit exceeded", ask, resume, "loop")
	check.raises("resume: one that catches errors", "CPU limit exceeded", ask, resume, "caught")
	check.raises("resume: what sleeps", "linux.schedule: not in atomic context", ask, resume, "sleep")
	check.raises("resume: too much memory", "not enough memory", ask, resume, "memory")
	check.ok("resume: a yield is an error", not pcall(ask, resume, "yield"))
	check.raises("resume: a result that cannot travel", "inside", function()
		local good, message = pcall(ask, resume, "inside")
		error(good and "none" or "inside " .. tostring(message))
	end)
	check.ok("resume: a function inside of a result cannot travel", not pcall(ask, resume, "inside"))
	testing.fire("resume", 5, "bh")
	check.same("resume: after all that hooks go on", shared.calls, 10)
	check.same("resume: a function is no result", select("#", ask(resume, "next")), 0)
	check.same("resume: but the next one to be called", check.joined(ask(resume, 1, 2)), "next 1 2")
	check.same("resume: and stays", check.joined(ask(resume)), "next")
	check.raises("resume: arguments that cannot travel", "", ask, resume, print)
	resume:stop()
	check.raises("resume: a stopped script", "", ask, resume)
end
do
	local body <close> = part("body")
	check.same("life: a script without hooks that leaves a function stays", body:status(), "ready")
	check.same("life: it can be resumed", ask(body, 7), 7)
	local nothing <close> = part("nothing")
	check.ok("life: one that leaves nothing ends, or cannot be resumed", not pcall(ask, nothing), nothing:status())
	check.raises("life: a hook that is gone is not found", "no such hook", testing.fire, "counts", 1, "bh")
end
