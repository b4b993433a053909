-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of services_device.lua: passes requests to a few services in turn, and replaces those that end.

local ltask = require("ltask")

local S = {}
local SERVICES <const> = 3
local ids, turn = {}, 0

for i = 1, SERVICES do
	ids[i] = ltask.spawn("services_text")
end

function S.request(name, text)
	turn = turn % SERVICES + 1
	local at = turn
	local id = ids[at]
	local results = table.pack(pcall(ltask.call, id, name, text))
	if results[1] then
		return results[2]
	end
	-- Whether it has ended shows when it is asked again; another session may have replaced it meanwhile.
	if ids[at] == id and not pcall(ltask.syscall, id, "memory") then
		ids[at] = ltask.spawn("services_text")
		print(("service %d has ended; %d takes its place"):format(id, ids[at]))
	end
	error(results[2], 0)
end

return S
