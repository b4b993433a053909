-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- A loop whose iterator is a C function.

return function()
	for _ in rawlen, "x" do
	end
end
