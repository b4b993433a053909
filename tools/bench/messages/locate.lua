-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Answers each message with the CPU on which it was received, until the message is false.

local cpu = require("linux").cpu

while worker.peek() ~= false do
	worker.message(cpu())
end
