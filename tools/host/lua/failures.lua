-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Errors of system calls. The chunk gets what all parts get (see fibers.lua of the library).

local _, errors = ...
local error = error

local failures = {}

-- Raises the error of this number, of the category "system".
function failures.fail(number, extras)
	error(errors.system(number, extras), 0)
end

return failures
