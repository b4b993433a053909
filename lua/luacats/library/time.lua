-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta time

---Time in actors.
---@class timelib
local time = {}

---Suspends the fiber for at least this time.
---Raises `EDOM` for a time that is negative, infinite or no number, and `EOVERFLOW` for more than 146 years.
---@async
---@param seconds number How long, in seconds.
function time.sleep(seconds) end

---Returns the seconds of a clock that never goes back.
---@return number
function time.now() end

return time
