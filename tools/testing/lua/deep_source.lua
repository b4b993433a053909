-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Compiles texts that are too deep, while the kernel's stack is measured. Arguments: the folder tools/testing, the
-- number of the part to run, and the number of parts. Needs the module parameter testing=1.

local folder, part, parts = ...
local check = dofile(folder .. "/lib/check.lua")
local deep = dofile(folder .. "/lib/deep_source.lua")
local testing = require("lunatik.testing")

-- The least stack that was left when a text was compiled to its end, or to the error.
local least = math.maxinteger
local function watched(text)
	testing.paint_stack()
	local chunk, message = load(text)
	least = math.min(least, testing.painted_left())
	return chunk, message
end

local name = ("part %s of %s"):format(part, parts)
local texts, compiled, overflows, wrong = deep.try_all(watched, math.tointeger(part), math.tointeger(parts))
print(("%s: %d texts, %d compiled, %d were too deep, at least %d bytes left"):format(name, texts, compiled, overflows, least))
check.same(name .. ": each text compiles, or says what is wrong", table.concat(wrong, "\n"), "")
check.ok(name .. ": some compile", compiled > texts // 10, compiled)
check.ok(name .. ": some are too deep", overflows > texts // 10, overflows)
check.ok(name .. ": 2048 bytes of stack are left", least >= 2048, least)

-- The same without segments: fewer texts compile.
texts, compiled, overflows, wrong = testing.without_segments(function()
	return deep.try_all(watched, math.tointeger(part), math.tointeger(parts))
end)
check.same(name .. ", without segments: each text compiles, or says what is wrong", table.concat(wrong, "\n"), "")
check.ok(name .. ", without segments: some compile", compiled > 0, compiled)
check.ok(name .. ", without segments: 2048 bytes of stack are left", least >= 2048, least)
