-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta io

-- The library `io` as it is in the kernel: without `popen`. In scripts for hooks the global `io` is nil.

---Files. A runtime may have 64 files open at a time. Paths start at the root directory of the first process; opening, reading and writing never wait for a FIFO or terminal, but fail with EAGAIN.
---@class iolib
---@field stdin file* Always at its end.
---@field stdout file* The client while it waits, otherwise the log of the script.
---@field stderr file* The same, for errors.
io = {}

---How a file is opened: read, write, append; with "+" both read and write. "b" has no effect.
---@alias lunatik.openmode
---| "r"
---| "w"
---| "a"
---| "r+"
---| "w+"
---| "a+"
---| "rb"
---| "wb"
---| "ab"
---| "r+b"
---| "w+b"
---| "a+b"

---The format of a value to read: a number, a line without or with its end, all, or this many bytes.
---@alias lunatik.readformat
---| "n"
---| "l"
---| "L"
---| "a"
---| integer

---Opens a file. Returns it, or nil, a message and an error number.
---Needs the permissions `fs:read`, `fs:write` or both for the path, depending on the mode.
---@param filename string The path, 4095 bytes at most.
---@param mode? lunatik.openmode "r" unless given.
---@return file*?
---@return string? message
---@return integer? errno
function io.open(filename, mode) end

---Returns an iterator over what the formats read from a file. Raises an error if it cannot be opened.
---Needs the permission `fs:read` for the path.
---@param filename? string The path; the default input unless given.
---@param ... lunatik.readformat Formats, "l" unless given.
---@return fun(): any, ...
---@return nil
---@return nil
---@return file*?
function io.lines(filename, ...) end

---Sets the default input, and returns it.
---Needs the permission `fs:read` for a path.
---@param file? string|file* A path or an open file; none only returns it.
---@return file*
function io.input(file) end

---Sets the default output, and returns it.
---Needs the permission `fs:write` for a path.
---@param file? string|file* A path or an open file; none only returns it.
---@return file*
function io.output(file) end

---Returns a new temporary file, open for reading and writing.
---Needs the permission `fs:write` without values.
---@return file*
function io.tmpfile() end

---Reads from the default input, as `file:read` does.
---@param ... lunatik.readformat Formats, "l" unless given.
---@return any ...
function io.read(...) end

---Writes to the default output, as `file:write` does.
---@param ... string|number The values to write.
---@return file*?
---@return string? message
---@return integer? errno
function io.write(...) end

---Sends what was written to the default output.
---@return file*?
---@return string? message
---@return integer? errno
function io.flush() end

---Closes a file, by default the default output.
---@param file? file* The file.
---@return boolean?
---@return string? message
---@return integer? errno
function io.close(file) end

---Returns "file", "closed file", or nil for a value that is no file.
---@param value any The value.
---@return "file"|"closed file"|nil
function io.type(value) end

---An open file.
---@class file*
local file = {}

---Reads from the file. Returns one value for each format, or nil at the end of the file.
---@param ... lunatik.readformat Formats, "l" unless given.
---@return any ...
function file:read(...) end

---Writes to the file. Returns the file, or nil, a message and an error number.
---@param ... string|number The values to write.
---@return file*?
---@return string? message
---@return integer? errno
function file:write(...) end

---Returns an iterator over what the formats read. The file stays open.
---@param ... lunatik.readformat Formats, "l" unless given.
---@return fun(): any, ...
function file:lines(...) end

---Moves the position, and returns it in bytes from the beginning.
---@param whence? "set"|"cur"|"end" Where the offset counts from, "cur" unless given.
---@param offset? integer The offset in bytes, 0 unless given.
---@return integer?
---@return string? message
---@return integer? errno
function file:seek(whence, offset) end

---Sets how the file is buffered.
---@param mode "no"|"full"|"line" Not at all, by size or by lines.
---@param size? integer The size of the buffer, in bytes.
---@return boolean?
function file:setvbuf(mode, size) end

---Sends what was written.
---@return file*?
---@return string? message
---@return integer? errno
function file:flush() end

---Closes the file. The end of a block does the same for a `<close>` variable.
---@return boolean?
---@return string? message
---@return integer? errno
function file:close() end

return io
