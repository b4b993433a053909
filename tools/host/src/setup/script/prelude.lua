-- SPDX-License-Identifier: GPL-2.0-only OR MIT

-- What scripts that set a sandbox up have beside Lua's own functions and those of C. `exhausted` ends the process if
-- its argument is the error of a Lua that is out of memory.
local exhausted = ...

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
