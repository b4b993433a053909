-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `actor` in a script that is not an actor yet: makes it one. In actors that `spawn_vm` has made, the
-- module is in `package.loaded` from the beginning.

local core = require("actor.core")
local getinfo = debug.getinfo
local sub = string.sub

-- The file of the outermost function on the stack, which is the script's.
local function entry()
	local level, found = 1, nil
	while true do
		local info = getinfo(level, "S")
		if not info then
			return found
		end
		if sub(info.source, 1, 1) == "@" then
			found = sub(info.source, 2)
		end
		level = level + 1
	end
end

core.system().open(entry())
local errors = core.part("errors")(core)
local fibers = core.part("fibers")(core, errors)
return core.part("runtime")(core, "main", errors, fibers)
