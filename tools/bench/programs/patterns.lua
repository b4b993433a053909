-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: allocating
-- Pattern matching: find, match, gmatch, gsub.

local text = ("The quick brown fox jumps over the lazy dog; 12345 + 67890 = 80235, key = value. "):rep(200)
local count = 0
for _ = 1, 80 do
	for word in text:gmatch("%a+") do
		count = count + #word
	end
	local _, replaced = text:gsub("(%w+) = (%w+)", "%2 = %1")
	count = count + replaced
	_, replaced = text:gsub("%d", function(digit)
		return digit + 1
	end)
	count = count + replaced
	local at = 1
	while at do
		at = text:find("lazy", at + 1, true)
		count = count + 1
	end
	assert(not text:find("%d+ %- %d+"))
	assert(not text:match("^.-(%u%u)$"))
end
assert(count > 0)
