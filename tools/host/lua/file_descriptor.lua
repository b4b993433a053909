-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Descriptors. The chunk gets what all parts get (see fibers.lua of the library). Of what it returns, `module` is the
-- module `file_descriptor`, and `new` makes the object of a descriptor that the script owns.
--
-- `open`, `is_open`, `close` and `dup` are as in the kernel. Reading and writing block the process, and with it all
-- fibers.

local fibers, errors, core = ...
local system = core.system()
local handles, native = system.handles, system.native
local objects = fibers.part("objects")
local fail = fibers.part("failures").fail
local error, math_type, type = error, math.type, type
local find = string.find

local methods = {}
local metatable, numbers = objects.class("file_descriptor", methods)

local module = {}
local file_descriptor = { module = module }

function file_descriptor.new(number)
	local object = objects.new(metatable, numbers, number)
	handles.add_file(object, number)
	return object
end
local new = file_descriptor.new

local function invalid(index)
	error(errors.errno("EINVAL", { arg = index }), 0)
end

-- The number of an open descriptor.
local function check(self)
	local number = numbers[self]
	if number == nil then
		invalid(1)
	end
	return number or error(errors.errno("EBUSY"), 0)
end

local function close(self)
	local number = numbers[self]
	if number then
		numbers[self] = false
		handles.close_file(self, number)
	end
end

function methods:close()
	check(self)
	close(self)
end

-- Another descriptor of the same open file.
function methods:dup()
	local copy, number = native.duplicate(check(self))
	return copy and new(copy) or fail(number)
end

-- Reads what is there, at most `length` bytes, and waits if there is nothing. Returns nil at the end of the file.
function methods:read(length)
	local number = check(self)
	if math_type(length) ~= "integer" or length < 1 then
		invalid(2)
	end
	local bytes, errno = native.read(number, length)
	if not bytes then
		fail(errno)
	end
	return bytes ~= "" and bytes or nil
end

-- Writes all of a string.
function methods:write(bytes)
	local number = check(self)
	if type(bytes) ~= "string" then
		invalid(2)
	end
	local errno = native.write(number, bytes)
	if errno then
		fail(errno)
	end
end

-- Its number in this process.
function methods:number()
	return check(self)
end

metatable.__gc, metatable.__close = close, close

-- Opens a file, with a mode as that of `io.open`. Returns nil, a message and an error number if it cannot.
function module.open(path, mode)
	mode = mode == nil and "r" or mode
	if type(path) ~= "string" or find(path, "\0", 1, true) then
		invalid(1)
	elseif type(mode) ~= "string" then
		invalid(2)
	end
	local number, errno = native.open(path, mode)
	if not number then
		return nil, ("%s: %s"):format(path, native.describe(errno)), errno
	end
	return new(number)
end

-- Whether a descriptor was not closed; nil, if the value is none.
function module.is_open(value)
	local number = numbers[value]
	if number == nil then
		return nil
	end
	return number ~= false
end

-- Returns the reading and the writing end of a new pipe.
function module.pipe()
	local reader, writer = native.pipe()
	if not reader then
		-- Then it is an error number.
		fail(writer)
	end
	return new(reader), new(writer)
end

return file_descriptor
