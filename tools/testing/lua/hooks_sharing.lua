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
		testing.fire("sharing", 1, context)
		calls = calls + 1
	end
	ok("all steps are done in " .. context, results.finished, results.done)
	print("# " .. calls .. " calls")
	for step = 1, results.done or 0 do
		for line = 1, results[step .. ".lines"] do
			print(results[step .. "." .. line] .. " (" .. context .. ")")
		end
	end
	-- What the hook has written.
	local t = results.table
	local sum = 0
	for i = 1, 40 do
		sum = sum + t["many" .. i].number
	end
	same("what a hook has written is read", check.joined(t.text, t.inner.value, sum), "text inner 820")
	same("a process finds the counter of the hook", mine:sum(), 1000)

	-- Memory.
	local filler = results.filler
	for _ = 1, 1000 do
		testing.fire("filling", 1, context)
		if results.refused then
			break
		end
	end
	same("what hooks write counts against them", results.refused, "not enough memory")
	ok("so it ends", #filler > 100 and #filler < 2000, #filler)
	for key in pairs(filler) do
		filler[key] = nil
	end
	same("a process empties the table", #filler, 0)
	for _ = 1, 300 do
		if testing.fire("filling", 1, context) == 1 and not results.refused then
			break
		end
		linux.schedule(10)
	end
	same("then hooks write again", results.refused, nil)
	local replaced = 0
	for _ = 1, 500 do
		replaced = replaced + testing.fire("replacing", 1, context)
		if replaced >= 100 then
			break
		end
		linux.schedule(1)
	end
	same("texts are replaced as readers go", replaced, 100)
	child:stop()
	same("the entries stay when the hook is gone", #filler["again1"], 500)
end
