-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta percpu

---Counters and histograms that runtimes share by name. Each CPU adds to a copy of its own, so nobody waits.
---@class percpulib
local percpu = {}

---Returns the counter of this name, and makes it if there is none.
---Raises `'NAME' is a histogram` if the name is taken, or `too many counters and histograms`.
---Needs the permission `rcu`.
---@param name string 1 to 64 bytes. Begin it with the name of the program.
---@return percpu.counter
function percpu.counter(name) end

---Returns the histogram of this name, and makes it if there is none.
---Raises `'NAME' is a counter` if the name is taken, or `too many counters and histograms`.
---Needs the permission `rcu`.
---@param name string 1 to 64 bytes. Begin it with the name of the program.
---@return percpu.histogram
function percpu.histogram(name) end

---A counter. It goes with the last reference to it.
---@class percpu.counter
local counter = {}

---Adds an integer. The sum wraps around.
---Works in hooks.
---@param n? integer The number to add, 1 unless given.
function counter:add(n) end

---Returns the sum of what all CPUs have added.
---Works in hooks.
---@return integer
function counter:sum() end

---A histogram with 64 buckets: the first for 0, then for 1, for 2 and 3, for 4 to 7, and so on. It goes with the last reference to it.
---@class percpu.histogram
local histogram = {}

---Counts a value.
---Works in hooks.
---@param value integer The value, which must not be negative.
function histogram:add(value) end

---Returns how many values were counted.
---Works in hooks.
---@return integer
function histogram:count() end

---Returns the counts of the 64 buckets. Bucket `i` has the values below `2^(i-1)` that are in no bucket before it.
---Works in hooks.
---@return integer[]
function histogram:counts() end

---Returns the largest value of the bucket in which this quantile lies, or nil if there are no values.
---Works in hooks.
---@param q number The quantile, from 0 to 1; 0.5 is the median.
---@return integer?
function histogram:quantile(q) end

---Returns the sum of all values, which wraps around.
---Works in hooks.
---@return integer
function histogram:sum() end

return percpu
