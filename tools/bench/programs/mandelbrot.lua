-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: float
-- The Mandelbrot set: multiplication and comparison of floats.

local SIZE = 360
local inside = 0
for row = 0, SIZE - 1 do
	local ci = 2.0 * row / SIZE - 1.0
	for column = 0, SIZE - 1 do
		local cr = 2.0 * column / SIZE - 1.5
		local zr, zi = 0.0, 0.0
		local n = 0
		while n < 100 and zr * zr + zi * zi < 4.0 do
			zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
			n = n + 1
		end
		if n == 100 then
			inside = inside + 1
		end
	end
end
assert(inside > 0)
