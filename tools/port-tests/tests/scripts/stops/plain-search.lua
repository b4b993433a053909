-- SPDX-License-Identifier: GPL-2.0-only OR MIT
local s = ("a"):rep(2000000)
print(s:find(("a"):rep(1000000) .. "b", 1, true))
