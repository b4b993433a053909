-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A `require` whose modules may block while they load. The chunk gets `ltask` and the original function.

local ltask, original = ...
local assert, error, ipairs, pairs, pcall, type = assert, error, ipairs, pairs, pcall, type
local concat = table.concat
local running, isyieldable = coroutine.running, coroutine.isyieldable
local package = package

-- Who loads a module, by its name, and the module that this one waits for.
local loading = {}

local function find(name)
	local reasons = {}
	for _, searcher in ipairs(package.searchers) do
		local loader, extra = searcher(name)
		if type(loader) == "function" then
			return loader, extra
		elseif type(loader) == "string" then
			reasons[#reasons + 1] = loader
		end
	end
	error(("module '%s' not found:%s"):format(name, concat(reasons)), 3)
end

-- Whether one who loads a module waits, through others, for a module that `session` loads.
local function is_circular(name, session)
	local holder = loading[name]
	while holder do
		if holder.session == session then
			return true
		end
		holder = holder.waits_for and loading[holder.waits_for]
	end
	return false
end

local function load(name, session)
	local loader, extra = find(name)
	local entry = { session = session }
	loading[name] = entry
	local ok, value = pcall(loader, name, extra)
	loading[name] = nil
	if ok then
		if value ~= nil then
			package.loaded[name] = value
		elseif package.loaded[name] == nil then
			package.loaded[name] = true
		end
	end
	if entry.is_awaited then
		ltask.multi_wakeup(entry, ok)
	end
	if not ok then
		error(value, 0)
	end
	return package.loaded[name], extra
end

return function(name)
	local value = package.loaded[name]
	if value ~= nil then
		return value
	end
	local session = running()
	if not isyieldable() then
		return original(name)
	end
	local entry = loading[name]
	if not entry then
		return load(name, session)
	end
	if is_circular(name, session) then
		error("circular dependency", 2)
	end
	for _, other in pairs(loading) do
		if other.session == session then
			other.waits_for = name
		end
	end
	entry.is_awaited = true
	local loaded = ltask.multi_wait(entry)
	for _, other in pairs(loading) do
		if other.session == session then
			other.waits_for = nil
		end
	end
	if not loaded then
		error(('require "%s" failed'):format(name), 2)
	end
	return assert(package.loaded[name])
end
