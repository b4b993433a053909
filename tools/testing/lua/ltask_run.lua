-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Starts a system of services whose first service runs the checks of lua/ltask_PART.lua, and waits for its end. The
-- arguments are the folder tools/testing, the part, and the number of messages that a service's queue takes.

local folder, part, queue = ...
local bootstrap = require("ltask.bootstrap")

local context = bootstrap.start({
	core = { queue = math.tointeger(queue) },
	root = { bootstrap = { { name = "ltask_" .. part, args = { folder } } } },
})
bootstrap.wait(context)
