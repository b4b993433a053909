-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Workers that hold their threads while they wait. The arguments are the folder tools/testing, the number of workers,
-- and whether that is too many.

local folder, count, too_many = (...), math.tointeger((select(2, ...))), (select(3, ...)) == "too many"
local check = dofile(folder .. "/lib/check.lua")
local same, ok = check.same, check.ok
local linux = require("linux")
local pool = require("lunatik.testing").pool

local answers = worker.create("./worker_code", "while true do worker.message(worker.peek()) end")
local places = {
	"local got table.sort({ 2, 1 }, function(a, b) got = got or worker.peek() return a < b end) return got",
	"local got ('x'):gsub('x', function() got = worker.peek() end) return got",
	"local got tostring(setmetatable({}, { __tostring = function() got = worker.peek() return '' end })) return got",
	"package.preload.waits = function() return worker.peek() end return (require('waits'))",
	"local got assert(load(function() got = got or worker.peek() end)) return got",
	"return (select(2, xpcall(error, function() return worker.peek() end)))",
	"local got coroutine.wrap(function() table.sort({ 2, 1 }, function(a, b) got = got or worker.peek() return a < b end) end)() return got",
}
if too_many then
	-- There the refusal would be an error in an error handler.
	table.remove(places, 6)
end
local all = {}
for i = 1, count do
	all[i] = worker.create(
		"./worker_code",
		([[
		worker.message("waits")
		worker.message((function() %s end)())
	]]):format(places[i % #places + 1])
	)
end
local begun = 0
for i = 1, count do
	begun = begun + (worker.receive(all[i]) == "waits" and 1 or 0)
end
same(count .. " are about to wait where Lua cannot yield", begun, count)
local right = true
for i = 1, 100 do
	worker.send(answers, i)
	right = worker.receive(answers) == i and right
end
ok("another one answers", right)
local drainers = pool().drainers
print("# " .. drainers .. " threads for " .. count)
if not too_many then
	ok("each holds a thread", drainers > count, drainers)
	-- A worker that has answered may not wait yet.
	for _ = 1, 1000 do
		if pool().busy == 0 then
			break
		end
		linux.schedule(1)
	end
	same("and executes nothing", pool().busy, 0)
end
local good, refused, other = 0, 0, nil
for i = 1, count do
	worker.send(all[i], i)
end
for i = 1, count do
	local received, value = pcall(worker.receive, all[i])
	if received and value == i then
		good = good + 1
	elseif tostring(value):find("too many runtimes hold a thread while they wait, where Lua cannot yield", 1, true) then
		refused = refused + 1
	else
		other = other or tostring(value)
	end
end
same("nothing else happens", other, nil)
if too_many then
	ok("some were refused", refused > 0 and refused < count // 2, refused)
	same("the others get their messages", good, count - refused)
	print("# " .. refused .. " of " .. count .. " were refused")
else
	same("all get their messages", good, count)
end
worker.send(answers, "end")
same("and the other one still answers", worker.receive(answers), "end")
