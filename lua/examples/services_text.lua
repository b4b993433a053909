-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of services_device.lua: works on texts.

local ltask = require("ltask")

local S = {}

S.upper = string.upper
S.reverse = string.reverse

-- Memory that is never given back.
local kept = {}

-- Uses up all the memory that it may, so that not even the error can be sent.
function S.crash()
	ltask.mem_limit(math.floor(collectgarbage("count") * 1024) + 100000)
	while true do
		kept[#kept + 1] = { #kept }
	end
end

return S
