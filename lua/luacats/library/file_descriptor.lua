-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta file_descriptor

---Open files that actors in processes get.
---@class file_descriptorlib
local file_descriptor = {}

---Opens a file. Returns its descriptor, or nil, a message and an error number.
---Needs the permissions `fs:read`, `fs:write` or both for the path, depending on the mode.
---@param path string The path.
---@param mode? lunatik.openmode A mode as of `io.open`, "r" unless given.
---@return file_descriptor?
---@return string? message
---@return integer? errno
function file_descriptor.open(path, mode) end

---Returns whether a descriptor was not closed; nil if the value is none.
---@param value any The value.
---@return boolean?
function file_descriptor.is_open(value) end

---In processes only: returns the reading and the writing end of a new pipe. Raises an error of the category `system`.
---@return file_descriptor reader
---@return file_descriptor writer
function file_descriptor.pipe() end

---A reference to an open file. It can be sent, and arrives as a duplicate. A `<close>` variable closes it. Use of a closed one in a process raises `EBUSY`.
---@class file_descriptor
local descriptor = {}

---Gives the file up. It stays open as long as others have it.
function descriptor:close() end

---Returns another descriptor of the same open file.
---@return file_descriptor
function descriptor:dup() end

---In processes only: reads the bytes that are there, and waits if there are none. Returns nil at the end of the file.
---All fibers of the process wait. Raises `EINVAL`, and errors of the category `system`.
---@param length integer The most bytes that are read, at least 1.
---@return string?
function descriptor:read(length) end

---In processes only: writes all of a string.
---All fibers of the process wait. Raises `EINVAL`, and errors of the category `system`.
---@param bytes string The string.
function descriptor:write(bytes) end

---In processes only: returns its number.
---@return integer
function descriptor:number() end

return file_descriptor
