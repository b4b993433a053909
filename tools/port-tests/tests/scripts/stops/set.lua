-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local s = ("a"):rep(2000000)
print(s:find("[" .. ("b"):rep(1000000) .. "a]*c"))
