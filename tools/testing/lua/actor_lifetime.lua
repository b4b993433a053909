-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: how long they live (section 7). Ends of whole scripts, and what is printed, are in
-- suites/actors.sh.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local inbox, time = require("inbox"), require("time")
local same, ok, joined = check.same, check.ok, check.joined
local failure, user, eval, tell = common.failure, common.user, common.eval, common.tell
local flag, flags = common.flag, common.flags

-- Whether the flag gets the value.
local function becomes(name, value)
	return common.soon(function()
		return flags[name] == value
	end)
end
-- Has an actor run code, and end its main fiber: then only what the code has begun keeps it. Sets the flag when the
-- Lua state of the actor is closed.
local function leaves(ends, code, ...)
	local address = user()
	eval(address, ([[
		_G.at_end = setmetatable({}, { __gc = function()
			flags["%s"] = "ended"
		end })
	]]):format(ends))
	tell(address, "finish = true " .. code, ...)
	return address
end

-- 7: what keeps an actor.
do
	local ends = flag("ends")
	local address = leaves(ends, "")
	ok("7: an actor whose work is done ends", becomes(ends, "ended"))
	same("7: its inbox is closed", failure(address.send, address, 1), "channel_closed")
end
do
	local ends, slept = flag("ends"), flag("slept")
	leaves(ends, ([[
		spawn(function()
			for _ = 1, 20 do
				time.sleep(0.001)
				assert(flags["%s"] == nil)
			end
			flags["%s"] = true
		end)
	]]):format(ends, slept))
	ok("7: a fiber that sleeps keeps it", becomes(slept, true))
	ok("7: until it ends", becomes(ends, "ended"))
end
do
	local ends, yielded = flag("ends"), flag("yielded")
	leaves(ends, ([[
		spawn(function()
			for _ = 1, 100 do
				this_fiber.yield()
			end
			flags["%s"] = true
		end)
	]]):format(yielded))
	ok("7: a fiber that is ready keeps it", becomes(yielded, true))
	ok("7: until it has ended", becomes(ends, "ended"))
end
do
	local ends = flag("ends")
	leaves(ends, [[
		local home = ...
		spawn(function()
			home:send("sent")
			home:send("again")
		end)
	]], inbox)
	-- Time in which it would end.
	time.sleep(0.02)
	same("7: a fiber that sends keeps it", joined(flags[ends], inbox:receive()), "nil sent")
	time.sleep(0.02)
	same("7: as long as its message is not taken", joined(flags[ends], inbox:receive()), "nil again")
	ok("7: then it ends", becomes(ends, "ended"))
end
do
	local ends = flag("ends")
	local address = leaves(ends, [[
		local home = ...
		spawn(function()
			home:send(inbox:receive())
			home:send(failure(inbox.receive, inbox))
		end)
	]], inbox)
	time.sleep(0.02)
	same("7: a fiber that receives keeps it", failure(address.send, address, "received"), nil)
	same("7: while somebody can send", inbox:receive(), "received")
	address:close()
	same("7: when nobody can, it is told", inbox:receive(), "no_senders")
	ok("7: and ends", becomes(ends, "ended"))
end
for name, code in pairs({
	["a mutex"] = "local m = require('mutex').new() m:lock() spawn(function() m:lock() end)",
	["a condition variable"] = [[
		local m, c = require("mutex").new(), require("condition_variable").new()
		kept.m, kept.c = m, c
		spawn(function()
			m:lock()
			c:wait(m)
		end)
	]],
	["a future"] = "kept.p, kept.f = require('future').new() spawn(function() kept.f:get() end)",
	["a fiber that waits"] = [[
		local m = require("mutex").new()
		m:lock()
		local other = spawn(function()
			m:lock()
		end)
		spawn(function()
			other:join()
		end)
	]],
}) do
	local ends = flag("ends")
	leaves(ends, code)
	ok(("7: a fiber that waits for %s does not keep it"):format(name), becomes(ends, "ended"))
end
do
	local ends = flag("ends")
	local address = leaves(ends, "kept.home = ...", inbox)
	same("7: the channels of an actor that has ended are closed", failure(inbox.receive, inbox), "no_senders")
	ok("7: its objects are finalised", becomes(ends, "ended"))
	address:close()
end

-- 7: parents and children.
do
	local parent = user()
	local child = eval(parent, "kept.child = user() return kept.child")
	tell(parent, "finish = true")
	same("7: a parent ends", common.gone(parent), "channel_closed")
	same("7: its child lives", eval(child, "return 'lives'"), "lives")
	child:close()
	parent = user()
	child = eval(parent, "kept.child = user() return kept.child")
	tell(child, "finish = true; function ended() error('fails') end")
	same("7: a child fails", common.gone(child), "channel_closed")
	same("7: its parent lives", eval(parent, "return 'lives'"), "lives")
	same(
		"7: and its channel is useless",
		eval(parent, "return failure(kept.child.send, kept.child, 1)"),
		"channel_closed"
	)
	parent:close()
	parent = user()
	child = eval(parent, "kept.child = user() return kept.child")
	tell(parent, "require('system').exit()")
	same("7: a parent exits", common.gone(parent), "channel_closed")
	same("7: its child lives, too", eval(child, "return 'lives'"), "lives")
	child:close()
end

-- 7: errors.
do
	local cleaned, ends, other = flag("cleaned"), flag("ends"), flag("other")
	local address = leaves(ends, ([[
		for _, name in ipairs({ "%s", "%s" }) do
			spawn(function()
				scope_cleanup_push(function()
					flags[name] = true
				end)
				time.sleep(3600)
			end)
		end
		turn()
		function ended()
			error("fails")
		end
	]]):format(cleaned, other))
	same("7: an error of the main fiber ends the actor", common.gone(address), "channel_closed")
	ok("7: at once, although other fibers sleep", becomes(ends, "ended"))
	same("7: their cleanup handlers do not run", joined(flags[cleaned], flags[other]), "nil nil")
end
do
	local address = user()
	eval(address, [[
		spawn(function()
			error("fails")
		end):detach()
		spawn(function()
			error("fails, too")
		end)
		turn()
		collect()
		turn()
	]])
	same("7: an error of another fiber does not", eval(address, "return 'lives'"), "lives")
	same("7: who joins that fiber gets it", eval(address, [[
		local fiber = spawn(function()
			error({ 42 })
		end)
		local good, err = pcall(fiber.join, fiber)
		return not good and err[1]
	]]), 42)
	address:close()
end
do
	local address = user()
	tell(address, "finish = true function ended() require('lunatik.testing').fail_allocation(1, true) kept[1] = {} end")
	same("7: an actor that has no memory left ends", common.gone(address), "channel_closed")
end
for name, code in pairs({
	["fails in a cleanup handler"] = "pcall(scope, function() scope_cleanup_push(function() error('fails') end) end)",
	["fails in a handler of another fiber"] = [[
		spawn(function()
			scope_cleanup_push(function()
				error("fails")
			end)
		end)
		pcall(time.sleep, 60)
	]],
	["exits"] = "pcall(require('system').exit, 0)",
	["exits in another fiber"] = "spawn(require('system').exit) pcall(time.sleep, 60)",
	["exits in a coroutine"] = "pcall(coroutine.wrap(function() require('system').exit() end))",
}) do
	local after, address = flag("after"), user()
	tell(address, ("%s flags['%s'] = true"):format(code, after))
	same(("7: an actor that %s ends"):format(name), common.gone(address), "channel_closed")
	same(("7: at once, if it %s"):format(name), flags[after], nil)
end
do
	local cleaned, address = flag("cleaned"), user()
	tell(address, ([[
		scope_cleanup_push(function()
			flags["%s"] = true
		end)
		require("system").exit()
	]]):format(cleaned))
	common.gone(address)
	same("2.5: system.exit runs no cleanup handlers", flags[cleaned], nil)
	cleaned, address = flag("cleaned"), user()
	tell(address, ([[
		finish = true
		spawn(function()
			scope_cleanup_push(function()
				time.sleep(0.001)
				flags["%s"] = true
			end)
		end)
	]]):format(cleaned))
	ok("7: an actor waits for cleanup handlers", becomes(cleaned, true))
end
