-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor whose cleanup scopes end in the way that its first message names. It adds words to the text of the flag
-- that the message names.

local inbox, time = require("inbox"), require("time")
local flags = require("lunatik")._ENV
local request = inbox:receive()

local function word(text)
	flags[request.flag] = (flags[request.flag] or "") .. text .. " "
end

local function fail()
	error("a handler fails")
end

local function with_handler(handler)
	return function()
		scope_cleanup_push(handler)
	end
end

-- The main fiber catches what it can, for ever.
local function endless()
	while true do
		pcall(time.sleep, 3600)
		word("caught")
	end
end

local ways = {}

function ways.returns()
	word("main")
end

function ways.fails()
	error("main fails")
end

function ways.fails_in_scope()
	scope(function()
		scope_cleanup_push(function()
			word("scope")
		end)
		error("main fails")
	end)
end

function ways.scope()
	pcall(scope, with_handler(fail))
	word("caught")
end

function ways.pop()
	pcall(function()
		scope_cleanup_push(fail)
		scope_cleanup_pop()
	end)
	word("caught")
end

function ways.pcall()
	pcall(with_handler(fail))
	word("caught")
end

function ways.xpcall()
	xpcall(with_handler(fail), tostring)
	word("caught")
end

function ways.coroutine()
	coroutine.resume(coroutine.create(with_handler(fail)))
	word("caught")
end

function ways.fiber()
	spawn(with_handler(fail))
	endless()
end

function ways.fiber_in_scope()
	spawn(function()
		pcall(scope, with_handler(fail))
		word("caught")
	end)
	endless()
end

function ways.failing_fiber()
	spawn(function()
		scope_cleanup_push(fail)
		error("the fiber fails, too")
	end)
	endless()
end

scope_cleanup_push(function()
	word("root")
end)
spawn(function()
	scope_cleanup_push(function()
		word("fiber")
	end)
	-- Wakes when the main fiber has returned.
	time.sleep(request.way == "returns" and 0.001 or 3600)
end)
this_fiber.yield()
ways[request.way]()
