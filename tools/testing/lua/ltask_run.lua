-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Starts a system of services whose first service runs the checks of lua/ltask_PART.lua, and waits for its end. The
-- arguments are the folder tools/testing, the part, the number of messages that a service's queue takes, and the number
-- of workers, which is also given to the part.

local folder, part, queue, workers = ...
workers = math.tointeger(workers)
local bootstrap = require("ltask.bootstrap")

local context = bootstrap.start({
	core = { queue = math.tointeger(queue), worker = workers },
	root = { bootstrap = { { name = "ltask_" .. part, args = { folder, workers } } } },
})
bootstrap.wait(context)
