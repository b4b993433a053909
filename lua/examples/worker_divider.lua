-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A worker: divides by what it is given, which may be zero. Started by worker_errors.lua.

local dividend, divisors = ...

for _, divisor in ipairs(divisors) do
	worker.message(dividend // divisor)
end
