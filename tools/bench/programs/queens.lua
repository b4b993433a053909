-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- kind: plain
-- The N queens problem by backtracking.

local N = 8
local solutions = 0

local function is_free(board, row, column)
	for i = 1, row - 1 do
		local other = board[i]
		if other == column or other - i == column - row or other + i == column + row then
			return false
		end
	end
	return true
end

local function place(board, row)
	if row > N then
		solutions = solutions + 1
		return
	end
	for column = 1, N do
		if is_free(board, row, column) then
			board[row] = column
			place(board, row + 1)
		end
	end
end

for _ = 1, 150 do
	place({}, 1)
end
assert(solutions == 150 * 92)
