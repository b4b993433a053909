-- SPDX-License-Identifier: GPL-2.0-only OR MIT

-- Prepares the globals of a script that sets a sandbox up. `exhausted` ends the process if its argument is the error of
-- a Lua that is out of memory.
local exhausted = ...

-- luacheck: globals mode pcall xpcall load loadfile coroutine.resume coroutine.close
-- luacheck: globals package.cpath package.loadlib package.searchers

function mode(user, group, other)
	return user << 6 | group << 3 | other
end

-- The script must not go on without memory, even if it catches errors: a part of the sandbox might be missing.
local function checked(ok, ...)
	if not ok then
		exhausted((...))
	end
	return ok, ...
end

local function guard(call)
	return function(...)
		return checked(call(...))
	end
end

pcall, xpcall = guard(pcall), guard(xpcall)
load, loadfile = guard(load), guard(loadfile)
coroutine.resume, coroutine.close = guard(coroutine.resume), guard(coroutine.close)

-- Machine code cannot be loaded into a static program.
package.cpath, package.loadlib = "", nil
package.searchers[4], package.searchers[3] = nil, nil
