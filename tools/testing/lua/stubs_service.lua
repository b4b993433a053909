-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A service for stubs.lua that reports the names that services have, by class.

local ltask = require("ltask")

local function names(list)
	local keys = {}
	for key in pairs(list) do
		keys[#keys + 1] = type(key) == "string" and not key:find("^__") and key or nil
	end
	return table.concat(keys, " ")
end

-- The module holds the functions that were used. Access to a name that does not exist makes it load all others, into
-- upvalues of its metamethod.
local function names_of_module()
	assert(ltask.no_such_function == nil)
	local found = names(ltask)
	local index = getmetatable(ltask).__index
	for i = 1, debug.getinfo(index, "u").nups do
		local name, value = debug.getupvalue(index, i)
		if name == "functions" or name == "tools" then
			found = found .. " " .. names(value)
		end
	end
	return found
end

-- The outcomes of two tasks: results, and an error.
local function names_of_results()
	local found = ""
	for _, result in ltask.parallel({ { math.abs, 1 }, { error, "x" } }) do
		found = found .. " " .. names(result)
	end
	return found
end

local S = {}

function S.names()
	local _, event = ltask.eventinit()
	assert(not debug.getmetatable(event).__index and not debug.getmetatable((ltask.pack())).__index)
	return {
		ltasklib = names_of_module(),
		["ltask.async"] = names(getmetatable(ltask.async())),
		["ltask.event"] = "",
		["ltask.log"] = names(ltask.log),
		["ltask.mem_count"] = names(ltask.mem_count()),
		["ltask.message"] = "",
		["ltask.request"] = names(ltask.current_session()),
		["ltask.result"] = names_of_results(),
		["ltask.timeout"] = names(getmetatable(ltask.timeout(0, print))),
	}
end

return S
