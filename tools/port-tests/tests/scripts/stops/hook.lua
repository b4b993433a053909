-- SPDX-License-Identifier: GPL-2.0-only OR MIT
debug.sethook(function()
	while true do
	end
end, "crl", 1)
while true do
	pcall(print)
end
