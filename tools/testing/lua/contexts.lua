-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Calls every function of C that a script can reach where the code must not sleep: those in the table below work as
-- ever, all others are refused by name.
-- usage: contexts.lua FOLDER_OF_THE_TESTS

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local testing = require("lunatik.testing")
local atomically = testing.atomically

local modules = {
	"actor.core",
	"actor.process",
	"actor.system",
	"device",
	"file_descriptor",
	"linux",
	"llthreads2.ex",
	"ltask.core",
	"ltask.functions",
	"ltask.system",
	"lunatik",
	"lunatik.example",
	"lunatik.runner",
	"mtint",
	"mtmsg",
	"percpu",
	"rcu",
	"thread",
	"worker",
}

local allowed = {}
local function allow(module, names)
	for name in names:gmatch("%S+") do
		allowed[module .. name] = true
	end
end
allow("", "assert error getmetatable ipairs next pairs pcall print rawequal rawget rawlen rawset select")
allow("", "setmetatable tonumber tostring type warn xpcall")
allow("coroutine.", "close create isyieldable resume running status wrap yield")
allow("debug.", "gethook getinfo getlocal getmetatable getregistry getupvalue getuservalue sethook setlocal")
allow("debug.", "setmetatable setupvalue setuservalue traceback upvalueid upvaluejoin")
allow("math.", "abs ceil cos deg exp floor fmod frexp ldexp log max min modf rad random randomseed sin sqrt tan")
allow("math.", "acos asin atan tointeger type ult")
allow("os.", "clock date difftime getenv time")
allow("string.", "byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper")
allow("table.", "concat create insert move pack remove sort unpack")
allow("utf8.", "char codepoint codes len offset")
allow("linux.", "cpu difftime errname ktime numcpus random time")
allow("lunatik.", "cpu")
allow("rcu.", "add cas")
allow("percpu.counter:", "add sum")
allow("percpu.histogram:", "add count counts quantile sum")
allow("lunatik.testing.", "fire_again fire_inner graph_locks paint_stack painted_left stack_left")
-- Of tables of constants, and of the module, whose fields some of them are.
allow("linux.nf/", "__newindex __pairs next")
allow("linux.nf/__index/", "__index")
allow("linux/", "__index")

-- Packets are for hooks only.
allow("skb:", "checksum connmark copy ctinfo data forward header hook ifindex mark payload priority protocol replace")
allow("skb:", "resize vlan")
for kind in ("byte int8 uint8 int16 uint16 int32 uint32 int64 number float double string"):gmatch("%S+") do
	allow("skb.data:", "get" .. kind .. " set" .. kind)
end
allow("skb.data:", "checksum compare find resize")
allow("skb/", "__index __len")
allow("skb/__index/", "__index")
allow("skb.data/", "__len __tostring")
allow("skb.header/", "__index __newindex")

-- What functions are called: by the tables of modules, and by the metatables of classes.
local names = {}
local function name(prefix, tbl)
	for key, value in pairs(tbl) do
		if type(key) == "string" and type(value) == "function" and not names[value] then
			names[value] = prefix .. key
		end
	end
end
for _, module in ipairs(modules) do
	require(module)
end
name("", _G)
name("linux/", debug.getmetatable(require("linux")))
name("linux.nf/", { next = (pairs(require("linux.nf"))) })
for module, tbl in pairs(package.loaded) do
	if type(tbl) == "table" and module ~= "_G" then
		name(module .. ".", tbl)
	end
end
-- An object of each class. Lua makes a metatable when the first object of its class is made.
local lunatik, mtint = require("lunatik"), require("mtint")
local inbox = testing.mailbox()
local running <close> = lunatik.runtime("suite_child")
local threaded <close> = lunatik.runtime("suite_thread")
local system = require("ltask.bootstrap").start({})
require("actor.system").open()
local channel, category = require("actor.system").address(), require("actor.system").category()
local device <close> = require("device").new({ name = "suite_contexts_device" })
local running_worker = worker.create("suite_child")
local packet, copy, view, header
testing.packet(function(skb)
	packet, copy, view, header = skb, skb:copy(), skb:data(), skb.ip
end, "\x45" .. ("\0"):rep(39))
local objects = {
	io.stdout,
	require("rcu").table(),
	require("percpu").counter("suite.contexts"),
	require("percpu").histogram("suite.contexts.values"),
	require("mtmsg").newbuffer(),
	running,
	require("thread").run(threaded, "suite/contexts"),
	device,
	running_worker,
	worker.address(running_worker),
	require("llthreads2.ex").new("return 1"),
	mtint.interruptible(mtint.id()),
	require("lunatik.example").counter(0),
	inbox,
	inbox:address(),
	(require("ltask.functions").pack(1)),
	system,
	require("ltask.system").sender(system, 2),
	require("linux.nf"),
	channel,
	category,
	packet,
	copy,
	view,
	header,
}
local classes = 0
for _, object in ipairs(objects) do
	local metatable = debug.getmetatable(object)
	local class = metatable.__name
	classes = classes + 1
	name(class .. "/", metatable)
	if type(metatable.__index) == "table" then
		name(class .. ":", metatable.__index)
		name(class .. "/__index/", debug.getmetatable(metatable.__index) or {})
	end
	-- Comparing handles reads two numbers.
	allowed[class .. "/__eq"] = true
end
check.same("there is an object of each class", classes, 25)
-- Metamethods that read, and one that writes.
for _, what in ipairs({ "FILE*/__tostring", "rcu.table/__index", "rcu.table/__len", "rcu.table/__newindex" }) do
	allowed[what] = true
end

-- Checked below: it depends on what is loaded.
local special = { require = true, ["FILE*/__gc"] = false }
-- It would drop the objects, which the calls below need.
for _, what in pairs(names) do
	if what:find("/__gc$") and special[what] == nil then
		special[what] = true
	end
end
local plain = { {}, { 1 }, { "x", 1 }, { { "x" }, 1 } }
local with_objects = { {}, { 1 }, { objects[2], "key" }, { io.stdout } }

local refused, worked, wrong = 0, 0, {}
for func, what in pairs(names) do
	if debug.getinfo(func, "S").what == "C" and not special[what] then
		-- Functions that take anything call the metamethods of objects, which are refused by themselves.
		for _, arguments in ipairs(what:find("[:/]") and with_objects or plain) do
			local _, message = pcall(atomically, func, table.unpack(arguments))
			local is_refused = type(message) == "string" and message:find("not in atomic context", 1, true) ~= nil
			if is_refused == (allowed[what] or false) then
				wrong[#wrong + 1] = what .. (is_refused and " is refused" or " is not refused: " .. tostring(message))
				break
			elseif is_refused then
				refused = refused + 1
			else
				worked = worked + 1
			end
		end
	end
end
table.sort(wrong)
check.same("every function is allowed or refused as the table says", table.concat(wrong, "\n"), "")
check.ok("many were refused", refused > 200, refused)
check.ok("many worked", worked > 300, worked)

-- By name, and with the place.
local function said(func, ...)
	return select(2, pcall(atomically, func, ...))
end
-- The error of a line of code, or its result.
local function run(line)
	return said(assert(load("local objects = ... " .. line, "=contexts.lua")), objects)
end
local function ends(what, line, ending)
	local text = run(line)
	check.ok(what, tostring(text):sub(-#ending) == ending and tostring(text):find("^contexts.lua:1: "), text)
end
ends("a function of Lua's libraries", "io.open('x')", "io.open: not in atomic context")
ends("a method", "io.stdout:write('x')", "write: not in atomic context")
-- An iterator is in no table of functions.
do
	local path <const> = folder .. "/lua/contexts.lua"
	local file <close> = assert(io.open(path))
	for what, lines in pairs({ file = file:lines(), ["the library"] = io.lines(path) }) do
		local message = select(2, pcall(atomically, lines))
		check.ok("an iterator of " .. what, tostring(message):find("not in atomic context$"), message)
		check.ok("it works elsewhere, of " .. what, lines():find("^%-%- SPDX"))
	end
end
ends("a function of Rust", "require('linux').schedule(1)", "linux.schedule: not in atomic context")
ends("a global function", "load('return 1')", "load: not in atomic context")
package.loaded.mtint = nil
ends("require of what is not loaded", "require('mtint')", "require: not in atomic context")
ends("require of a file", "require('suite_nowhere')", "require: not in atomic context")
check.same("require of what is loaded", run("return require('linux') == package.loaded.linux"), true)
objects[2].handle = require("lunatik")._ENV
check.ok("an object in a table", objects[2].handle)
local collected = require("rcu").table()
check.ok("an object is dropped later", pcall(atomically, debug.getmetatable(collected).__gc, collected))
check.ok("and is gone for the script", not pcall(function() return #collected end))
check.same("a handle in a table", run("return objects[2].handle == objects[2].handle"), true)
objects[2].text = "text"
check.same("a text in a table", run("return objects[2].text .. #objects[2]"), "text2")
check.same("how much memory is in use", run("return collectgarbage('count') > 0"), true)

-- Memory: what is free at once, no large block, no collection.
local function small_table()
	local t = {}
	for i = 1, 1000 do
		t[i] = { i }
	end
	return #t
end
local function large_block()
	return #("x"):rep(1 << 20)
end
local finalized = 0
local function garbage()
	local finalizer = {
		__gc = function()
			finalized = finalized + 1
		end,
	}
	for _ = 1, 1000 do
		setmetatable({}, finalizer)
	end
	return finalized
end
check.same("a small table", said(small_table), 1000)
check.same("a large block", said(large_block), "not enough memory")
check.same("afterwards it may be had", large_block(), 1 << 20)
check.same("no finalizer runs", said(garbage), 0)
collectgarbage()
check.same("they run afterwards", finalized, 1000)
check.same("the collector is as it was", collectgarbage("isrunning"), true)

-- Control.
local function count(...)
	return select("#", ...), ...
end
local function coroutine_within()
	local co = coroutine.wrap(function(a)
		return a + coroutine.yield(a + 1)
	end)
	return co(1) + co(10)
end
local function yield_across()
	return select(2, pcall(atomically, coroutine.yield))
end
local function closes()
	local closed
	do
		local _ <close> = setmetatable({}, {
			__close = function()
				closed = true
			end,
		})
	end
	return closed
end
local function recursion(n)
	return select(2, pcall(recursion, (n or 0) + 1)) or n
end
check.same("results", check.joined(atomically(count, nil, 2, nil)), "3 nil 2 nil")
check.same("an error", select(2, pcall(atomically, error, "an error")), "an error")
check.same("an error that is no text", select(2, pcall(atomically, error, objects)), objects)
check.same("a coroutine within", said(coroutine_within), 13)
check.same("no yield across it", coroutine.wrap(yield_across)(), "attempt to yield across a C-call boundary")
check.same("a variable that is closed", said(closes), true)
local file <close> = assert(io.open(folder .. "/lib/check.lua"))
local function closes_file()
	local _ <close> = file
end
check.ok("a file is not closed", tostring(said(closes_file)):find("not in atomic context", 1, true))
check.same("and is open still", io.type(file), "file")
check.ok("recursion ends", tostring(said(recursion)):find("overflow", 1, true))
check.same("it does not nest", said(atomically, print) or "", "lunatik.testing.atomically: not in atomic context")
check.same("and sleeping is possible again", require("linux").schedule(1), 0)
