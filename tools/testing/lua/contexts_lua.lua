-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- How Lua code says in which context a script runs. The script suite_body returns a function that says how many
-- arguments the script had, the first of them, and its own.
-- usage: contexts_lua.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local lunatik, runner, thread = require("lunatik"), require("lunatik.runner"), require("thread")

local UNSUPPORTED <const> = "hardirq runtimes are not supported yet: use softirq"

for name, start in pairs({ ["lunatik.runtime"] = lunatik.runtime, ["lunatik.runner.run"] = runner.run }) do
	local function given(what, context, results, ...)
		local made <close> = start("suite_body", ...)
		check.same(name .. ": the context " .. what, made:context(), context)
		check.same(name .. ": the arguments " .. what, check.joined(made:resume("last")), results)
		made:stop()
		check.same(name .. ": the context is known when it is over " .. what, made:context(), context)
	end
	given("of a script without one", "process", "0 nil last")
	given("that is a word", "softirq", "0 nil last", "softirq")
	given("that is the word process", "process", "0 nil last", "process")
	given("before arguments", "softirq", "2 a last", "softirq", "a", "b")
	given("twice", "softirq", "1 softirq last", "softirq", "softirq")
	given("after limits is an argument", "process", "1 softirq last", {}, "softirq")
	given("that is no first argument", "process", "2 a last", "a", "softirq")
	given("that is no context", "process", "1 Softirq last", "Softirq")
	given("of no letters", "process", "1  last", "")
	given("among the limits", "softirq", "1 a last", { context = "softirq" }, "a")
	given("among the limits, of processes", "process", "0 nil last", { context = "process" })
	given("before limits", "softirq", "1 a last", "softirq", { mem = 2 << 20 }, "a")
	given("before limits that name it", "softirq", "0 nil last", "softirq", { context = "softirq" })

	local function refused(what, text, ...)
		local good, message = pcall(start, "suite_body", ...)
		check.same(name .. ": " .. what, good or message, text)
	end
	local bad = "bad argument #%d to '" .. name .. "' (%s)"
	refused("an unknown context", bad:format(2, "invalid option 'x'"), { context = "x" })
	refused("one of no letters", bad:format(2, "invalid option ''"), { context = "" })
	refused("a context that is no string", bad:format(2, "field 'context' must be a string"), { context = 1 })
	refused(
		"two contexts",
		bad:format(3, "field 'context' is 'process', but the argument before is 'softirq'"),
		"softirq",
		{ context = "process" }
	)
	refused("limits after a context", bad:format(3, "field 'mem' must be a positive integer"), "softirq", { mem = 0 })
	refused("hardirq", UNSUPPORTED, "hardirq")
	refused("hardirq among the limits", UNSUPPORTED, { context = "hardirq" })
	check.same(name .. ": nothing of it is left", runner.list():find("suite_body"), nil)
end

-- Threads.
local MISMATCH <const> = "runtime context mismatch: thread needs process"
local function message(...)
	return select(2, pcall(...))
end
check.same("no thread for hooks", message(runner.spawn, "suite_body", "softirq"), MISMATCH)
check.same("nor of the other class", message(runner.spawn, "suite_body", "hardirq"), MISMATCH)
check.same("nor by limits", message(runner.spawn, "suite_body", { context = "softirq" }), MISMATCH)
check.same("said before the script is sought", message(runner.spawn, "suite_nowhere", "softirq", print), MISMATCH)
check.same("nothing is left of them", runner.list():find("suite_body"), nil)
local spawned = runner.spawn("suite_body", "process", "a")
check.same("a thread that says what it needs", check.joined(spawned:join()), "true 1 a a")
local child <close> = lunatik.runtime("suite_body", "softirq")
check.same("no thread of a runtime for hooks", message(thread.run, child, "suite"), MISMATCH)
check.same("which is said first", message(thread.run, child), MISMATCH)
check.same("it can still be resumed", check.joined(child:resume(1)), "0 nil 1")
local other <close> = lunatik.runtime("suite_body", "process")
check.same("one of another has one", check.joined(thread.run(other, "suite"):join()), "true 0 nil")
