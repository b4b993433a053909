-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The service `logger`: writes what services log to the output of the script that has started the system.

local ltask = require("ltask")
local core = require("ltask.core")
local print = core.print

local function write()
	while true do
		local at, _, level, text = ltask.poplog()
		if not at then
			break
		end
		local seconds = at // 100
		print(("[%s.%02d][%-5s]%s"):format(
			os.date("%Y-%m-%d %H:%M:%S", seconds), at % 100, level:upper(), text
		))
	end
	local lost = core.lost_logs()
	if lost > 0 then
		print(("(%d entries lost)"):format(lost))
	end
end

-- Comes when the log is no longer empty.
ltask.signal_handler(write)
core.take_log()

local S = {}

function S.quit()
	write()
	ltask.quit()
end

write()
return S
