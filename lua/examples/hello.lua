-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Says hello from the kernel.
--
--	lunatik run hello.lua
--	lunatik run --name greeter hello.lua Ada Grace
--	lunatik stop hello greeter

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
