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

-- 8: each service that an error passes adds its frames.
do
	local c = common.user()
	local relay = "return ltask.call((...), 'eval', 'return ltask.call((...), \"fail\", { \"thrice\", code = 7 })', select(2, ...))"
	local err = caught(eval, a, relay, b, c)
	local blocks = {}
	for id in tostring(err):gmatch("\n\t%( service:(%d+) %)") do
		blocks[#blocks + 1] = id
	end
	same("8: one block for each service", table.concat(blocks, " "), ("%d %d %d"):format(c, b, a))
	same("8: fields pass all", err.code, 7)
	same("8: the level counts them", err.level, 3)
	same("8: one traceback", select(2, tostring(err):gsub("stack traceback:", "")), 1)
	same("8: the message stays first", tostring(err):match("^[^\n]*"), "thrice")
end

-- 8: tables that are raised.
do
	local err = caught(eval, a, [[
		kept.object = setmetatable({ "first", code = { 1, 2 }, level = "deep" }, {
			__tostring = function() error("never called") end,
			__index = function() error("never called") end,
			__newindex = function() error("never called") end,
			__len = function() error("never called") end,
			__metatable = "protected",
		})
		error(kept.object)
	]])
	same("8: nested fields arrive", err.code[2], 2)
	same("8: a field of the script is not replaced", err.level, "deep")
	same("8: the metatable does not", tostring(err):match("^[^\n]*"), "first")
	same("8: the table itself stays as it is", eval(a, "return rawlen(kept.object)"), 1)
	contains("8: a value that cannot be shown", common.first_line(eval, a, [[
		error({ setmetatable({}, { __tostring = function() error("fails") end }) })
	]]), "table")
	ltask.send(a, "eval", [[error({ setmetatable({}, { __tostring = function() error("fails") end }) })]])
	same("8: the service lives", ltask.call(a, "echo", 3), 3)
end

-- 8: nothing is left of what could not begin.
do
	check.raises("8: a time-out that is none", "Invalid timer -1", ltask.call_timeout, -1, a, "echo")
	check.raises("8: a call with a time-out to nobody", "{service:12345} is dead", ltask.call_timeout, 1, 12345, "echo")
	same("8: the caller goes on", ltask.call_timeout(100, a, "echo", 6), 6)
end

-- 8: answers that cannot be sent.
do
	local err = caught(eval, a, "return function() end")
	contains("8: an answer that cannot be sent", tostring(err):match("^[^\n]*"), "Only light C function can be serialized")
	contains("8: has a traceback", tostring(err), ("( service:%d )"):format(a))
	contains("8: a thread neither", common.first_line(eval, a, "return coroutine.create(print)"), "Unsupport type thread to serialize")
	same("8: and its service lives", ltask.call(a, "echo", 4), 4)
end

-- 12.2: what cannot be sent in an error.
do
	local err = caught(eval, a, "error({ 'message', code = 42, f = function() end })")
	same("15.27: an error that cannot be sent has its message", tostring(err):match("^[^\n]*"), "message")
	same("15.27: and the fields that can be", err.code, 42)
	same("15.27: not the others", err.f, nil)
	contains("15.27: and its traceback", tostring(err), ("( service:%d )"):format(a))
	ok("15.27: an error that is a function", caught(eval, a, "error(print)") ~= nil)
	ok("15.27: or a coroutine", caught(eval, a, "error(coroutine.create(print))") ~= nil)
	same("15.27: the service lives", ltask.call(a, "echo", 1), 1)
end

-- 8: errors that nobody waits for.
ltask.send(a, "fail", "logged")
eval(a, "ltask.fork(error, 'logged') ltask.timeout(0, function() error('logged') end) ltask.sleep(1)")
same("8: a session without a caller fails alone", ltask.call(a, "echo", 2), 2)
common.finish()
