-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Makes errors: tables with a code, a category and further fields, and one metatable. The chunk gets the native core
-- and the table that it puts the functions into (see errors.lua).
--
-- The names and texts are in parts that return large tables. Those are dropped again, and only what was used is kept.

local core, errors = ...
local system = core.system()
local error, getmetatable, math_type, rawequal, setmetatable, tostring, type =
	error, getmetatable, math.type, rawequal, setmetatable, tostring, type

local INTERRUPTED <const> = 13

-- For each category its name, and the codes that were used, by name.
local name_of, codes_of = {}, {}

local function new_category(name)
	local category = system.category()
	name_of[category], codes_of[category] = name, {}
	return category
end

local own = new_category("emilua.core")
local generic = new_category("generic")
local json, lua, system_errors

-- The category whose codes and texts a category has.
local function meaning(name)
	return name == "system" and "generic" or name
end

-- Categories ---------------------------------------------------------------------------------------------

local function check(category, level)
	return name_of[category] or error("error category expected", level + 1)
end

-- The text for a code of a category.
local function message(category, code)
	local name = check(category, 2)
	local texts = core.part("error_texts")()[meaning(name)]
	return texts and texts[code] or ("Unknown error %s"):format(tostring(code))
end

local category_metatable = system.category_metatable()
category_metatable.__index = {
	name = function(category)
		return check(category, 2)
	end,
	message = message,
}
category_metatable.__tostring = function(category)
	return check(category, 2)
end

-- Errors -------------------------------------------------------------------------------------------------

local Error = { __name = "error" }
local methods = {}
Error.__index = methods

function Error:__tostring()
	if name_of[self.category] then
		return message(self.category, self.code)
	end
	return ("Unknown error %s"):format(tostring(self.code))
end

-- Further fields do not count.
function Error.__eq(a, b)
	return getmetatable(a) == Error
		and getmetatable(b) == Error
		and a.code == b.code
		and rawequal(a.category, b.category)
end

-- The same error as one of the category "generic", if there is one, and otherwise an equal error.
function methods:togeneric()
	local category = self.category
	category = name_of[category] == "system" and generic or category
	return setmetatable({ code = self.code, category = category }, Error)
end

local function make(category, name, extras)
	local codes = codes_of[category]
	local code = codes[name]
	if not code then
		code = core.part("error_codes")()[meaning(name_of[category])][name]
		if not code then
			error(("there is no error %s"):format(tostring(name)), 3)
		end
		codes[name] = code
	end
	local object = extras or {}
	object.code, object.category = code, category
	return setmetatable(object, Error)
end

local function new_core(name, extras)
	return make(own, name, extras)
end

local function new_errno(name, extras)
	return make(generic, name, extras)
end

local function new_json(name, extras)
	json = json or new_category("emilua.json.dom")
	return make(json, name, extras)
end

local function new_lua(name, extras)
	lua = lua or new_category("lua")
	return make(lua, name, extras)
end

-- An error that the system has returned. `name` may also be the error number.
local function new_system(name, extras)
	system_errors = system_errors or new_category("system")
	if math_type(name) then
		codes_of[system_errors][name] = name
	end
	return make(system_errors, name, extras)
end

local function is_interrupted(err)
	return type(err) == "table"
		and getmetatable(err) == Error
		and err.code == INTERRUPTED
		and rawequal(err.category, own)
end

errors.core, errors.errno, errors.json, errors.lua = new_core, new_errno, new_json, new_lua
errors.system, errors.is_interrupted = new_system, is_interrupted
