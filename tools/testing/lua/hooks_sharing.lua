-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What hooks share with processes, in each context in which hooks are called. The script suite_sharing, which is
-- hooks_sharing_hook.lua, does the checks.
-- usage: hooks_sharing.lua FOLDER_OF_THE_TESTS

local folder = ...
local check = dofile(folder .. "/lib/check.lua")
local lunatik, linux, percpu, rcu = require("lunatik"), require("linux"), require("percpu"), require("rcu")
local testing = require("lunatik.testing")
local same, ok = check.same, check.ok

local mine = percpu.counter("suite.hook")
mine:add(1000)

for _, context in ipairs({ "task", "bh", "softirq" }) do
	local results = rcu.table()
	local child <close> = lunatik.runtime("suite_sharing", "softirq", folder, results)
	local calls = 0
	while not results.finished and calls < 200 do
		if testing.fire("sharing", 1, context) == 0 then
			-- Failures that cost too much within 10 s disable a hook.
			linux.schedule(1000)
		end
		calls = calls + 1
	end
	ok("all steps are done in " .. context, results.finished, results.done)
	print("# " .. calls .. " calls")
	for step = 1, results.done or 0 do
		for line in results["step" .. step]:gmatch("[^\n]+") do
			print(line .. " (" .. context .. ")")
		end
	end
	-- What the hook has written.
	local t = results.table
	local sum = 0
	for i = 1, 12 do
		sum = sum + t["many" .. i].number
	end
	same("what a hook has written is read", check.joined(t.text, t.inner.value, sum), "text inner 78")
	same("a process finds the counter of the hook", mine:sum(), 1000)

	-- Memory. A call may take too long, as that of a hook.
	local function acts(what, times, is_done)
		for _ = 1, times do
			pcall(child.resume, child, what)
			if is_done() then
				return
			end
			linux.schedule(1)
		end
	end
	local filler = results.filler
	acts("fill", 2000, function()
		return results.refused
	end)
	same("what hooks write counts against them", results.refused, "not enough memory")
	ok("so it ends", #filler > 100 and #filler < 2000, #filler)
	for key in pairs(filler) do
		filler[key] = nil
	end
	same("a process empties the table", #filler, 0)
	acts("fill", 1000, function()
		return not results.refused
	end)
	same("then hooks write again", results.refused, nil)
	acts("replace", 5000, function()
		return (results.replaced or 0) >= 500
	end)
	same("texts are replaced as readers go", results.replaced, 500)
	child:stop()
	same("the entries stay when the hook is gone", #filler.again1, 500)
end
