-- SPDX-License-Identifier: GPL-2.0-only OR MIT
load(function()
	return "x = 1 "
end)
while true do
	load(("x = 1 "):rep(200000))
end
