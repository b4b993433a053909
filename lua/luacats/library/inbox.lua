-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta inbox

---The inbox of this actor. Messages can be sent to it before it is required.
---@type actor.inbox
local inbox = {}

return inbox
