-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Where the sessions of a service wait. The chunk gets the sessions, and returns a text.

local sessions = ...
local traceback = debug.traceback
local lines = {}

local function add(session, title)
	lines[#lines + 1] = title
	local innermost = sessions.inside[session]
	if innermost then
		lines[#lines + 1] = traceback(innermost)
	end
	lines[#lines + 1] = traceback(session)
end

for number, session in pairs(sessions.answers) do
	if type(session) == "thread" then
		add(session, "Session : " .. number)
	end
end
for session, number in pairs(sessions.timed) do
	add(session, "Session : " .. number)
end
for number, session in pairs(sessions.alarms) do
	if type(session) == "thread" then
		add(session, "Timer : " .. number)
	end
end
for token, session in pairs(sessions.waiters) do
	local ok, text = pcall(tostring, token)
	add(session, "Wait : " .. (ok and text or type(token)))
end
return table.concat(lines, "\n")
