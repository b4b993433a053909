-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Reads stubs: definition files for editors, which declare names and contain no code. It knows the few forms of lines
-- that stubs consist of; any other line is a problem, and so is a missing description.
--
-- `stubs.read(paths)` returns a table:
--
--	classes		by name: `members` by name, `operators` (a set), `doc`, and `place`, its file and line
--	modules		by the name that `require` takes: the name of the class of what it returns
--	globals		by name, as members
--	problems	a list of texts
--
-- A member has `kind` ("function", "method" or "field"), `doc`, `place` and, if a field may be nil, `is_optional`.

-- It is not a global in scripts for hooks.
local io = require("io")

local stubs = {}

local TAGS <const> = {}
for tag in ("alias async class deprecated field meta operator overload param return type"):gmatch("%S+") do
	TAGS[tag] = true
end

-- The state of reading one file.
local Reader = {}
Reader.__index = Reader

function Reader:problem(text, ...)
	local problems = self.found.problems
	problems[#problems + 1] = ("%s: %s"):format(self.place, text:format(...))
end

-- Forgets the comment that has been read.
function Reader:reset()
	self.text, self.tags = {}, {}
	self.class = nil
end

function Reader:tagged(name)
	local values = {}
	for _, tag in ipairs(self.tags) do
		if tag.name == name then
			values[#values + 1] = tag.value
		end
	end
	return values
end

function Reader:description(what)
	local doc = table.concat(self.text, "\n")
	if not doc:find("^%u.*%.\n?") then
		self:problem("%s has no description", what)
	end
	return doc
end

function Reader:add(place, name, member)
	if place[name] then
		self:problem("%s was declared before", name)
	end
	member.place = self.place
	place[name] = member
end

-- Tags -------------------------------------------------------------------------------------------------------

function Reader:begin_class(value)
	local name = value:match("^[%w_%.%*]+$")
	if not name then
		return self:problem("this class cannot be read: %s", value)
	elseif self.found.classes[name] then
		return self:problem("the class %s was declared before", name)
	end
	self.class = { name = name, members = {}, operators = {}, place = self.place }
	self.class.doc = self:description("the class " .. name)
	self.found.classes[name] = self.class
end

function Reader:field(value)
	local name, is_optional, kind = value:match("^([%w_]+)(%??) +(.+)$")
	if not name then
		name, kind = value:match('^%["([^"]+)"%] +(.+)$')
	end
	if not name then
		-- The type of all other keys.
		return value:match("^%[%a+%] +.+$") or self:problem("this field cannot be read: %s", value)
	end
	local is_function = kind:find("^fun%(") ~= nil
	self:add(self.class.members, name, {
		kind = is_function and "function" or "field",
		doc = kind,
		is_optional = is_optional == "?" or kind:find("^%S+%? ") ~= nil or nil,
	})
end

function Reader:tag(name, value)
	if not TAGS[name] then
		return self:problem("unknown tag @%s", name)
	elseif name == "meta" then
		self.module = value
	elseif name == "class" then
		self:begin_class(value)
	elseif name == "alias" then
		self:description("the alias " .. value)
	elseif (name == "field" or name == "operator") and not self.class then
		self:problem("@%s without a class", name)
	elseif name == "field" then
		self:field(value)
	elseif name == "operator" then
		self.class.operators[value:match("^%a+")] = true
	end
	self.tags[#self.tags + 1] = { name = name, value = value }
end

-- Lines of code ------------------------------------------------------------------------------------------------

-- Every argument has its line, in the order of the arguments.
function Reader:check_arguments(name, list)
	local lines = self:tagged("param")
	local at = 0
	for argument in list:gmatch("[^, ]+") do
		at = at + 1
		local line = lines[at] or ""
		local given, about = line:match("^([%w_%.]+)%?? +(.+)$")
		if given ~= argument then
			return self:problem("%s: the argument %s has no line, or not this one: @param %s", name, argument, line)
		elseif not about:find(" .*%.$") then
			self:problem("%s: the argument %s has no description", name, argument)
		end
	end
	if lines[at + 1] then
		self:problem("%s has no such argument: %s", name, lines[at + 1])
	end
end

function Reader:take_function(name, list)
	self:check_arguments(name, list)
	local member = { kind = "function", doc = self:description(name) }
	local variable, separator, key = name:match("^([%w_]+)([.:])([%w_]+)$")
	if not variable then
		return self:add(self.found.globals, name, member)
	end
	local class = self.variables[variable]
	if not class then
		return self:problem("%s: what %s is was not said", name, variable)
	end
	member.kind = separator == ":" and "method" or "function"
	self:add(class.members, key, member)
end

-- A variable has the class that was begun, or the type that was named.
function Reader:take_variable(name, is_global)
	local class = self.class
	if not class then
		local type_name = self:tagged("type")[1]
		if not type_name then
			return self:problem("what %s is was not said", name)
		end
		class = { name = type_name, members = {}, operators = {} }
		self:description(name)
	end
	self.variables[name] = class
	if is_global then
		self:add(self.found.globals, name, { kind = "field", doc = class.doc })
	end
end

function Reader:take_return(name)
	local class = self.variables[name]
	if not class or not self.module or self.module == "_" then
		return self:problem("what is returned here?")
	end
	self.found.modules[self.module] = class.name
	self.has_returned = true
end

function Reader:line(line)
	local name, value = line:match("^%-%-%-@(%l+) ?(.*)$")
	if name then
		return self:tag(name, value)
	elseif line:find("^%-%-%-|") then
		return
	elseif line:find("^%-%-%-") then
		self.text[#self.text + 1] = line:sub(4)
		return
	end
	local global = line:match("^([%a_][%w_]*) = .+$")
	local variable = line:match("^local ([%w_]+) = {}$")
	local func, arguments = line:match("^function ([%w_%.:]+)%((.*)%) end$")
	local returned = line:match("^return ([%w_]+)$")
	if func then
		self:take_function(func, arguments)
	elseif variable or global then
		self:take_variable(variable or global, global ~= nil)
	elseif returned then
		self:take_return(returned)
	elseif line ~= "" and not line:find("^%-%- ") and line ~= "--" then
		self:problem("this line is none of a stub: %s", line)
	end
	self:reset()
end

-- Reads the files at `paths`.
function stubs.read(paths)
	local found = { classes = {}, modules = {}, globals = {}, problems = {} }
	for _, path in ipairs(paths) do
		local reader = setmetatable({ found = found, variables = {}, place = path }, Reader)
		reader:reset()
		local number = 0
		for line in io.lines(path) do
			number = number + 1
			reader.place = ("%s:%d"):format(path:match("luacats/(.*)$") or path, number)
			reader:line(line)
		end
		if not reader.module then
			reader:problem("there is no @meta")
		elseif reader.module ~= "_" and not reader.has_returned then
			reader:problem("it returns nothing")
		end
	end
	return found
end

return stubs
