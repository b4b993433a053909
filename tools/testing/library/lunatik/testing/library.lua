-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A typical library of 500 lines, which is built only into the modules of the tests. The suite `lib` measures its cost
-- for a runtime, and uses it. Containers, texts, checks of values and a few algorithms.

local library = {}

-- Lists ---------------------------------------------------------------------------------------------------

local list = {}
library.list = list

function list.map(values, fn)
	local result = {}
	for i, value in ipairs(values) do
		result[i] = fn(value, i)
	end
	return result
end

function list.filter(values, keep)
	local result = {}
	for i, value in ipairs(values) do
		if keep(value, i) then
			result[#result + 1] = value
		end
	end
	return result
end

function list.fold(values, start, fn)
	for i, value in ipairs(values) do
		start = fn(start, value, i)
	end
	return start
end

function list.reversed(values)
	local result, n = {}, #values
	for i = 1, n do
		result[i] = values[n + 1 - i]
	end
	return result
end

function list.slice(values, first, last)
	return table.move(values, first, last or #values, 1, {})
end

function list.index_of(values, wanted)
	for i, value in ipairs(values) do
		if value == wanted then
			return i
		end
	end
	return nil
end

function list.shuffled(values, random)
	local result = list.slice(values, 1)
	random = random or math.random
	for i = #result, 2, -1 do
		local j = random(i)
		result[i], result[j] = result[j], result[i]
	end
	return result
end

-- Sets ----------------------------------------------------------------------------------------------------

local Set = {}
Set.__index = Set
library.Set = Set

function Set.new(values)
	local set = setmetatable({ items = {}, count = 0 }, Set)
	for _, value in ipairs(values or {}) do
		set:add(value)
	end
	return set
end

function Set:add(value)
	if not self.items[value] then
		self.items[value] = true
		self.count = self.count + 1
	end
	return self
end

function Set:remove(value)
	if self.items[value] then
		self.items[value] = nil
		self.count = self.count - 1
	end
	return self
end

function Set:has(value)
	return self.items[value] == true
end

function Set:__len()
	return self.count
end

function Set:__add(other)
	local result = Set.new()
	for value in pairs(self.items) do
		result:add(value)
	end
	for value in pairs(other.items) do
		result:add(value)
	end
	return result
end

function Set:__mul(other)
	local result = Set.new()
	for value in pairs(self.items) do
		if other:has(value) then
			result:add(value)
		end
	end
	return result
end

function Set:__eq(other)
	return self.count == other.count and (self * other).count == self.count
end

function Set:sorted(less)
	local result = {}
	for value in pairs(self.items) do
		result[#result + 1] = value
	end
	table.sort(result, less)
	return result
end

-- A queue by priority -------------------------------------------------------------------------------------

local Heap = {}
Heap.__index = Heap
library.Heap = Heap

function Heap.new(less)
	return setmetatable({ less = less or function(a, b)
		return a < b
	end }, Heap)
end

function Heap:push(value)
	local at = #self + 1
	self[at] = value
	while at > 1 do
		local parent = at // 2
		if not self.less(self[at], self[parent]) then
			break
		end
		self[at], self[parent] = self[parent], self[at]
		at = parent
	end
end

function Heap:pop()
	local n = #self
	if n == 0 then
		return nil
	end
	local first = self[1]
	self[1] = self[n]
	self[n] = nil
	n = n - 1
	local at = 1
	while true do
		local least = at
		for child = 2 * at, math.min(2 * at + 1, n) do
			if self.less(self[child], self[least]) then
				least = child
			end
		end
		if least == at then
			return first
		end
		self[at], self[least] = self[least], self[at]
		at = least
	end
end

-- A cache that forgets what was not used for longest ------------------------------------------------------

local Cache = {}
Cache.__index = Cache
library.Cache = Cache

function Cache.new(size)
	if math.type(size) ~= "integer" or size < 1 then
		error("the size of a cache must be an integer that is greater than 0", 2)
	end
	local cache = setmetatable({ size = size, count = 0, entries = {}, ends = {} }, Cache)
	cache.ends.next, cache.ends.previous = cache.ends, cache.ends
	return cache
end

local function unlink(entry)
	entry.previous.next, entry.next.previous = entry.next, entry.previous
end

local function link(ends, entry)
	entry.next, entry.previous = ends.next, ends
	ends.next.previous, ends.next = entry, entry
end

function Cache:get(key)
	local entry = self.entries[key]
	if not entry then
		return nil
	end
	unlink(entry)
	link(self.ends, entry)
	return entry.value
end

function Cache:set(key, value)
	local entry = self.entries[key]
	if entry then
		unlink(entry)
	else
		entry = { key = key }
		self.entries[key] = entry
		self.count = self.count + 1
	end
	entry.value = value
	link(self.ends, entry)
	if self.count > self.size then
		local oldest = self.ends.previous
		unlink(oldest)
		self.entries[oldest.key] = nil
		self.count = self.count - 1
	end
end

-- Texts ---------------------------------------------------------------------------------------------------

local text = {}
library.text = text

function text.trim(s)
	return s:match("^%s*(.-)%s*$")
end

function text.split(s, separator)
	local parts, from = {}, 1
	while true do
		local first, last = s:find(separator, from, true)
		if not first then
			parts[#parts + 1] = s:sub(from)
			return parts
		end
		parts[#parts + 1] = s:sub(from, first - 1)
		from = last + 1
	end
end

function text.wrap(s, width)
	local lines, line = {}, ""
	for word in s:gmatch("%S+") do
		if #line > 0 and #line + 1 + #word > width then
			lines[#lines + 1] = line
			line = word
		else
			line = #line > 0 and line .. " " .. word or word
		end
	end
	lines[#lines + 1] = line
	return lines
end

function text.fill(template, values)
	return (template:gsub("%${([%w_]+)}", function(name)
		local value = values[name]
		if value == nil then
			error(("the template wants a value for '%s', and there is none"):format(name), 0)
		end
		return tostring(value)
	end))
end

function text.distance(a, b)
	local row = {}
	for j = 0, #b do
		row[j] = j
	end
	for i = 1, #a do
		local diagonal = row[0]
		row[0] = i
		for j = 1, #b do
			local cost = a:byte(i) == b:byte(j) and 0 or 1
			local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
			diagonal, row[j] = row[j], best
		end
	end
	return row[#b]
end

local DIGITS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

function text.base64(s)
	local out = {}
	for i = 1, #s, 3 do
		local a, b, c = s:byte(i, i + 2)
		local bits = a << 16 | (b or 0) << 8 | (c or 0)
		for shift = 18, 0, -6 do
			local digit = (bits >> shift & 63) + 1
			out[#out + 1] = DIGITS:sub(digit, digit)
		end
		if not c then
			out[#out] = "="
		end
		if not b then
			out[#out - 1] = "="
		end
	end
	return table.concat(out)
end

function text.checksum(s)
	local sum = 0xFFFFFFFF
	for i = 1, #s do
		sum = sum ~ s:byte(i)
		for _ = 1, 8 do
			sum = sum >> 1 ~ (sum & 1 == 1 and 0xEDB88320 or 0)
		end
	end
	return ~sum & 0xFFFFFFFF
end

-- Settings, as in the files of many programs: [section] and name = value ------------------------------------

local settings = {}
library.settings = settings

local function value_of(s)
	if s == "true" or s == "false" then
		return s == "true"
	end
	return tonumber(s) or s:match('^"(.*)"$') or s
end

function settings.parse(s)
	local result, number = {}, 0
	local section = result
	for whole in (s .. "\n"):gmatch("(.-)\n") do
		number = number + 1
		local line = text.trim(whole:gsub("[#;].*", ""))
		local name = line:match("^%[([%w_.]+)%]$")
		if name then
			section = result[name] or {}
			result[name] = section
		elseif line ~= "" then
			local key, value = line:match("^([%w_]+)%s*=%s*(.*)$")
			if not key then
				error(("line %d is neither [section] nor name = value: %s"):format(number, line), 2)
			end
			section[key] = value_of(value)
		end
	end
	return result
end

-- The shape of values -------------------------------------------------------------------------------------

local shape = {}
library.shape = shape

function shape.is(kind)
	return function(value, path)
		if type(value) ~= kind and math.type(value) ~= kind then
			return nil, ("%s must be a value of the type %s, and is one of %s"):format(path, kind, type(value))
		end
		return true
	end
end

function shape.optional(inner)
	return function(value, path)
		if value == nil then
			return true
		end
		return inner(value, path)
	end
end

function shape.list(inner)
	return function(value, path)
		if type(value) ~= "table" then
			return nil, path .. " must be a list"
		end
		for i, element in ipairs(value) do
			local good, why = inner(element, ("%s[%d]"):format(path, i))
			if not good then
				return nil, why
			end
		end
		return true
	end
end

function shape.record(fields)
	return function(value, path)
		if type(value) ~= "table" then
			return nil, path .. " must be a table"
		end
		for name, inner in pairs(fields) do
			local good, why = inner(value[name], path .. "." .. name)
			if not good then
				return nil, why
			end
		end
		for name in pairs(value) do
			if not fields[name] then
				return nil, ("%s has the unknown field %s"):format(path, tostring(name))
			end
		end
		return true
	end
end

-- Events --------------------------------------------------------------------------------------------------

local Emitter = {}
Emitter.__index = Emitter
library.Emitter = Emitter

function Emitter.new()
	return setmetatable({ handlers = {} }, Emitter)
end

function Emitter:on(event, handler)
	local handlers = self.handlers[event] or {}
	self.handlers[event] = handlers
	handlers[#handlers + 1] = handler
	return function()
		local at = list.index_of(handlers, handler)
		return at and table.remove(handlers, at) ~= nil
	end
end

function Emitter:emit(event, ...)
	local called = 0
	for _, handler in ipairs(list.slice(self.handlers[event] or {}, 1)) do
		handler(...)
		called = called + 1
	end
	return called
end

-- What comes before what ------------------------------------------------------------------------------------

function library.ordered(needs)
	local result, state = {}, {}
	local function visit(name)
		if state[name] == "done" then
			return
		end
		if state[name] == "begun" then
			error(("'%s' needs itself, by way of others"):format(name), 0)
		end
		state[name] = "begun"
		for _, needed in ipairs(needs[name] or {}) do
			visit(needed)
		end
		state[name] = "done"
		result[#result + 1] = name
	end
	local names = {}
	for name in pairs(needs) do
		names[#names + 1] = name
	end
	table.sort(names)
	for _, name in ipairs(names) do
		visit(name)
	end
	return result
end

-- For the suite: what may go wrong in a library --------------------------------------------------------------

-- Raises an error, in the line after the next one.
function library.fail(value)
	error("the library fails with " .. tostring(value))
end

-- Raises an error of Lua's own, which names the variables.
function library.fault(record)
	local field = record.field
	return field.name
end

-- A string that is long for Lua, and a variable whose name is a long string.
library.LONG = "a string of more than forty bytes, which runtimes do not share"

function library.fault_of_long_name(record)
	local a_variable_whose_name_is_a_string_that_is_long = record.field
	return a_variable_whose_name_is_a_string_that_is_long.name
end

-- Compares values until they are equal. Their metamethods may be arbitrary code.
function library.wait_for(a, b)
	while a ~= b do
		a = a + 1
	end
	return a
end

return library
