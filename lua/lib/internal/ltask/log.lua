-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- `ltask.log`. The chunk gets the native core.

local core = ...
local select, tostring = select, tostring
local concat = table.concat

local log = {}

local function level(name)
	return function(...)
		local count = select("#", ...)
		local words = { ... }
		for i = 1, count do
			words[i] = tostring(words[i])
		end
		core.pushlog(name, ("( %s ) %s"):format(core.label(), concat(words, "\t", 1, count)))
	end
end

log.info = level("info")
log.error = level("error")

return log
