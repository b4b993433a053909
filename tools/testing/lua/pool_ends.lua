-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers that are stopped in every possible place. The arguments are the folder tools/testing, the number of workers
-- of each kind, and the cause of their end: "stop" (worker.stop; a further argument is the number of stopped workers
-- that may not have begun), "script" (the end of this script), or "wait" (other code, while this script waits). The
-- shared table suite.ends counts how many workers have begun, have closed their variables and have run their
-- finalizers.

local folder, each, who = (...), math.tointeger((select(2, ...))), (select(3, ...))
local check = dofile(folder .. "/lib/check.lua")
local same, ok = check.same, check.ok
local linux, rcu, shared = require("linux"), require("rcu"), require("lunatik")._ENV

local places = {
	"worker.peek()",
	"while true do pcall(worker.peek) end",
	"linux.schedule(1000000)",
	"while true do worker.message(1) end",
	"worker.receive(worker.create('./worker_code', 'worker.peek()'))",
	"local function nested(n) if n == 0 then worker.peek() else coroutine.wrap(nested)(n - 1) end end nested(10)",
	"local function nested(n) if n == 0 then while true do end else pcall(coroutine.wrap(nested), n - 1) end end nested(10)",
	"local _ <close> = setmetatable({}, { __close = function() worker.peek() end }) worker.peek()",
	"while true do end",
	"while true do pcall(string.rep, 'x', 1000) end",
	"table.sort({ 2, 1 }, function() worker.peek() end)",
	"table.sort({ 2, 1 }, function() while true do end end)",
	"('x'):gsub('x', function() worker.peek() end)",
	"tostring(setmetatable({}, { __tostring = function() worker.peek() end }))",
	"package.preload.waits = function() worker.peek() end require('waits')",
	"load(function() worker.peek() end)",
	"xpcall(error, function() worker.peek() end)",
	"debug.sethook(function() debug.sethook() worker.peek() end, 'l')\nlocal x = 1\nx = 2",
	"debug.sethook(function() end, 'l') while true do end",
	"local function nested(n) if n == 0 then worker.peek() else ('x'):gsub('x', function() nested(n - 1) end) end end nested(60)",
}
local counts = rcu.table(64)
counts.begun, counts.closed, counts.collected = 0, 0, 0
shared["suite.ends"] = counts
local all = {}
for number, place in ipairs(places) do
	counts["at" .. number] = 0
	for _ = 1, each do
		all[#all + 1] = worker.create(
			"./worker_code",
			([[
			local number = ...
			local rcu, linux = require("rcu"), require("linux")
			local counts = require("lunatik")._ENV["suite.ends"]
			object = setmetatable({}, { __gc = function() rcu.add(counts, "collected", 1) end })
			local _ <close> = setmetatable({}, { __close = function() rcu.add(counts, "closed", 1) rcu.add(counts, "at" .. number, 1) end })
			rcu.add(counts, "begun", 1)
			%s
		]]):format(place),
			number
		)
	end
end
local ending = linux.ktime() + 60 * 1000000000
while counts.begun < #all and linux.ktime() < ending do
	linux.schedule(1)
end
same(#all .. " workers have begun", counts.begun, #all)
if who == "wait" then
	-- Some workers that are still in the queue, or have hardly begun.
	for i = 1, each do
		all[#all + 1] = worker.create("./worker_code", "while true do end")
	end
	shared["suite.waits"] = 1
	linux.schedule(math.maxinteger)
elseif who == "stop" then
	local begun = linux.ktime()
	for i = 1, #all do
		worker.stop(all[i])
	end
	print(("# %.1f ms for each stop"):format((linux.ktime() - begun) / 1e6 / #all))
	local dead = 0
	for i = 1, #all do
		dead = dead + (worker.status(all[i]) == "dead" and 1 or 0)
	end
	same("all are dead", dead, #all)
	for number, place in ipairs(places) do
		if counts["at" .. number] ~= each then
			print(("# %d of %d have closed theirs: %s"):format(counts["at" .. number], each, place))
		end
	end
	same("all have closed their variables", counts.closed, #all)
	same("and run their finalizers", counts.collected, #all)
	-- Workers that never begin.
	local busy = {}
	for i = 1, 20 do
		busy[i] = worker.create("./worker_code", "while true do end")
	end
	dead = 0
	local unbegun = math.tointeger((select(4, ...)))
	for i = 1, unbegun do
		local w <const> = worker.create("./worker_code", "worker.message(1) worker.peek()")
		worker.stop(w, i % 2 * 100)
		dead = dead + (worker.status(w) == "dead" and 1 or 0)
		pcall(worker.receive, w)
	end
	same("workers that may not have begun are stopped", dead, unbegun)
	for i = 1, 20 do
		worker.stop(busy[i], 0)
	end
end
