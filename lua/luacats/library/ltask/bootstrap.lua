-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta ltask.bootstrap

---Starts systems of services, and talks to them from outside. Not for scripts for hooks.
---@class ltask.bootstraplib
local bootstrap = {}

---Starts a system of services below this script, and returns its context at once. The numbers that hold are written into `config.core`.
---Raises `.queue should be an integer` and the like for a wrong value.
---@param config? ltask.config The configuration; every field has a default.
---@return ltask.context
function bootstrap.start(config) end

---Waits until the system has ended and all its services are gone, and returns 0. Raises an error if the system has failed.
---@async
---@param context ltask.context The system.
---@return integer
function bootstrap.wait(context) end

---Asks a service, waits for the answer, and returns its values or raises its error. With a name it waits until there is such a service.
---Raises `{service:N} is dead` or `{service:N} is busy`.
---@async
---@param context ltask.context The system.
---@param service integer|string The number of the service, or the name of a unique one.
---@param name string The name of the request.
---@param ... any Arguments, which are copied.
---@return any ...
function bootstrap.call(context, service, name, ...) end

---Returns an address of a service, other than the root. With a name it waits until there is such a service.
---@async
---@param context ltask.context The system.
---@param service integer|string The number of the service, or the name of a unique one.
---@return ltask.sender
function bootstrap.sender(context, service) end

---Returns a function that sends its arguments to the service that has registered by the request "external_forward" to the root. The function never waits: it returns false if too many messages are on their way.
---Raises `No external message queue` if the system was started without `external_queue`.
---@param context ltask.context The system.
---@return fun(...: any): boolean
function bootstrap.external_sender(context) end

---Packs values into a message. Returns the message and its size in bytes.
---@param ... any The values.
---@return ltask.message message
---@return integer size
function bootstrap.pack(...) end

---Returns the values of a message. Raises an error if it was sent or removed.
---@param message ltask.message? The message; nil has no values.
---@return any ...
function bootstrap.unpack(message) end

---Returns the values of a message, which is empty afterwards.
---@param message ltask.message? The message; nil has no values.
---@return any ...
function bootstrap.unpack_remove(message) end

---Empties a message.
---@param message ltask.message? The message; nil does nothing.
function bootstrap.remove(message) end

---Returns a name for `dofile`: for programs that look for this module in their own binary.
---@param name string The name "bootstrap"; others give nil.
---@return string?
function bootstrap.searchpath(name) end

---Returns this module for the name that `searchpath` gives, otherwise nil and a message.
---@param path string The name.
---@return ltask.bootstraplib?
---@return string? message
function bootstrap.dofile(path) end

---How a system of services is started.
---@class ltask.config
---@field core? ltask.config.core Its limits.
---@field root? ltask.config.root The tasks of its root.
---@field root_initfunc? string The text of the loader of the root.

---The limits of a system of services.
---@class ltask.config.core
---@field worker? integer The number of workers, 32 at most. 0 or none: those that all scripts share.
---@field queue? integer Requests that wait in a service, from 2 to 65,536; 4096 unless given.
---@field max_service? integer Services at one time, from 2 to 65,536; 65,536 unless given.
---@field external_queue? integer Messages from outside that wait for the root, up to 65,536; 0 unless given.
---@field queue_sending? integer Without a meaning.

---The tasks of the root of a system of services.
---@class ltask.config.root
---@field bootstrap? ltask.service[] Services that it starts, one after the other.
---@field main? string The text of a program that it runs then, with `ltask` and with its requests as `S`.
---@field initfunc? string The text of the loader of services.
---@field path? any The second argument of the loader.

---A system of services.
---@class ltask.context

---An address of a service. It can be sent and stored in RCU tables.
---@class ltask.sender
local sender = {}

---Sends a request that is not answered, and does not wait. Returns true, or false if the service has too many requests.
---Raises `{service:N} is dead` if there is no such service any more.
---Works in hooks, where false says that the message was lost.
---@param name string The name of the request.
---@param ... any Arguments, which are copied.
---@return boolean
function sender:send(name, ...) end

return bootstrap
