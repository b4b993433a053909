-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that does not require its inbox. A fiber of it lives until a flag is set.

local flags, time = require("lunatik")._ENV, require("time")
spawn(function()
	flags["suite/no_inbox_lives"] = true
	while not flags["suite/no_inbox"] do
		time.sleep(0.001)
	end
	flags["suite/no_inbox_lives"] = "ended"
end)
