-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Interrupts of single threads of Lua, within one runtime: each rule of the module. The argument is the folder
-- tools/testing. The checks are in mtint_*.lua beside this file, which are given what they have in common.

local folder = ...
local common = {
	check = dofile(folder .. "/lib/check.lua"),
	mtint = require("mtint"),
	INTERRUPTED = "mtint.error.interrupted",
}

-- What a protected call gives, as one text.
function common.said(fn, ...)
	return common.check.joined(pcall(fn, ...))
end

-- Interrupts the running thread.
function common.interrupt_me(flag)
	return common.mtint.interrupt(common.mtint.id(), flag)
end

for _, part in ipairs({ "rules", "handlers", "ends" }) do
	assert(loadfile(("%s/lua/mtint_%s.lua"):format(folder, part)))(common)
end
