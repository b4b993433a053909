-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Calls every C and Rust function anywhere in the runtime, including those that no script ever gets, without arguments
-- and with wrong ones. The calls may only cause errors. The argument is the folder of the tests.

local check = dofile(select(1, ...) .. "/lib/check.lua")
local addresses = dofile(select(1, ...) .. "/lib/addresses.lua")
local testing = require("lunatik.testing")

-- Functions that wait, end this script, print, or take away objects that later calls need. Each is called only without
-- arguments, which is wrong.
local LEFT_OUT = {
	["actor.system.at_end"] = true,
	["actor.core.log"] = true,
	["actor.core.recv"] = true,
	["coroutine.yield"] = true,
	["debug.sethook"] = true,
	["FILE*.lines"] = true,
	["FILE*.read"] = true,
	["FILE*.write"] = true,
	["io.close"] = true,
	["io.lines"] = true,
	["io.input"] = true,
	["io.output"] = true,
	["io.read"] = true,
	["io.write"] = true,
	["linux.schedule"] = true,
	["llthreads2.thread.join"] = true,
	["ltask.system.start"] = true,
	["ltask.system.wait"] = true,
	["lunatik.thread.join"] = true,
	["lunatik.runner.shutdown"] = true,
	["lunatik.testing.address"] = true,
	["lunatik.testing.fail_allocation"] = true,
	["lunatik.testing.inbox.receive"] = true,
	["lunatik.testing.next_timer"] = true,
	["lunatik.testing.outlast_stop"] = true,
	["lunatik.testing.time_messages"] = true,
	["lunatik.testing.without_segments"] = true,
	["mtmsg.buffer.nextmsg"] = true,
	["mtmsg.sleep"] = true,
	["pledge"] = true,
	["print"] = true,
	["warn"] = true,
	["worker.message"] = true,
	["worker.peek"] = true,
	["worker.receive"] = true,
}

-- Objects of all kinds, and functions with upvalues of their own.
local rcu, mtmsg, mtint, thread = require("rcu"), require("mtmsg"), require("mtint"), require("thread")
local shared = rcu.table()
shared.a = 1
require("actor.system").open()
local file = io.tmpfile()
local inbox = testing.mailbox()
local system = require("ltask.bootstrap").start({})
local objects = {
	file,
	shared,
	pairs(shared),
	require("percpu").counter("trust"),
	require("percpu").histogram("trust.values"),
	mtmsg.newbuffer(),
	mtint.interruptible(mtint.id()),
	require("llthreads2.ex").new("return 1"),
	coroutine.create(function() end),
	coroutine.wrap(function() end),
	("x"):gmatch("x"),
	io.lines("/proc/version"),
	inbox,
	inbox:address(),
	require("actor.system").address(),
	require("actor.system").category(),
	require("file_descriptor").open("/dev/null"),
	(require("ltask.functions").pack(1)),
	system,
	require("linux.nf"),
	(pairs(require("linux.nf"))),
}
objects[#objects + 1] = require("ltask.system").sender(system, 2)
objects[#objects + 1] = worker.address(worker.create("suite_nowhere"))
testing.packet(function(skb)
	for _, object in ipairs({ skb, skb:copy(), skb:data(), skb.ip }) do
		objects[#objects + 1] = object
	end
end, "\x45" .. ("\0"):rep(39))
local closed = io.tmpfile()
closed:close()

local names = {}
local function name(prefix, value, depth)
	for key, member in pairs(value) do
		local path = prefix .. tostring(key)
		if type(member) == "table" and depth < 3 and member ~= _G and member ~= package.loaded then
			name(path .. ".", member, depth + 1)
		elseif type(member) == "function" then
			names[member] = path
		end
	end
end
for _, module in ipairs({ "lunatik", "lunatik.runner", "thread", "rcu", "linux", "device", "mtint", "mtmsg", "percpu", "llthreads2.ex", "actor.core", "actor.system", "ltask.core", "ltask.functions", "ltask.system", "lunatik.testing" }) do
	name(module .. ".", require(module), 1)
end
name("", _G, 0)
for _, object in pairs(objects) do
	local metatable = debug.getmetatable(object)
	if type(object) == "userdata" and type(metatable.__index) == "table" then
		name(tostring(metatable.__name) .. ".", metatable.__index, 3)
	end
end

-- The box of a buffer in use, and other internal objects that exist while C functions run.
local everything
local _ = ("a"):rep(20000):gsub("a", function()
	everything = everything or testing.everything()
	return "bb"
end)
for value in pairs(testing.everything()) do
	everything[value] = true
end
local functions, userdata = {}, {}
for value in pairs(everything) do
	if type(value) == "function" then
		functions[#functions + 1] = value
	elseif type(value) == "userdata" then
		userdata[#userdata + 1] = value
	end
end
local hidden = 0
for _, fn in ipairs(functions) do
	hidden = hidden + (names[fn] and 0 or 1)
end
check.ok("there are functions without names", hidden > 20, hidden)
check.ok("and objects", #userdata >= #objects - 5, #userdata)

local values = {
	nil,
	false,
	0,
	-1,
	math.mininteger,
	math.maxinteger,
	0.5,
	0 / 0,
	"",
	"x",
	("y"):rep(5000),
	{},
	setmetatable({}, { __index = error, __len = error, __name = {} }),
	rawlen,
	function() end,
	coroutine.running(),
	debug.upvalueid(name, 1),
	closed,
	shared,
	objects[4],
	n = 20,
}
local string_metatable, resume = getmetatable(""), coroutine.resume
local set_metatable, set_hook, collect, create, clock = debug.setmetatable, debug.sethook, collectgarbage, coroutine.create, os.clock
local BASIC = { false, 0, print, create(print), n = 4 }
-- Some calls succeed. Their changes to all values of a type, or to the runtime, are undone.
local function mend()
	set_metatable("", string_metatable)
	set_metatable(nil, nil)
	for i = 1, BASIC.n do
		set_metatable(BASIC[i], nil)
	end
	set_hook()
	collect("restart")
end
local slow, leaks, told = {}, {}, addresses.told
local function call(fn, ...)
	local start = clock()
	local thread = create(fn)
	local good, result, second, third = resume(thread, ...)
	coroutine.close(thread)
	if told(result) or told(second) or told(third) then
		leaks[#leaks + 1] = tostring(names[fn])
	end
	if clock() - start > 1 then
		slow[#slow + 1] = tostring(names[fn])
	end
	return good, result
end
addresses.note_all()
local calls, refused = 0, 0
local function count(good)
	calls = calls + 1
	refused = refused + (good and 0 or 1)
end
local before = collectgarbage("count")
for _, fn in ipairs(functions) do
	local path = names[fn]
	if not LEFT_OUT[path] then
		count(call(fn))
		for i = 1, values.n do
			count(call(fn, values[i]))
			for j = 1, values.n do
				count(call(fn, values[i], values[j]))
			end
			count(call(fn, values[i], values[i], values[i], values[i], values[i]))
		end
	end
	mend()
end
check.ok("all of them were called", calls > 10000, calls)
check.ok("most calls are refused", refused * 3 > calls, refused)
-- Internal functions also get the objects that no script gets.
calls = 0
for _, fn in ipairs(functions) do
	if not LEFT_OUT[names[fn]] then
		for _, object in ipairs(userdata) do
			count(call(fn, object))
			count(call(fn, object, object))
		end
		mend()
	end
end
check.ok("and with every object", calls > 100, calls)
check.same("none of them tells an address", table.concat(leaks, ", "), "")
collectgarbage()
collectgarbage()
check.ok("the heap is sound", collectgarbage("count") > 0 and before > 0)
local again = {}
for i = 1, 200 do
	again[i] = ("z"):rep(i * 50)
end
check.same("strings too", #table.concat(again), 200 * 201 // 2 * 50)
