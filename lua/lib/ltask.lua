-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `ltask` in a script that is no service. In services, the main program has put another table into
-- `package.loaded` (`internal/ltask/api.lua`).

local functions = require("ltask.functions")
local error, setmetatable = error, setmetatable

local ltask = {
	pack = functions.pack,
	unpack = functions.unpack,
	unpack_remove = functions.unpack_remove,
	remove = functions.remove,
	now = functions.now,
	counter = functions.counter,
}

return setmetatable(ltask, {
	__index = function(_, name)
		error(("ltask.%s: this script is no service; ltask.bootstrap starts services"):format(tostring(name)), 2)
	end,
})
