-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that opens a file for writing, and tells how that went.

local home = require("inbox"):receive()
local good, file = pcall(io.open, "/dev/null", "w")
home:send(good and file and "opened" or tostring(file):match("permission \"[^\"]*\" denied"))
