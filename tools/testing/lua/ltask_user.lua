-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A service of the checks of ltask: runs the code that it is sent.

local ltask = require("ltask")

local S = {}
local environment = setmetatable({ ltask = ltask, S = S, kept = {} }, { __index = _G })

local function compile(code)
	return assert(load(code, "=user", "t", environment))
end

-- Runs the code and returns its results.
function S.eval(code, ...)
	return compile(code)(...)
end

-- Adds the function that the code returns as a handler.
function S.handle(name, code)
	ltask.dispatch({ [name] = compile(code)() })
end

function S.echo(...)
	return ...
end

function S.nargs(...)
	return select("#", ...)
end

function S.fail(value)
	error(value)
end

-- Never answers.
function S.hang()
	ltask.wait({})
end

function S.sleep(ti)
	ltask.sleep(ti)
	return ti
end

function S.forever()
	while true do
	end
end

function S.exit()
	ltask.quit()
end

return S
