-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta actor

---Actors, which exchange messages, and fibers, which take turns within an actor. Requiring this module makes a script an actor; scripts for hooks cannot be one.
---
---Functions that suspend the fiber are interruption points: they raise `interrupted` in a fiber that was interrupted, and `forbid_suspend_block` where suspension is forbidden. Errors of this module are tables of the class `actor.error`.
---@class actorlib
---@field lenient boolean Whether tables are sent without what cannot be sent, instead of being refused; false at first.
---@field this_fiber actor.this_fiber The running fiber.
local actor = {}

---Makes an actor that runs a module, and returns a channel to it. Suspends only for an actor in a process, until that is ready.
---Raises `invalid_module_name`, `module_not_found`, `leaf_cannot_import_child`, `root_cannot_import_parent`, `current_module_not_known`, `syntax` with Lua's text in `message`, `EINVAL` for a wrong option, and `EPERM` if there is to be a new master and the caller is none.
---Needs the permissions `load`, and `fs:read` for the module's file; for a process `exec` instead.
---@async
---@param module string The name of the module, or a table of options. "." is the calling file, "/x" lies below the script's folder, "./x" and "../x" lie beside the calling file.
---@return actor.channel
---@overload fun(options: actor.process_options): actor.process_channel
---@overload fun(options: actor.options): actor.channel
function actor.spawn_vm(module) end

---Adds threads to the context of the actor. In the context that all scripts share it does nothing.
---Raises `EAGAIN` if there were more than 32, `ENOMEM`, and `ENOTSUP` if the context was made for one thread.
---@param count number The number of threads, rounded down; none if it is below 1.
function actor.spawn_context_threads(count) end

---Makes a fiber that runs a function after the fibers that are ready, and returns its object.
---@param f fun(): ... The function.
---@return actor.fiber
function actor.spawn(f) end

---Calls a function in a cleanup scope. When it has returned or failed, the handlers of the scope run, the last one first. Returns the results of the function, or raises its error.
---@async
---@param f fun(): ... The function.
---@return any ...
function actor.scope(f) end

---Adds a handler to the innermost scope. An error in a handler ends the actor.
---@param handler fun() The handler. It may suspend, and is not interrupted.
function actor.scope_cleanup_push(handler) end

---Removes the last handler of the innermost scope, and runs it.
---Raises `unmatched_scope_cleanup` if there is none.
---@async
---@param execute? boolean False to remove the handler only.
function actor.scope_cleanup_pop(execute) end

---Calls a function as the `pcall` of Lua, in a cleanup scope. Raises `interrupted` itself before the call if the fiber was interrupted.
---@async
---@param f function The function.
---@param ... any Its arguments.
---@return boolean ok
---@return any ... The results, or the error.
function actor.pcall(f, ...) end

---Calls a function as the `xpcall` of Lua, in a cleanup scope. Raises `interrupted` itself before the call if the fiber was interrupted.
---@async
---@param f function The function.
---@param handler function The message handler.
---@param ... any Arguments of the function.
---@return boolean ok
---@return any ... The results, or what the handler has returned.
function actor.xpcall(f, handler, ...) end

---Returns whether this actor is the master of the script's actors.
---@return boolean
function actor.is_master() end

---Stops all scripts that this one may stop, as `runner.shutdown` does. Raises `EPERM` if the actor is not the master.
---Needs the permission `runner` for every script that runs.
---@async
function actor.shutdown() end

---The options of a new actor.
---@class actor.options
---@field module string The name of the module.
---@field inherit_context? boolean Whether the actor runs in the context of its maker; true unless given. False: in a new one with one thread.
---@field concurrency_hint? integer 1: a new context never gets a second thread.
---@field new_master? boolean Whether the actor becomes the master.

---The options of a new actor in a process.
---@class actor.process_options
---@field module string A path that the process opens, or a name below the script's folder.
---@field concurrency_hint? integer Without effect.
---@field subprocess actor.subprocess The process.

---A process of user space, which hosts an actor.
---@class actor.subprocess
---@field newns_mount? boolean Whether it has a mount namespace of its own.
---@field newns_uts? boolean Whether it has host names of its own.
---@field newns_ipc? boolean Whether it has an IPC namespace of its own.
---@field newns_user? boolean Whether it has users of its own.
---@field newns_pid? boolean Whether it has process numbers of its own.
---@field newns_net? boolean Whether it has a network of its own.
---@field environment? table<string, string> Its environment; empty unless given.
---@field stdin? "share"|file_descriptor Its standard input: that of the client, or a file. Nil: at its end.
---@field stdout? "share"|file_descriptor Its standard output: that of the client, or a file. Nil: closed.
---@field stderr? "share"|file_descriptor Its standard error: that of the client, or a file. Nil: closed.
---@field init? actor.process_init The programs that run before the module, with the rights of root.

---The programs that a process runs before its module.
---@class actor.process_init
---@field script string The text of a Lua program, which sets the process up.
---@field arg? file_descriptor A file that the program gets as `arg`.

return actor
