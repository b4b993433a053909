-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors without memory; see lib/actor_memory.lua.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local check_all = assert(loadfile(folder .. "/lib/actor_memory.lua"))(check, common)
local inbox = require("inbox")
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local module = folder .. "/lua/process/puppet.lua"

check_all({
	["start a process"] = [[
		spawn_vm({
			module = extra .. "/lua/process/puppet.lua",
			subprocess = { stdout = "share", stderr = "share", environment = { X = "1" }, init = { script = "" } },
		}):kill()
	]],
}, folder)

-- The process must not have the address of this actor: that an actor ends shows in that nobody has it.
local channel = processes.bare()
channel:send(true)
check_all({
	["send to a process"] = "extra:send({ more = '' })",
	["send a table to a process"] = "extra:send({ more = '', a = 1, b = ('x'):rep(200), c = true })",
	["send an address to a process"] = "extra:send({ more = '', a = inbox, b = other })",
	["send a descriptor to a process"] = [[
		local fd <close> = assert(require("file_descriptor").open("/dev/null"))
		extra:send({ more = "", a = fd })
	]],
	["send a process to an actor"] = "other:send({ code = '', arguments = { n = 1, extra } })",
}, channel)
channel:send({ code = "(...):send('well')", value = inbox })
check.same("the process is not harmed", inbox:receive(), "well")
channel:kill()
check.ok("and another one starts", getmetatable(spawn_vm({ module = module, subprocess = {} })))
