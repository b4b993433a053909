-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks each rule of the module for interrupts of single Lua threads, within one runtime. The argument is the folder
-- tools/testing. The checks are in mtint_*.lua beside this file, which get the common functions as an argument.

local folder = ...
local common = {
	check = dofile(folder .. "/lib/check.lua"),
	mtint = require("mtint"),
	INTERRUPTED = "mtint.error.interrupted",
}

-- The results of a protected call, as one text.
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
