-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that spawns another one in a context of its own, and waits for messages.

local inbox = require("inbox")

local request = inbox:receive()
spawn_vm({ module = "../two", inherit_context = false }):send(request)
spawn_vm("../fails")
inbox:receive()
