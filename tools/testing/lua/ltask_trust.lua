-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A service may call the native functions of ltask itself, with anything. That may spoil the service, and nothing else:
-- whoever calls it gets an answer or an error, and others go on.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok = check.same, check.ok

-- Calls one function with each of some values in each place, the others being odd, too. Functions that wait for ever
-- are called without arguments only.
local CALLS <const> = [[
	local module, name, waits = ...
	local fn = require(module)[name]
	local packed = require("ltask.functions").pack(1, 2)
	local values = {
		0, 1, -1, 2, 5, 1 << 31, 1 << 32, math.maxinteger, math.mininteger, 1.5, 0 / 0, "", "1", "x",
		("x"):rep(1000), true, false, {}, { 1 }, print, function() end, coroutine.running(),
		coroutine.create(print), packed, io.stdout, ltask.self(), {}, setmetatable({}, { __index = error }),
	}
	local count = 0
	local function call(...)
		count = count + 1
		pcall(fn, ...)
	end
	call()
	if waits then
		return count
	end
	for _, first in ipairs(values) do
		call(first)
		for _, second in ipairs(values) do
			call(first, second)
			call(first, second, second, first, second)
			call(ltask.self(), first, second)
			call(coroutine.running(), ltask.self(), first, second, first)
		end
	end
	return count
]]

-- Functions that wait for what may never come.
local WAIT <const> = { recv = true, suspend = true, wait = true, wait_event = true, call = true, trace = true }
local names, module_of = {}, {}
for _, module in ipairs({ "ltask.core", "ltask.functions", "ltask.system" }) do
	for name, fn in pairs(require(module)) do
		if type(fn) == "function" and name ~= "print" and name ~= "end_system" then
			names[#names + 1] = name
			module_of[name] = module
		end
	end
end
table.sort(names)
ok("there are many functions", #names > 25, #names)

local calls, answers, ends = 0, 0, 0
for _, name in ipairs(names) do
	local victim = common.user()
	local done, res = pcall(ltask.call_timeout, 1000, victim, "eval", CALLS, module_of[name], name, WAIT[name])
	local text = tostring(res)
	if done then
		calls, answers = calls + res, answers + 1
	elseif not text:find("timeout", 1, true) then
		ends = ends + 1
	else
		ok(module_of[name] .. "." .. name .. ": its caller gets an answer or an error", WAIT[name], text)
	end
	pcall(ltask.send, victim, "exit")
end
print(("# %d calls; %d answers, %d errors"):format(calls, answers, ends))
ok("most functions were called", answers > #names / 2, answers)
same("others go on", eval(common.user(), "return 1"), 1)
common.finish()
