-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The `require` of actors. The chunk gets what the parts share, and returns the function.
--
-- A name that begins with "./", "../" or "/" is a file of the script. Each file that is loaded has globals of its own:
-- it sees those of the actor, but its `_CONTEXT` is "". A module may suspend while it loads; others who require it
-- wait.

local runtime = ...
local core, errors, fibers = runtime.core, runtime.errors, runtime.fibers
local modules = runtime.load_modules()
local system = core.system()
local original, searchpath = (select(2, ...)), package.searchpath
local error, ipairs, load, setmetatable, type = error, ipairs, load, setmetatable, type
local interruption = fibers.part("interruption")
local disable, restore = interruption.disable, interruption.restore
local remove = table.remove
local find = string.find
local package, globals = package, _G

-- Modules by path; and who loads one, with those who wait for it.
local loaded, loading = {}, {}

local view = { __index = globals, __newindex = globals }

-- The function of the file that `system.source` has found.
local function compile(path, text)
	local chunk, err = load(text or system.text(), "@" .. path, "t", setmetatable({ _CONTEXT = "" }, view))
	if not chunk then
		error(err, 0)
	end
	system.checked()
	return chunk
end

-- Waits until another fiber has loaded the module.
local function wait_for(entry)
	if entry.fiber == fibers.running then
		error("circular dependency", 0)
	end
	fibers.point()
	entry[#entry + 1] = fibers.running
	fibers.block(function(fiber)
		for i, other in ipairs(entry) do
			if other == fiber then
				remove(entry, i)
				return true
			end
		end
		return false
	end)
end

-- Ends the loading of a module, however it has ended.
local closing = {}

function closing.__close(entry)
	loading[entry.path] = nil
	restore()
	for _, fiber in ipairs(entry) do
		fibers.wake(fiber, nil)
	end
end

local function run(path, text, name)
	local entry = setmetatable({ fiber = fibers.running, path = path }, closing)
	disable()
	local _ <close> = entry
	loading[path] = entry
	local value = compile(path, text)(name, path)
	if value == nil then
		value = true
	end
	loaded[path] = value
	return value
end

local function load_file(name, ...)
	local path, text = system.source(...)
	if not path then
		return nil
	end
	while loaded[path] == nil and loading[path] do
		wait_for(loading[path])
	end
	local value = loaded[path]
	if value == nil then
		value = run(path, text, name)
	end
	return value, path
end

return function(name)
	if type(name) ~= "string" then
		return original(name)
	end
	local value = package.loaded[name]
	if value ~= nil then
		return value
	end
	if find(name, "^%.%.?/") or find(name, "^/") or name == "." then
		local first, second = modules.candidates(name, modules.importer(2, runtime.own_file()))
		local path
		value, path = load_file(name, first, second or first)
		if value == nil then
			error(errors.core("module_not_found", { module = name }))
		end
		return value, path
	end
	if not package.preload[name] then
		local path = searchpath(name, package.path)
		if path then
			value, path = load_file(name, path)
			if value ~= nil then
				package.loaded[name] = value
				return value, path
			end
		end
	end
	return original(name)
end
