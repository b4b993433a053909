-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- JSON both ways, with the example's library.

local folder = ...
local json = dofile(folder .. "/../../lua/examples/json.lua")
local document = {}
for i = 1, 200 do
	document[i] = {
		id = i,
		name = "entry number " .. i,
		tags = { "red", "green", 'blue "quoted"' },
		nested = { flag = i % 2 == 0, numbers = { i, i * 2, i * 3 }, text = "line\nbreak" },
	}
end
for _ = 1, 55 do
	local text = json.encode(document)
	local back = json.decode(text)
	assert(#back == 200 and back[200].nested.numbers[3] == 600)
end
