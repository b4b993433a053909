-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor of the benchmark `actors`. Its first message may have an address in the field `home`, to which it sends
-- whatever it receives then.

local inbox = require("inbox")
local home = inbox:receive().home
while home do
	home:send(inbox:receive())
end
