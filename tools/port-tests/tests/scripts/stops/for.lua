-- SPDX-License-Identifier: GPL-2.0-only OR MIT
for _ = 1, math.huge do
end
for _ in
	function()
		return 1
	end
do
end
