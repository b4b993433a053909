-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta worker

---Workers: scripts that run at the same time as their parent, in runtimes of their own, and exchange messages with it. Every runtime has this global table.
---
---Messages are nil, booleans, numbers, strings, tables of these without their metatables, RCU tables and other references. `cannot send …` names the place of a value that cannot travel.
---@class workerlib
worker = {}

---Starts a script as a worker, and returns a handle at once. Errors of the script come from `receive`.
---Not for scripts for hooks.
---Needs the permissions `fs:read` for the script's file, and `load`.
---@param script string A name of a file below /lib/modules/lua; "./x" lies beside the calling file.
---@param ... any Arguments of the script, which gets copies.
---@return worker.state
function worker.create(script, ...) end

---Returns "running" until the script has returned or failed, then "dead". Messages of a dead worker can still be received.
---@param w worker.state The worker.
---@return "running"|"dead"
function worker.status(w) end

---Sends a copy of a value to a worker. Waits while its queue is full. Returns true, or false if the worker is dead.
---Works in hooks, where it does not wait: there false says that the message was lost.
---@async
---@param w worker.state|worker.address The worker, or an address of it.
---@param value any The value.
---@return boolean
function worker.send(w, value) end

---Returns an address of a worker. It can be sent and stored in RCU tables, and is for `worker.send` only.
---@param w worker.state The worker.
---@return worker.address
function worker.address(w) end

---Waits until one of the workers has sent something. Returns one value for each worker: its message, or nil. When the time is over, "timeout" comes behind the nils.
---All are nil if nothing more will come. The error that has ended a worker is raised once, behind its messages. Raises `interrupted` if the caller is told to stop.
---@async
---@param w worker.state A worker.
---@param ... worker.state|integer More workers, and last how long to wait, in milliseconds; for ever unless given.
---@return any ...
function worker.receive(w, ...) end

---Stops a worker, and waits for its end. It may be dead already. A `<close>` variable does the same.
---@async
---@param w worker.state The worker.
---@param grace_ms? integer The time that its code may run before it is interrupted, in milliseconds; 100 unless given.
function worker.stop(w, grace_ms) end

---Returns the limits of the queues of workers that this runtime creates. With an argument it sets them first.
---@param limits? worker.limits Fields that are nil stay as they are.
---@return worker.limits
function worker.limits(limits) end

---In workers only: sends a copy of a value to the parent. Waits while the queue is full. Returns true, or false if nobody can receive it any more.
---@async
---@param value any The value.
---@return boolean
function worker.message(value) end

---In workers only: takes the oldest value that the parent has sent, and waits if there is none. When the time is over, it returns nil and "timeout".
---Raises `parent closed` if nothing more can come, and `interrupted` if the worker is told to stop.
---@async
---@param timeout_ms? integer The time to wait, in milliseconds; for ever unless given.
---@return any value
---@return "timeout"? why
function worker.peek(timeout_ms) end

---The limits of the queues of a worker. A sender waits when one is reached.
---@class worker.limits
---@field messages? integer Messages in a queue: 1024 unless set, 65,536 at most.
---@field bytes? integer Bytes in a queue, 16 for each message included: 1 MiB unless set, 16 MiB at most.

---A handle of a worker, for its parent only. When the handle is gone, the worker continues, but nobody receives from it.
---@class worker.state

---An address of a worker, for `worker.send` in any runtime. Two of the same worker are equal.
---@class worker.address

return worker
