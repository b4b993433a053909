-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor in a process, for stubs.lua. It reports the names that only processes have: lines with the name of a class
-- and the names of its fields.

local inbox, file_descriptor = require("inbox"), require("file_descriptor")

local function names(list)
	local keys = {}
	for key in pairs(list) do
		keys[#keys + 1] = type(key) == "string" and not key:find("^__") and key or nil
	end
	return table.concat(keys, " ")
end

local main = inbox:receive()
main:send("file_descriptorlib: " .. names(file_descriptor))
main:send("file_descriptor: " .. names(debug.getmetatable((file_descriptor.pipe())).__index))
main:send("actor.process_channel: " .. names(debug.getmetatable(main).__index))
for _, module in ipairs({ "system", "time", "mutex", "recursive_mutex", "condition_variable", "future" }) do
	main:send(module .. "lib: " .. names(require(module)))
end
main:send("done")
