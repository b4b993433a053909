-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A user-space actor that runs code which it is sent. Long code comes in pieces: `more`, and at last `code`. The chunk
-- gets `value`. What it returns goes to the address in the first message, or what its error is.

local inbox = require("inbox")
local home = inbox:receive()
local pieces = {}
local globals = setmetatable({ home = home, inbox = inbox }, { __index = _G })

-- What a message can carry of an error.
local function describe(err)
	if type(err) == "table" and type(err.category) == "userdata" then
		return { failed = true, category = err.category:name(), code = err.code, arg = err.arg and tostring(err.arg) }
	end
	return { failed = true, text = tostring(err):sub(1, 200) }
end

while true do
	local good, order = pcall(inbox.receive, inbox)
	if not good then
		break
	elseif order.more then
		pieces[#pieces + 1] = order.more
	else
		local code = table.concat(pieces) .. order.code
		pieces = {}
		local chunk, err = load(code, "=order", "t", globals)
		local done, value
		if chunk then
			done, value = pcall(chunk, order.value)
		else
			value = err
		end
		if not done then
			home:send(describe(value))
		elseif value == nil then
			home:send({ done = true })
		else
			home:send({ done = true, value = value })
		end
	end
end
