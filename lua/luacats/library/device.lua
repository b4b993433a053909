-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta device

---Character devices.
---@class devicelib
local device = {}

---A driver. Its callbacks run in the process that makes the system call, one at a time; a missing callback does nothing.
---A callback that raises `{ errno = "EAGAIN" }` has the call fail with that error, any other error with EIO. Other fields than these are refused when the device is made.
---@class device.driver
---@field name string The name below /dev: 1 to 63 bytes without `/`.
---@field mode? integer Permission bits, such as `stat.IRUGO | stat.IWUSR` of `linux.stat`; octal 0600 unless given.
---@field open? fun(self: table, file: table) The device was opened. `file` belongs to this opening, and the other callbacks get it, too.
---@field release? fun(self: table, file: table) The file was closed.
---@field read? fun(self: table, len: integer, off: integer, file: table): (bytes: string?, off: integer?) Returns what is read, of which `len` bytes are used, and optionally the new offset. Nil or "" is the end of the file.
---@field write? fun(self: table, buf: string, off: integer, file: table): (taken: integer?, off: integer?) Returns how many bytes it has taken, all unless given, and optionally the new offset.

---Makes a character device.
---Raises an error with EEXIST if the name is taken, and one that names the field for a field that is wrong or unknown. Not for scripts for hooks.
---Needs the permission `device` for the name.
---@param driver device.driver The driver. It stays as long as the device.
---@return device
function device.new(driver) end

---A character device. It ends with its script, or with the block of a `<close>` variable.
---@class device
local object = {}

---Removes the device. Files that are open get ENODEV. It may be removed already.
function object:stop() end

return device
