-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta mtint

---Interrupts of single Lua threads: main threads and coroutines of any runtime.
---@class mtintlib
---@field error mtint.errors The texts with which errors of this module begin.
---@field _INFO string The name and version of the module.
---@field _VERSION string The version of the module.
local mtint = {}

---Returns the id of a coroutine. It is known in all runtimes, and never used again.
---@param co? thread The coroutine; the running thread unless given.
---@return integer
function mtint.id(co) end

---Makes a function the handler of a coroutine, which interrupts call instead of raising `mtint.error.interrupted`. Without a function it removes the handler.
---@param co? thread The coroutine; the running thread unless given.
---@param fn? fun() The handler. It runs on the interrupted thread and may do anything but yield.
---@overload fun(fn?: fun())
function mtint.sethook(co, fn) end

---Interrupts a thread at its next operation, and does not wait. Returns whether the thread still exists.
---Raises `mtint.error.unknown_object` for an id that nobody has.
---For a thread of another runtime it needs the permission `runner` for that runtime's name.
---@param id integer|mtint.interruptible The id of the thread, or a handle.
---@param flag? boolean Nil: once. True: at each operation from now on. False: no more, also if an interrupt is due.
---@return boolean
function mtint.interrupt(id, flag) end

---Returns a handle of a thread. The id stays known while the handle exists, but the thread may end.
---Raises `mtint.error.unknown_object` for an id that nobody has.
---@param id integer The id of the thread.
---@return mtint.interruptible
function mtint.interruptible(id) end

---A handle of a thread that can be interrupted.
---@class mtint.interruptible
local interruptible = {}

---Returns the id of the thread.
---@return integer
function interruptible:id() end

---Interrupts the thread, as `mtint.interrupt` does.
---For a thread of another runtime it needs the permission `runner` for that runtime's name.
---@param flag? boolean Nil: once. True: at each operation from now on. False: no more, also if an interrupt is due.
---@return boolean
function interruptible:interrupt(flag) end

---The texts with which errors of this module begin.
---@class mtint.errors
---@field interrupt string The same as `interrupted`.
---@field interrupted string The thread was interrupted.
---@field not_supported string This does not exist here.
---@field object_closed string The object was closed.
---@field object_exists string There is such an object already.
---@field out_of_memory string There is no memory for it.
---@field unknown_object string There is no such object.

return mtint
