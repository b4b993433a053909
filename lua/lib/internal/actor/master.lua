-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What only the master may do. The chunk gets what the parts share.

local runtime = ...
local core, errors = runtime.core, runtime.errors
local is_master = core.system().is_master
local require = require
local error = error

local master = {}

-- Whether this actor is the master of the script's actors.
function master.is_master()
	return is_master()
end

-- Stops all scripts that this one may stop, as `runner.shutdown()` of "lunatik.runner" does.
function master.shutdown()
	if not is_master() then
		error(errors.errno("EPERM"))
	end
	require("lunatik.runner").shutdown()
end

return master
