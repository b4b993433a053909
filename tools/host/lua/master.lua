-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What only the master may do. The actor of a process is its master, but has no other scripts to stop. The chunk gets
-- what the parts share.

local errors = (...).errors
local error = error

local master = {}

function master.is_master()
	return true
end

function master.shutdown()
	error(errors.errno("ENOTSUP"))
end

return master
