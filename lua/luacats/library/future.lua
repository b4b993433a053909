-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta future

---Values that one fiber of an actor provides later, and for which others wait.
---@class futurelib
local future = {}

---Returns a promise and its future.
---@return actor.promise
---@return actor.future
function future.new() end

---The end that waits. It cannot be sent.
---@class actor.future
local object = {}

---Suspends until the promise is kept. Returns its value, or raises its error. Raises `broken_promise` if nobody can keep it any more.
---@async
---@return any value
function object:get() end

---The end that provides. It cannot be sent.
---@class actor.promise
local promise = {}

---Provides the value. Raises `promise_already_satisfied` if the promise is kept.
---@param value any The value.
function promise:set_value(value) end

---Provides an error, which `get` raises. Raises `promise_already_satisfied` if the promise is kept, and `EINVAL` for nil.
---@param err any The error.
function promise:set_error(err) end

return future
