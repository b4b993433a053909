-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta mutex

---Mutexes for the fibers of one actor.
---@class mutexlib
local mutex = {}

---Returns a new mutex.
---@return actor.mutex
function mutex.new() end

---A mutex. It cannot be sent.
---@class actor.mutex
local object = {}

---Locks the mutex; suspends until that is possible. No interruption point. A fiber that locks it twice waits until another one unlocks it.
---@async
function object:lock() end

---Locks the mutex if it is free. Returns whether it has.
---@return boolean
function object:try_lock() end

---Unlocks the mutex, or hands it to the fiber that has waited longest. Any fiber may do so. Raises `EPERM` if it is not locked.
function object:unlock() end

return mutex
