-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of ltask: errors.

local folder = ...
local common = assert(loadfile(folder .. "/lib/ltask.lua"))(folder)
local ltask, check, eval = common.ltask, common.check, common.eval
local same, ok, contains = check.same, check.ok, common.contains
local a, b = common.user(), common.user()

local function caught(...)
	return select(2, pcall(...))
end

-- 8: local failures are strings with a place.
do
	local err = caught(ltask.call, 12345, "x")
	same("8: a local failure is a string", type(err), "string")
	err = caught(function()
		ltask.call(12345, "x")
	end)
	ok("8: with the place of the call", err:match("^[^\n]*ltask_errors%.lua:%d+: {service:12345} is dead$") ~= nil, err)
end

-- 8: remote failures are tables.
do
	local err = caught(ltask.call, a, "fail", "oops")
	same("15.5: a remote failure is a table", type(err), "table")
	local lines = {}
	for line in tostring(err):gmatch("[^\n]+") do
		lines[#lines + 1] = line
	end
	same("15.5: its first line is the message, without a place", lines[1], "oops")
	same("15.5: then comes the traceback", lines[2], "stack traceback:")
	same("15.5: of the service", lines[3], ("\t( service:%d )"):format(a))
	contains("8: with its frames", lines[4], "ltask_user.lua:")
	same("15.6: a table keeps its fields", caught(ltask.call, a, "fail", { code = 42 }).code, 42)
	same("8: no error value", common.first_line(ltask.call, a, "fail", nil), "<no error object>")
	same("8: a number", common.first_line(ltask.call, a, "fail", 7), "7")
	local text = tostring(caught(eval, a, "return ltask.call((...), 'fail', 'relayed')", b))
	same("8: an error that passes a service keeps its message", text:match("^[^\n]*"), "relayed")
	contains("8: and names the one", text, ("( service:%d )"):format(b))
	contains("8: and the other", text, ("( service:%d )"):format(a))
end

-- 12.2: what cannot be sent in an error.
ok("15.27: an error that cannot be sent is an error", caught(eval, a, "error({ f = function() end })") ~= nil)
same("15.27: and its service lives", ltask.call(a, "echo", 1), 1)

-- 8: errors that nobody waits for.
ltask.send(a, "fail", "logged")
eval(a, "ltask.fork(error, 'logged') ltask.timeout(0, function() error('logged') end) ltask.sleep(1)")
same("8: a session without a caller fails alone", ltask.call(a, "echo", 2), 2)
common.finish()
