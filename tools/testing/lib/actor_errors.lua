-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Returns the function that names errors of actors for checks: "channel_closed", "EINVAL arg=1", "lua 1". An error that
-- is no table of such a kind is named by the first line of its text.

local CORE <const> = {
	"invalid_module_name",
	"module_not_found",
	"root_cannot_import_parent",
	[5] = "leaf_cannot_import_child",
	[8] = "bad_index",
	[9] = "bad_coroutine",
	[10] = "suspension_already_allowed",
	[11] = "interruption_already_allowed",
	[12] = "forbid_suspend_block",
	[13] = "interrupted",
	[14] = "unmatched_scope_cleanup",
	[15] = "channel_closed",
	[16] = "no_senders",
	[22] = "broken_promise",
	[23] = "promise_already_satisfied",
	[24] = "current_module_not_known",
}
local GENERIC <const> = {
	[1] = "EPERM",
	[10] = "ECHILD",
	[11] = "EAGAIN",
	[12] = "ENOMEM",
	[16] = "EBUSY",
	[22] = "EINVAL",
	[33] = "EDOM",
	[35] = "EDEADLK",
	[75] = "EOVERFLOW",
	[90] = "EMSGSIZE",
	[95] = "ENOTSUP",
}
local JSON <const> = { [2] = "too_many_levels", [3] = "array_too_long", [4] = "cycle_exists" }
local CATEGORIES <const> = {
	["emilua.core"] = CORE,
	generic = GENERIC,
	["emilua.json.dom"] = JSON,
}
-- The fields of errors that are part of the name.
local EXTRAS <const> = { "arg", "index", "path" }

return function(err)
	if type(err) ~= "table" or type(err.category) ~= "userdata" then
		return (tostring(err):match("^[^\n]*"))
	end
	local category = err.category:name()
	local known = CATEGORIES[category]
	local text = known and known[err.code] or category .. " " .. tostring(err.code)
	for _, key in ipairs(EXTRAS) do
		if err[key] ~= nil then
			text = text .. " " .. key .. "=" .. tostring(err[key])
		end
	end
	return text
end
