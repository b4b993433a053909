-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta condition_variable

---Condition variables for the fibers of one actor.
---@class condition_variablelib
local condition_variable = {}

---Returns a new condition variable.
---@return actor.condition_variable
function condition_variable.new() end

---A condition variable. It cannot be sent.
---@class actor.condition_variable
local object = {}

---Unlocks the mutex, suspends until a notification, and locks it again before it returns or raises `interrupted`.
---Raises `EPERM` if the mutex is not locked.
---@async
---@param mutex actor.mutex A mutex of the module `mutex`.
function object:wait(mutex) end

---Wakes the fiber that has waited longest.
function object:notify_one() end

---Wakes all fibers that wait.
function object:notify_all() end

return condition_variable
