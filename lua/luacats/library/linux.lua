-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta linux

---Time, CPUs, random numbers, error numbers and constants of the kernel.
---@class linuxlib
---@field eth linux.eth Types of Ethernet frames.
---@field nf linux.nf Verdicts, families, hook points and priorities of netfilter, and states of connections.
---@field socket linux.socket Protocols over IP.
---@field stat linux.stat Bits of file modes.
local linux = {}

---Returns a random integer of the kernel's generator, fit for secrets.
---Works in hooks.
---@param m? integer The lower end, or the upper one if it is alone and the lower one is 1. Without it the result has 64 random bits.
---@param n? integer The upper end. The ends belong to the range.
---@return integer
function linux.random(m, n) end

---Sleeps. A stop ends the sleep and the code; in the function of a thread the first one returns instead.
---@async
---@param ms? integer How long, in milliseconds. Without it the processor is given to others once.
---@return integer left The milliseconds that were left; 0 unless a stop or a signal has ended the sleep.
function linux.schedule(ms) end

---Returns the nanoseconds since 1970.
---Works in hooks.
---@return integer
function linux.time() end

---Returns the difference of two times.
---Works in hooks.
---@param later integer A time.
---@param earlier integer A time that is subtracted.
---@return integer
function linux.difftime(later, earlier) end

---Returns the nanoseconds of a clock that never goes back.
---Works in hooks.
---@return integer
function linux.ktime() end

---Returns the number of CPUs that are online.
---Works in hooks.
---@return integer
function linux.numcpus() end

---Returns the number of the CPU that runs this code.
---Works in hooks.
---@return integer
function linux.cpu() end

---Returns the name of an error number, such as "ENOENT", or nil if there is none.
---Works in hooks.
---@param number integer The error number.
---@return string?
function linux.errname(number) end

return linux
