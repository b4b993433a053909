-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `system` in a process. The chunk gets what the parts share.

local runtime = ...
local errors, fibers = runtime.errors, runtime.fibers
local exit = runtime.core.system().native.exit
local error, math_type = error, math.type

local system = {}

-- Ends this actor at once: no cleanup handlers run. The code is the exit status of the process.
function system.exit(code)
	code = code == nil and 0 or code
	if math_type(code) ~= "integer" then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	exit(code)
	fibers.fail(("exited with code %d"):format(code))
end

return system
