-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What the checks of ltask have in common. The argument is the folder tools/testing. Loaded in a service.

local folder = ...
local ltask = require("ltask")
local core = require("ltask.core")
-- The checks are lines of the script's own output, without the log's prefix.
_G.print = core.print

local common = { folder = folder, ltask = ltask, check = dofile(folder .. "/lib/check.lua") }

-- A new service that runs the code that it is sent: see lua/ltask_user.lua.
function common.user()
	return ltask.spawn("ltask_user")
end

-- Runs code in a service. The code gets the arguments, and `ltask`, `S` and `kept` as globals.
function common.eval(service, code, ...)
	return ltask.call(service, "eval", code, ...)
end

-- The text of the error that the function raises; nil if it raises none.
function common.failure(fn, ...)
	local ok, err = pcall(fn, ...)
	return not ok and tostring(err) or nil
end

-- The first line of that text.
function common.first_line(fn, ...)
	local text = common.failure(fn, ...)
	return text and text:match("^[^\n]*")
end

function common.contains(name, text, part)
	return common.check.ok(name, text ~= nil and text:find(part, 1, true) ~= nil, tostring(text))
end

-- Whether the condition becomes true within that many hundredths of a second.
function common.soon(condition, ti)
	for _ = 1, ti or 500 do
		if condition() then
			return true
		end
		ltask.sleep(1)
	end
	return condition()
end

-- Hundredths of a second that a call takes, as a float.
function common.took(fn, ...)
	local begun = ltask.counter()
	fn(...)
	return (ltask.counter() - begun) * 100
end

-- Ends the system: services that the checks have left would keep it.
function common.finish()
	ltask.send(1, "quit_ltask")
end

return common
