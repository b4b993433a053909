-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- `spawn_vm` and `spawn_context_threads` in a process: it hosts one actor, on one thread. The chunk gets what the parts
-- share.

local errors = (...).errors
local error, type = error, type

local spawn = {}

function spawn.spawn_vm(options)
	if type(options) ~= "string" and type(options) ~= "table" then
		error(errors.errno("EINVAL", { arg = 1 }))
	end
	error(errors.errno("EPERM"))
end

function spawn.spawn_context_threads(count)
	if type(count) ~= "number" then
		local kind = count == nil and "no value" or type(count)
		error(("bad argument #1 to 'spawn_context_threads' (number expected, got %s)"):format(kind), 3)
	end
	error(errors.errno("ENOTSUP"))
end

return spawn
