-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta system

---The end of an actor. `require` finds this module only in actors.
---@class systemlib
local system = {}

---Ends this actor at once, without its cleanup handlers.
---Raises `EINVAL` for a code that is no integer, and `EPERM` for options of an actor that is not the master.
---@param code? integer 0 unless given. With another one the master has failed; in a process it is the exit status.
---@param options? any Without effect; only the master may give some.
function system.exit(code, options) end

return system
