-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The service `logger`: writes what services log to the output of the script that has started the system. Many lines
-- are written at once: each write wakes the process that reads them.

local ltask = require("ltask")
local system = require("ltask.system")
local concat = table.concat

-- Hundredths of a second from one write to the next.
local PAUSE <const> = 1
-- So many lines are written at once at most.
local MOST_LINES <const> = 100

-- The second of the last entry, and how it is shown.
local last_second, shown

local function line(at, level, text)
	local second = at // 100
	if second ~= last_second then
		last_second, shown = second, os.date("%Y-%m-%d %H:%M:%S", second)
	end
	return ("[%s.%02d][%-5s]%s\n"):format(shown, at % 100, level:upper(), text)
end

-- Writes what is in the log. Returns whether there was anything.
local function drain()
	local lines, count, found = {}, 0, false
	for at, _, level, text in ltask.poplog do
		count, found = count + 1, true
		lines[count] = line(at, level, text)
		if count == MOST_LINES then
			io.write(concat(lines, "", 1, count))
			count = 0
		end
	end
	local lost = system.lost_logs()
	if lost > 0 then
		count = count + 1
		lines[count] = ("(%d entries lost)\n"):format(lost)
	end
	io.write(concat(lines, "", 1, count))
	return found
end

local resting = false

local function rest()
	if drain() then
		ltask.timeout(PAUSE, rest)
	else
		resting = false
		system.take_log()
	end
end

-- Comes when there is something to read; while the service rests, when the log is half full.
ltask.signal_handler(function()
	drain()
	if not resting then
		resting = true
		ltask.timeout(PAUSE, rest)
	end
end)
system.take_log()

local S = {}

function S.quit()
	drain()
	ltask.quit()
end

return S
