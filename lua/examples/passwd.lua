-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A character device that makes random passwords.
--
--	lunatik run passwd.lua
--	head -n 1 /dev/passwd			one password of 20 characters
--	echo 8 > /dev/passwd			from now on, 8 characters
--	head -n 3 /dev/passwd
--	lunatik stop passwd

local device = require("device")
local linux = require("linux")

-- Without the characters that are easily mistaken for others: 0 O 1 l I.
local ALPHABET = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
local MAX_LENGTH = 100

local function password(length)
	local chars = {}
	for i = 1, length do
		local at = linux.random(1, #ALPHABET)
		chars[i] = ALPHABET:sub(at, at)
	end
	return table.concat(chars)
end

local length = 20

local driver = {
	name = "passwd",
	mode = linux.stat.IRUGO | linux.stat.IWUSR,
}

-- Passwords without end, one a line. What is cut off at `len` is kept for the next read of the same file.
function driver:read(len, _, file)
	local text = file.rest or password(length) .. "\n"
	file.rest = #text > len and text:sub(len + 1) or nil
	return text:sub(1, len)
end

function driver:write(text)
	local wanted = math.tointeger(tonumber(text))
	if not wanted or wanted < 1 or wanted > MAX_LENGTH then
		error({ errno = "EINVAL" })
	end
	length = wanted
end

device.new(driver)
