-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A receiver of what hooks_sends.lua sends, of one kind. It checks that the numbers rise, and notes in the table of all
-- runtimes how many have come, the last one, and the first that was wrong.
-- usage: hooks_sends_receiver.lua KIND FOLDER [MESSAGES]
--
-- The receiver is a thread, except for actors and services, which the script makes. MESSAGES is the limit of the queue.

local kind, folder, most = ...
local shared, worker = require("lunatik")._ENV, require("worker")
for _, what in ipairs({ "count", "last", "wrong" }) do
	shared["suite." .. kind .. "." .. what] = what ~= "wrong" and 0 or nil
end
package.path = folder .. "/lua/?.lua;" .. package.path

local code = [[
	local kind = ...
	local shared = require("lunatik")._ENV
	local count, last = 0, 0
	local prefix = "suite." .. kind .. "."
	return function(n, text)
		count = count + 1
		if n <= last or (text or kind) ~= kind then
			shared[prefix .. "wrong"] = ("%s after %d: %s"):format(n, last, text)
		end
		last = n
		shared[prefix .. "last"] = last
		shared[prefix .. "count"] = count
	end
]]

if kind == "mailbox" then
	local inbox = require("lunatik.testing").mailbox(tonumber(most or 1024))
	shared["suite.address"] = inbox:address()
	local take = load(code)(kind)
	return function()
		while true do
			-- With a limit, it receives only when it is told to.
			while most and not shared["suite.receive"] do
				require("linux").schedule(1)
			end
			local _, message = inbox:receive()
			take(message.n, message.text)
		end
	end
elseif kind == "actor" then
	local actor = require("actor")
	shared["suite.channel"] = actor.spawn_vm("./hooks_sends_actor")
elseif kind == "service" then
	local bootstrap = require("ltask.bootstrap")
	local text = ([[
		local take = load(%q)("service")
		return function()
			return { message = function(n, more) take(n, more.text) end, quit = function() require("ltask").quit() end }
		end
	]]):format(code)
	local context = bootstrap.start({
		core = { queue = tonumber(most or 4096) },
		root = {
			bootstrap = {
				{ name = "receiver", unique = true, initfunc = text },
				{ name = "keeper", initfunc = "return function() return {} end" },
			},
		},
	})
	shared["suite.service"] = bootstrap.sender(context, "receiver")
elseif kind == "worker" then
	local receiver = worker.create(
		"./hooks_sends_worker",
		code,
		"local take = ... while true do take((worker.peek())) end"
	)
	shared["suite.worker"] = worker.address(receiver)
	return function()
		worker.receive(receiver)
	end
elseif kind == "buffer" then
	-- The buffer of the script with this name.
	local buffer = require("mtmsg").buffer("suite/" .. most)
	local take = load(code)(kind)
	return function()
		while true do
			local n, text, half = buffer:nextmsg()
			take(half * 2 == n and n or -1, text)
		end
	end
end
