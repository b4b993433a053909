-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `ltask` in a script that is no service. In services, the main program has put another table into
-- `package.loaded` (`internal/ltask/api.lua`).

local core = require("ltask.core")
local error, setmetatable = error, setmetatable

local ltask = {
	pack = core.pack,
	unpack = core.unpack,
	unpack_remove = core.unpack_remove,
	remove = core.remove,
	now = core.now,
	counter = core.counter,
}

return setmetatable(ltask, {
	__index = function(_, name)
		error(("ltask.%s: this script is no service; ltask.bootstrap starts services"):format(tostring(name)), 2)
	end,
})
