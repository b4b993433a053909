-- SPDX-License-Identifier: GPL-2.0-only OR MIT
-- Objects that live until the end.

objects = {}
for i = 1, 200000 do
	objects[i] = { i }
end
