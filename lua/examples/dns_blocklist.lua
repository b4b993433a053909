-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Changes the names that dns_sinkhole.lua and sni_filter.lua block, while they work.
--
--	lunatik run dns_blocklist.lua block ads.example tracker.example		and all names below them
--	lunatik run dns_blocklist.lua allow ads.example
--	lunatik run dns_blocklist.lua list

local names = require("blocklist").names

local commands = {
	block = function(name)
		names[name] = true
	end,
	allow = function(name)
		names[name] = nil
	end,
}

local command, given = ..., { select(2, ...) }
if command == "list" then
	local sorted = {}
	for name in pairs(names) do
		sorted[#sorted + 1] = name
	end
	table.sort(sorted)
	print(#sorted == 0 and "nothing is blocked" or table.concat(sorted, "\n"))
else
	local change = commands[command] or error("a command is missing: block, allow or list", 0)
	for _, name in ipairs(given) do
		change(name:lower())
	end
end
