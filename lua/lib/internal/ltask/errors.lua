-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Errors that travel between services: a table whose lines are the message, and for each service that the error has
-- passed the frames of its session. The chunk gets the number of this service.

local own = ...
local traceback = debug.traceback
local getmetatable, setmetatable, tostring, type = getmetatable, setmetatable, tostring, type
local concat = table.concat

local errors = {}

local ErrorObject = { __name = "ltask.error" }

function ErrorObject:__tostring()
	local lines = {}
	for i = 1, #self do
		lines[i] = tostring(self[i])
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

-- Makes an error object of anything that was raised in `session`. A table keeps its fields, but not its metatable.
function errors.new(err, session)
	local object
	if type(err) == "table" then
		object = err
		if getmetatable(err) ~= ErrorObject then
			object[#object + 1] = "stack traceback:"
		end
	else
		local message = err == nil and "<no error object>" or tostring(err)
		object = { type(err) == "string" and bare(message) or message, "stack traceback:" }
	end
	object.level = (object.level or 0) + 1
	add_frames(object, session)
	return setmetatable(object, ErrorObject)
end

-- What an answer of type ERROR has brought: the copy of an error object, or the text of the kernel for a service that
-- has ended.
function errors.received(err)
	if type(err) == "table" then
		return setmetatable(err, ErrorObject)
	end
	return setmetatable({ tostring(err), "stack traceback:", level = 0 }, ErrorObject)
end

return errors
