-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The texts of errors: those of the library, and of all other error numbers those of the system. The chunk returns a
-- new table.

local core = require("actor.core")
local native = core.system().native

local texts = native.chunk("internal.actor.error_texts")()
setmetatable(texts.generic, {
	__index = function(_, number)
		return native.describe(number)
	end,
})
return texts
