-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta recursive_mutex

---Mutexes that their owner may lock again, for the fibers of one actor.
---@class recursive_mutexlib
local recursive_mutex = {}

---Returns a new mutex.
---@return actor.recursive_mutex
function recursive_mutex.new() end

---A mutex that its owner may lock again. It cannot be sent.
---@class actor.recursive_mutex
local object = {}

---Locks the mutex; suspends until that is possible. No interruption point.
---@async
function object:lock() end

---Locks the mutex if it is free or the fiber owns it. Returns whether it has.
---@return boolean
function object:try_lock() end

---Unlocks the mutex once; its owner unlocks it as often as it has locked it. Raises `EPERM` for other fibers.
function object:unlock() end

return recursive_mutex
