-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What can be sent that is not a scalar. The chunk gets the native core, the errors and the module `actor`, and
-- returns a function that gets a value and the channel. It returns the value, or a copy in which everything can be
-- sent; and the channel that is in it in place of the inbox, which is to be closed when the value was sent.
--
-- The native core copies each table of a message once. So a table that is reachable twice is copied here first.

local core, errors, actor = ...
local system = core.system()
local address, is_closed, is_open = system.address, system.is_closed, system.is_sendable
local error, getmetatable, next, rawget, tostring, type = error, getmetatable, next, rawget, tostring, type
local concat = table.concat

-- The most tables inside each other.
local MAX_DEPTH <const> = 100

local scalars = { boolean = true, number = true, string = true }

local function is_inbox(value)
	return getmetatable(value) == "rx-channel"
end

-- Whether a value is a table without a metatable.
local function is_plain(value)
	return type(value) == "table" and getmetatable(value) == nil
end

-- A step of a path, as in the errors of other modules.
local function step(key)
	if type(key) == "string" then
		return "." .. key
	end
	return "[" .. tostring(key) .. "]"
end

local function path(keys, depth, key)
	local steps = {}
	for i = 1, depth - 1 do
		steps[i] = step(keys[i])
	end
	steps[depth] = scalars[type(key)] and step(key) or "[a key]"
	return concat(steps)
end

-- Looks through the tables of a value. Returns whether a copy has to be sent. Raises an error for what cannot be sent.
local function look(root)
	local open, seen = { [root] = true }, {}
	-- The tables on the way to the present one, and the keys that lead to the next ones.
	local tables, keys, depth = { root }, {}, 1
	local needs_copy = false
	while depth > 0 do
		local key, value = next(tables[depth], keys[depth])
		keys[depth] = key
		if key == nil then
			open[tables[depth]] = nil
			tables[depth] = nil
			depth = depth - 1
		elseif not scalars[type(key)] then
			error(errors.errno("EINVAL", { path = path(keys, depth, key) }))
		elseif is_plain(value) then
			if open[value] then
				error(errors.json("cycle_exists"))
			elseif depth == MAX_DEPTH then
				error(errors.json("too_many_levels"))
			end
			if seen[value] then
				needs_copy = true
			end
			open[value], seen[value] = true, true
			depth = depth + 1
			tables[depth] = value
		elseif is_inbox(value) then
			needs_copy = true
		elseif not scalars[type(value)] and not is_open(value) then
			error(errors.errno("EINVAL", { path = path(keys, depth, key) }))
		end
	end
	return needs_copy
end

-- A copy of the tables of a value that can be sent, and the address of this actor that is in it.
local function copy(root)
	local result, own = {}, nil
	local from, to, keys, depth = { root }, { result }, {}, 1
	while depth > 0 do
		local key, value = next(from[depth], keys[depth])
		keys[depth] = key
		if key == nil then
			from[depth], to[depth] = nil, nil
			depth = depth - 1
		else
			local into = to[depth]
			if is_plain(value) then
				local inner = {}
				into[key] = inner
				depth = depth + 1
				from[depth], to[depth] = value, inner
			elseif is_inbox(value) then
				own = own or address()
				into[key] = own
			else
				into[key] = value
			end
		end
	end
	return result, own
end

-- The copy in which what cannot be sent is left out, by the rules of `actor.lenient`: a table is a list, which ends
-- before the first such element, or a dictionary of strings.
local function lenient(root)
	local result, own = {}, nil
	local open = { [root] = true }
	local levels = {}

	local function enter(table, into)
		levels[#levels + 1] = { table = table, into = into, is_list = #table > 0, at = 0 }
	end

	-- The next pair; nothing at the end.
	local function advance(level)
		if not level.is_list then
			local key, value
			repeat
				key, value = next(level.table, level.key)
				level.key = key
			until key == nil or type(key) == "string"
			return key, value
		end
		level.at = level.at + 1
		local value = rawget(level.table, level.at)
		if value == nil then
			return nil
		end
		return level.at, value
	end

	enter(root, result)
	while #levels > 0 do
		local level = levels[#levels]
		local key, value = advance(level)
		if key == nil then
			open[level.table] = nil
			levels[#levels] = nil
		elseif is_plain(value) then
			if open[value] then
				error(errors.json("cycle_exists"))
			elseif #levels == MAX_DEPTH then
				error(errors.json("too_many_levels"))
			end
			open[value] = true
			local inner = {}
			level.into[key] = inner
			enter(value, inner)
		elseif is_inbox(value) then
			own = own or address()
			level.into[key] = own
		elseif scalars[type(value)] or is_open(value) then
			level.into[key] = value
		elseif level.is_list then
			open[level.table] = nil
			levels[#levels] = nil
		end
	end
	return result, own
end

-- The error of a message that is not sent: that of the destination, if that is gone.
local function refuse(channel, err)
	error(is_closed(channel) and errors.core("channel_closed") or err)
end

return function(value, channel)
	local kind = type(value)
	if is_inbox(value) then
		local own = address()
		return own, own
	elseif is_plain(value) then
		if actor.lenient then
			return lenient(value)
		end
		if look(value) then
			return copy(value)
		end
		return value
	elseif kind == "userdata" then
		local open = is_open(value)
		if open then
			return value
		end
		local has_class = open == false or getmetatable(value) ~= nil
		refuse(channel, errors.errno(has_class and "ENOTSUP" or "EINVAL"))
	end
	refuse(channel, errors.errno("EINVAL"))
end
