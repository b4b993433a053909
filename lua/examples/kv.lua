-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A key-value store behind a character device.
--
--	lunatik run kv.lua
--	echo colour=blue > /dev/kv		sets
--	echo shape=round > /dev/kv
--	cat /dev/kv				lists all
--	exec 3<>/dev/kv; echo colour >&3; cat <&3; exec 3>&-		asks for one
--	echo colour= > /dev/kv			deletes
--	lunatik stop kv

local device = require("device")
local linux = require("linux")

local store = {}

local function list()
	local lines = {}
	for key, value in pairs(store) do
		lines[#lines + 1] = key .. "=" .. value .. "\n"
	end
	table.sort(lines)
	return table.concat(lines)
end

local driver = {
	name = "kv",
	mode = linux.stat.IRUGO | linux.stat.IWUSR,
}

-- Each line is `key=value`, `key=` or `key`. The answer to a question waits in the table of this open file.
function driver:write(text, _, file)
	for line in text:gmatch("[^\n]+") do
		local key, value = line:match("^([^=]+)=(.*)$")
		if not key then
			local found = store[line]
			file.answer = (file.answer or "") .. (found and found .. "\n" or "")
		elseif value == "" then
			store[key] = nil
		else
			store[key] = value
		end
	end
end

-- Gives the answers to the questions asked through this file or, where nothing was asked, the whole list.
function driver:read(len, _, file)
	local text = file.answer or list()
	file.answer = text:sub(len + 1)
	return text:sub(1, len)
end

device.new(driver)
