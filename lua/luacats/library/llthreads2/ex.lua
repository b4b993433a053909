-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta llthreads2.ex

---Functions that run in runtimes and kernel threads of their own.
---@class llthreads2lib
---@field _VERSION string The version of the module.
local llthreads = {}

---Returns a thread that will call some code. The thread may do what its maker may.
---A function keeps its constants and nested functions. Its first upvalue becomes the globals of the new runtime, all others become nil; so it requires its modules itself. Not for scripts for hooks.
---Needs the permission `thread`; for a text also `load`, for a file `load` and `fs:read`.
---@param code function|string A Lua function, a text, or "@" with the path of a file.
---@param ... any Arguments, which are copied.
---@return llthreads2.thread
function llthreads.new(code, ...) end

---A thread. One that is collected without having been joined or detached is stopped.
---@class llthreads2.thread
local thread = {}

---Starts the thread and returns it, or nil and the reason why not.
---Needs the permission `thread`.
---@param detached? boolean Whether it continues when nobody refers to it any more; false unless given.
---@param joinable? boolean Whether it can be joined; the opposite of `detached` unless given.
---@return llthreads2.thread?
---@return string? why
function thread:start(detached, joinable) end

---Waits for the end of the thread. Returns true and the results; false and the error with its traceback; or nil and a reason, which is "timeout" when the time is over.
---Raises `interrupted` if the caller is told to stop.
---Needs the permission `thread`.
---@async
---@param timeout_ms? integer The time to wait, in milliseconds; for ever unless given.
---@return boolean? ok
---@return any ... The results, or the error or reason.
function thread:join(timeout_ms) end

---Returns whether the thread runs.
---@return boolean
function thread:alive() end

---Returns whether the thread was started.
---@return boolean
function thread:started() end

---Returns whether the thread was detached.
---@return boolean
function thread:detached() end

---Returns whether the thread can be joined.
---@return boolean
function thread:joinable() end

return llthreads
