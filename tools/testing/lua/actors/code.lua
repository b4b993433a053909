-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that runs the code that it is sent: see lib/actors.lua. It ends when it can receive nothing more, or when
-- the code has set the global `finish`; before, it calls the code's function `ended`, if there is one, with the
-- reason.

local actor, inbox = require("actor"), require("inbox")
local folder = inbox:receive().folder
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)

-- Code finds the functions of lib/actors.lua, then those of this actor.
setmetatable(common, { __index = _ENV })
local own = { actor = actor, inbox = inbox, time = require("time"), linux = require("linux"), kept = {} }
local globals = setmetatable(own, { __index = common })

local function run(request)
	local arguments = request.arguments or { n = 0 }
	local results
	local good, err = pcall(function()
		local chunk = assert(load(request.code, "=code", "t", globals))
		results = table.pack(chunk(table.unpack(arguments, 1, arguments.n)))
	end)
	return good and results or { failure = common.name_of(err) }
end

local function handle(request)
	if request.reply then
		request.reply:send(run(request))
		request.reply:close()
	else
		run(request)
	end
end

-- Serves one request; returns why there is none.
local function serve()
	local good, request = pcall(inbox.receive, inbox)
	if not good then
		return common.name_of(request)
	end
	if request == nil then
		common.flags["suite/nil"] = true
	end
	handle(request)
	return nil
end

local why
while not (why or rawget(globals, "finish")) do
	why = serve()
	-- The actor keeps no address that the code has not kept.
	collectgarbage()
end
local ended = rawget(globals, "ended")
if ended then
	ended(why)
end
