-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Says hello from the kernel.
--
--	lunatik run hello.lua
--	lunatik run --name greeter hello.lua Ada Grace
--
-- It leaves nothing behind that could call it, so it ends when it has said hello.

local lunatik = require("lunatik")
local linux = require("linux")

local names = { ... }
if #names == 0 then
	names[1] = "world"
end

for _, name in ipairs(names) do
	print("Hello, " .. name .. "!")
end
print(("This is %s with %s on CPU %d of %d."):format(lunatik._VERSION, _VERSION, linux.cpu(), linux.numcpus()))
