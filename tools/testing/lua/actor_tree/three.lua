-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that waits until another one takes its message.

local inbox = require("inbox")

local request = inbox:receive()
request.up:send(inbox)
request.deaf:send("nobody takes this")
