-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta rcu

---Hash tables that runtimes share. Reading takes no lock.
---@class rculib
local rcu = {}

---A hash table that runtimes share. Hooks may read it, write to it, and take its length, but not iterate over it.
---
---Keys are strings of 1 to 255 bytes. Values are booleans, numbers, strings of up to 64 KiB, RCU tables, runtimes, threads, addresses, channels, descriptors, counters and histograms. To assign nil deletes an entry. `pairs` iterates while others change the table.
---
---Every use needs the permission `rcu`. A full table raises `rcu.table is full`.
---@class rcu.table
---@field [string] any
---@operator len: integer

---Returns a new table.
---Needs the permission `rcu`.
---@param size? integer About how many entries it will have, from 1 to 2^24; 256 unless given. With more it works, but is slower.
---@return rcu.table
function rcu.table(size) end

---Calls a function for each entry. The function may delete any entry.
---Needs the permission `rcu`.
---@param t rcu.table The table.
---@param fn fun(key: string, value: any) The function.
function rcu.map(t, fn) end

---Does the same as `map`.
---Needs the permission `rcu`.
---@param t rcu.table The table.
---@param fn fun(key: string, value: any) The function.
function rcu.foreach(t, fn) end

---Adds an integer to an entry in one step that nothing can interrupt, and returns the sum. An absent entry counts as 0.
---Raises an error if the value is not an integer.
---Works in hooks. Needs the permission `rcu`.
---@param t rcu.table The table.
---@param key string The key.
---@param n integer The number to add.
---@return integer sum
function rcu.add(t, key, n) end

---Sets an entry if it has the expected value, in one step that nothing can interrupt. Returns whether it did.
---Works in hooks. Needs the permission `rcu`.
---@param t rcu.table The table.
---@param key string The key.
---@param old any The expected value, compared as Lua does; nil for an absent entry.
---@param new any The new value; nil deletes the entry.
---@return boolean
function rcu.cas(t, key, old, new) end

return rcu
