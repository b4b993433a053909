-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A part of processes_device.lua: evaluates code, in a process of user space.

local inbox = require("inbox")

-- Results as one text.
local function show(ok, ...)
	local texts = table.pack(...)
	for i = 1, texts.n do
		texts[i] = tostring(texts[i])
	end
	return (ok and "" or "error: ") .. table.concat(texts, "\t")
end

local function evaluate(text)
	local chunk = load("return " .. text, "=eval")
	local message
	if not chunk then
		chunk, message = load(text, "=eval")
	end
	return chunk and show(pcall(chunk)) or "error: " .. message
end

while true do
	local request = inbox:receive()
	local text = evaluate(request.text)
	request.reply:send({ number = request.number, text = text:sub(1, 255) })
	request.reply:close()
end
