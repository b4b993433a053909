-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Takes samples of its own calls, and prints them.

local function show(what)
	local stack, is_cut = taken()
	print(what .. ": " .. stack:gsub("[^ ;]*/", "") .. (is_cut and " (cut)" or ""))
end

local function loops(count)
	ask(count)
	for _ = 1, 10 do
	end
	show("a loop")
end
loops(2)

local function calls_c()
	ask(1)
	show("a C function that has returned")
end
calls_c()

function Global()
	local text = ("x"):rep(3)
	ask(3)
	text:rep(1 << 16, ",")
	show("a C function that attends")
end
Global()

local coroutine_body = coroutine.wrap(function()
	loops(2)
end)
coroutine_body()

local outer = coroutine.create(function()
	local inner = coroutine.create(function()
		ask(2)
		while true do
			break
		end
		for _ = 1, 3 do
		end
		show("nested coroutines")
	end)
	coroutine.resume(inner)
end)
coroutine.resume(outer)

-- C calls it, so no code names it; and a tail call has no caller.
pcall(string.gsub, "x", "x", function()
	ask(2)
	for _ = 1, 3 do
	end
	show("called by C")
end)
local function tail()
	ask(2)
	for _ = 1, 3 do
	end
	show("a tail call")
end
local function caller()
	return tail()
end
caller()

local object = setmetatable({}, {
	__index = function()
		ask(2)
		for _ = 1, 3 do
		end
		show("a metamethod")
	end,
	__close = function()
		ask(2)
		for _ = 1, 3 do
		end
		show("a closing method")
	end,
	__gc = function()
		ask(2)
		for _ = 1, 3 do
		end
		show("a finalizer")
	end,
})
local _ = object.field
do
	local closed <close> = object
end
object = nil
collectgarbage()

-- What a script can put into names does not break the line.
load("local f = ... f()", "@a;b\nc")(function()
	ask(2)
	for _ = 1, 3 do
	end
	show("names")
end)
load("ask(2) for _ = 1, 3 do end", "return 'a text'\n")()
show("a text")
load("ask(2) for _ = 1, 3 do end", "@" .. ("long"):rep(100) .. "END")()
show("a long name")

local function recurse(depth)
	if depth > 0 then
		recurse(depth - 1)
		return
	end
	ask(2)
	for _ = 1, 3 do
	end
end
recurse(500)
local stack, is_cut = taken()
local _, calls = stack:gsub(";", ";")
print("a recursion: " .. calls + 1 .. " calls, " .. (is_cut and "cut" or "whole"))

local hooked
debug.sethook(function()
	if not hooked then
		hooked = true
		ask(2)
		for _ = 1, 3 do
		end
		show("a hook")
	end
end, "l")
local x = 1
debug.sethook()
assert(x == 1 and hooked)

-- A sample changes nothing.
local before = debug.traceback()
ask(1)
local after = debug.traceback()
assert(before:gsub(":%d+:", "") == after:gsub(":%d+:", ""))
print("done")
