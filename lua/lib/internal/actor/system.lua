-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The module `system` of actors. The chunk gets what the parts share.

local runtime = ...
local errors, fibers = runtime.errors, runtime.fibers
local native = runtime.core.system()
local error, math_type = error, math.type

local system = {}

-- Ends this actor at once: no cleanup handlers run. With another code than 0, that is a failure. Only the master may
-- give options.
function system.exit(code, options)
	code = code == nil and 0 or code
	if math_type(code) ~= "integer" then
		error(errors.errno("EINVAL", { arg = 1 }))
	elseif options ~= nil and not native.is_master() then
		error(errors.errno("EPERM"))
	end
	-- The code is that of the script: of others it says nothing.
	if code == 0 or not native.is_master() then
		native.exit()
	end
	fibers.fail(("exited with code %d"):format(code))
end

return system
