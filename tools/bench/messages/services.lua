-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Measures services of ltask: starts a system and asks its service `services_measure` for the figures. Arguments: the
-- number of calls, of services that are made and end, of services in the ring, and of idle services.

local calls, lives, ring, idle = ...
local bootstrap = require("ltask.bootstrap")

local context = bootstrap.start({
	root = {
		bootstrap = {
			-- The log would be among the figures. What fails is raised here.
			{ name = "logger", unique = true, initfunc = "return function() return {} end" },
			{ name = "services_measure", unique = true },
			{ name = "services_echo" },
		},
	},
})
for _, figure in ipairs(bootstrap.call(context, "services_measure", "measure", calls, lives, ring, idle)) do
	worker.message(figure)
end
bootstrap.call(context, 1, "quit_ltask")
bootstrap.wait(context)
