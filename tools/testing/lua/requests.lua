-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Writes requests in the format of Documentation/abi.md to its standard output: an endless script among scripts that
-- end by themselves after different times. The argument is a seed.

local seed = math.tointeger((...))
math.randomseed(seed)

local function varint(n)
	local bytes = ""
	while n > 127 do
		bytes = bytes .. string.char(n & 127 | 128)
		n = n >> 7
	end
	return bytes .. string.char(n)
end
local function text(s)
	return "\5" .. varint(#s) .. s
end
local EVAL = 4
local function eval(id, source)
	local body = "\6" .. text("text") .. text(source) .. text("chunk") .. text("=requests") .. "\7"
	return string.pack("<I4I2I2I4", 12 + #body, EVAL, 0, id) .. body
end

local frames = {}
for id = 1, 60 do
	-- Few scripts compute, because there are not many processors.
	local source = "while true do end"
	if id % 3 ~= 0 then
		source = "require('linux').schedule(" .. math.random(0, 12) .. ")"
	elseif id % 10 ~= 0 then
		source = "require('linux').schedule(100000000)"
	end
	frames[id] = eval(id, source)
end
io.write(table.concat(frames))
