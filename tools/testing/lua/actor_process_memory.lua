-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- User-space actors without memory; see lib/actor_memory.lua.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local check_all = assert(loadfile(folder .. "/lib/actor_memory.lua"))(check, common)
local processes = assert(loadfile(folder .. "/lib/processes.lua"))(folder)
local module = folder .. "/lua/process/puppet.lua"

-- Each operation has a process of its own, which runs code.
local BEGIN <const> = [[
	local folder, child = extra, nil
	child = spawn_vm({ module = folder .. "/lua/process/puppet.lua", subprocess = {} })
]]
check_all({
	["start a process"] = BEGIN .. "child:kill()",
	["with options"] = [[
		spawn_vm({
			module = extra .. "/lua/process/puppet.lua",
			subprocess = { stdout = "share", stderr = "share", environment = { X = "1" }, init = { script = "" } },
		}):kill()
	]],
}, folder)

local channel = processes.start()
local home = processes.run(channel, "return inbox")
check_all({
	["send to a process"] = "extra:send({ more = '' })",
	["send a table to a process"] = "extra:send({ more = '', a = 1, b = ('x'):rep(200), c = true })",
	["send an address to a process"] = "extra:send({ more = '', a = inbox, b = other })",
	["send a descriptor to a process"] = [[
		local fd <close> = assert(require("file_descriptor").open("/dev/null"))
		extra:send({ more = "", a = fd })
	]],
	["send a process to an actor"] = "other:send({ code = '', arguments = { n = 1, extra } })",
}, home)
check.same("the process is not harmed", processes.run(channel, "return 'well'"), "well")
channel:kill()
check.ok("and another one starts", getmetatable(spawn_vm({ module = module, subprocess = {} })))
