-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta mtmsg

---Buffers of messages between runtimes. A family is a runtime with the threads that it has made by `llthreads2.ex`.
---@class mtmsglib
---@field error mtmsg.errors The texts with which errors of this module begin.
---@field _INFO string The name and version of the module.
---@field _VERSION string The version of the module.
local mtmsg = {}

---Returns a new buffer. It lives while somebody refers to it.
---@param name? string A name, by which `buffer` finds it; 255 bytes at most.
---@param size? integer The bytes that it holds; 1024 unless given.
---@param grow? number 0: it never holds more than `size` bytes. Otherwise it grows up to 16 MiB.
---@return mtmsg.buffer
---@overload fun(size?: integer, grow?: number): mtmsg.buffer
function mtmsg.newbuffer(name, size, grow) end

---Returns another reference to a buffer. A name is searched in the caller's own family first.
---Raises `unknown_object` or `ambiguous_name`.
---For a buffer of another family it needs the permission `runner` for the name of the runtime that has made it.
---@param id integer|string The id or the name of the buffer.
---@return mtmsg.buffer
function mtmsg.buffer(id) end

---Sleeps. Raises `operation_aborted` at a stop, or if the buffers of the family are aborted.
---@async
---@param seconds number How long, in seconds. Less than a millisecond counts as one.
function mtmsg.sleep(seconds) end

---Returns the seconds since 1970.
---@return number
function mtmsg.time() end

---Returns "mtmsg.buffer" for buffers, and for other values what the global `type` does.
---@param value any The value.
---@return string
function mtmsg.type(value) end

---Makes all operations on the buffers of the family raise `operation_aborted`, or work again.
---@param flag? boolean False to take it back; true unless given.
function mtmsg.abort(flag) end

---Returns whether the buffers of the family are aborted.
---@return boolean
function mtmsg.isabort() end

---A reference to a buffer. Each message goes to one reader; those of one writer arrive in order.
---@class mtmsg.buffer
local buffer = {}

---Returns the id of the buffer.
---@return integer
function buffer:id() end

---Returns the name of the buffer, if it has one.
---@return string?
function buffer:name() end

---Adds its arguments as one message. Returns true, or false if there is no room now.
---Raises `message_size` for a message that the buffer can never hold, `object_closed` and `operation_aborted`.
---Works in hooks, where false says that the message was lost.
---@param ... nil|boolean|number|string The values.
---@return boolean
function buffer:addmsg(...) end

---Drops all messages, then adds its arguments as `addmsg` does.
---@param ... nil|boolean|number|string The values.
---@return boolean
function buffer:setmsg(...) end

---Takes the oldest message and returns its values. Waits if there is none, and returns nothing when the time is over.
---Raises `object_closed`, and `operation_aborted` also if the caller is told to stop.
---@async
---@param seconds? number How long to wait, in seconds; unless given for ever, or after `nonblock` not at all.
---@return any ... Nils, booleans, numbers and strings.
function buffer:nextmsg(seconds) end

---Returns the number of messages.
---@return integer
function buffer:msgcnt() end

---Drops all messages, and returns true.
---@return boolean
function buffer:clear() end

---Makes `nextmsg` without a time return at once, for this reference.
---@param flag? boolean False to take it back; true unless given.
function buffer:nonblock(flag) end

---Returns whether `nextmsg` without a time returns at once.
---@return boolean
function buffer:isnonblock() end

---Makes all operations raise `object_closed`, for ever. Those that wait are woken.
function buffer:close() end

---Makes all operations on the buffer raise `operation_aborted`, or work again. Those that wait are woken.
---@param flag? boolean False to take it back; true unless given.
function buffer:abort(flag) end

---Returns whether the buffer is aborted.
---@return boolean
function buffer:isabort() end

---The texts with which errors of this module begin.
---@class mtmsg.errors
---@field ambiguous_name string Several buffers have this name.
---@field message_size string The message is larger than the buffer.
---@field no_buffers string There are no buffers.
---@field object_closed string The buffer was closed.
---@field operation_aborted string The operation was aborted.
---@field out_of_memory string There is no memory for it.
---@field unknown_object string There is no such buffer.

return mtmsg
