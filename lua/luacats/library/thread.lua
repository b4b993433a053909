-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta thread

---Kernel threads that run the functions of runtimes.
---@class threadlib
local thread = {}

---Runs the function of a runtime in a new kernel thread.
---Raises `NAME has a thread already`, or `runtime context mismatch: thread needs process` for a script for hooks.
---Needs the permissions `thread`, and `runner` for the name of the runtime.
---@param runtime lunatik.runtime A runtime whose script has returned a function.
---@param name string The name of the thread, of which 15 bytes are used.
---@param ... any Arguments of the function, which gets copies.
---@return lunatik.thread
function thread.run(runtime, name, ...) end

---Returns whether the current thread was told to stop; false outside threads.
---@return boolean
function thread.shouldstop() end

---Returns the current thread, or nil outside threads.
---@return lunatik.thread?
function thread.current() end

---A reference to a kernel thread. It can be sent and stored in RCU tables.
---@class lunatik.thread
local handle = {}

---Stops the thread, and waits for its end. It may have ended already.
---Needs the permission `runner` for the name of its runtime.
---@async
---@param grace_ms? integer The time that its code may run before it is interrupted, in milliseconds; 100 unless given.
function handle:stop(grace_ms) end

---Waits for the end of the thread. Returns true and the results of its function; false and the error; or false and "timeout".
---Raises `interrupted` if the caller is told to stop, and an error if the thread is the caller's own.
---Needs the permissions `thread`, and `runner` for the name of its runtime.
---@async
---@param timeout_ms? integer The time to wait, in milliseconds; for ever unless given.
---@return boolean ok
---@return any ... The results, or the error.
function handle:join(timeout_ms) end

---Returns what the kernel knows of the thread, or nil when it has ended.
---Needs the permission `thread`.
---@return lunatik.task?
function handle:task() end

---The kernel's data about a thread.
---@class lunatik.task
---@field cpu integer The CPU that it runs on, or has run on last.
---@field command string Its name.
---@field pid integer Its number.
---@field tgid integer The number of its group of threads.

return thread
