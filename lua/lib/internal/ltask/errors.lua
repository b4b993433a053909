-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Errors that travel between services: a table whose lines are the message, and for each service that the error has
-- passed the frames of its session. The chunk gets the number of this service.

local own = ...
local traceback = debug.traceback
local getmetatable, next, pcall, setmetatable, tostring, type = getmetatable, next, pcall, setmetatable, tostring, type
local concat = table.concat

local errors = {}

local ErrorObject = { __name = "ltask.error" }

-- As tostring, but never raises an error: nobody would be there to get it.
local function show(value)
	local ok, text = pcall(tostring, value)
	return ok and text or ("(error object is a %s value)"):format(type(value))
end

function ErrorObject:__tostring()
	local lines = {}
	for i = 1, #self do
		lines[i] = show(self[i])
	end
	return concat(lines, "\n")
end

-- Adds the frames of a session, of the running one if there is none.
local function add_frames(object, session)
	object[#object + 1] = ("\t( service:%d )"):format(own)
	local text = session and traceback(session) or traceback("", 3)
	for line in text:gmatch("[^\n]+") do
		-- The frames of the library are the same for all, and `error` says nothing.
		local is_noise = line == "stack traceback:"
			or line:find("[lib ", 1, true)
			or line == "\t(...tail calls...)"
			or line:find("^\t%[C%]: in %a+ 'error'$")
		if not is_noise then
			object[#object + 1] = line
		end
	end
end

-- The message without its place: FILE:LINE.
local function bare(message)
	return (message:gsub("^[^\n]-:%d+: ", "", 1))
end

-- A copy of the fields for which `is_wanted` returns true; of all without it.
local function copy(fields, is_wanted)
	local result = {}
	for key, value in next, fields do
		if not is_wanted or is_wanted(key, value) then
			result[key] = value
		end
	end
	return result
end

-- Makes an error object of anything that was raised in `session`. It has the fields of a table, but not its metatable,
-- and the table stays as it is: a script may raise it again.
function errors.new(err, session)
	local object
	if type(err) == "table" then
		object = copy(err)
		if getmetatable(err) ~= ErrorObject then
			object[#object + 1] = "stack traceback:"
		end
	else
		local message = err == nil and "<no error object>" or show(err)
		object = { type(err) == "string" and bare(message) or message, "stack traceback:" }
	end
	local level = object.level
	if level == nil or type(level) == "number" then
		object.level = (level or 0) + 1
	end
	add_frames(object, session)
	return setmetatable(object, ErrorObject)
end

local simple = { boolean = true, number = true, string = true }

-- The part of an error object that can be sent in any case.
function errors.plain(object)
	local plain = copy(object, function(key, value)
		return simple[type(key)] and simple[type(value)]
	end)
	-- Its lines must not have gaps.
	for i = 1, #object do
		plain[i] = show(object[i])
	end
	return setmetatable(plain, ErrorObject)
end

-- What an answer of type ERROR has brought: the copy of an error object, or the text of the kernel for a service that
-- has ended.
function errors.received(err)
	if type(err) == "table" then
		return setmetatable(err, ErrorObject)
	end
	return setmetatable({ bare(tostring(err)), "stack traceback:", level = 0 }, ErrorObject)
end

return errors
