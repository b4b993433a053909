-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Frames of the protocol, for suites that check single messages.
--
--	frames.lua make PATH CODE	writes a request to evaluate CODE
--	frames.lua show PATH		prints the outputs in what came back, one a line: STREAM BYTES

local what, path, code = ...

local OUTPUT = 0x8001
local STREAM = "\x05\x06stream\x03"
local BYTES = "\x05\x05bytes\x05"

local function varint(n)
	local bytes = ""
	while n > 0x7f do
		bytes = bytes .. string.char(n & 0x7f | 0x80)
		n = n >> 7
	end
	return bytes .. string.char(n)
end

local function text(bytes)
	return "\x05" .. varint(#bytes) .. bytes
end

local function read_varint(bytes, at)
	local n, shift = 0, 0
	while true do
		local byte = bytes:byte(at)
		at, n, shift = at + 1, n | (byte & 0x7f) << shift, shift + 7
		if byte < 0x80 then
			return n, at
		end
	end
end

if what == "make" then
	local body = "\x06" .. text("text") .. text(code) .. text("chunk") .. text("=x") .. "\x07"
	local file <close> = assert(io.open(path, "w"))
	file:write(string.pack("<I4I2I2I4", #body + 12, 4, 0, 1), body)
	return
end

local file <close> = assert(io.open(path))
local all = file:read("a")
local at = 1
while at <= #all do
	local length, kind = string.unpack("<I4I2", all, at)
	local body = all:sub(at + 12, at + length - 1)
	if kind == OUTPUT then
		local _, last = body:find(STREAM, 1, true)
		local stream = body:byte(last + 1) >> 1
		_, last = body:find(BYTES, 1, true)
		local count, first = read_varint(body, last + 1)
		print(stream .. " " .. ("%q"):format(body:sub(first, first + count - 1)))
	end
	at = at + length
end
