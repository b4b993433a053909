-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs the checks of one part, actor_PART.lua beside this file, in a script that has required `actor`. The part gets
-- the functions of lib/check.lua and the folder tools/testing. The arguments: that folder, the part, and how many
-- seconds it may take.

local folder, part, seconds = ...
local here = arg[0]:match("^(.*)/")
local check = assert(loadfile(folder .. "/lib/check.lua"))()
local actor = require("actor")
local system, time = require("system"), require("time")

-- A check whose wait does not end is a failure; the other actors end with the script.
local watch = actor.spawn(function()
	time.sleep(tonumber(seconds))
	print("not ok " .. part .. " # a wait does not end")
	system.exit(1)
end)
local chunk = assert(loadfile(here .. "/actor_" .. part .. ".lua"))
local good, err = xpcall(chunk, function(object)
	return debug.traceback(tostring(object))
end, check, folder)
watch:interrupt()
check.ok(part .. " runs to its end", good, err)
