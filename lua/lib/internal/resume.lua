-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Runs the body of a runtime as a coroutine: each resume goes on where the body has yielded, and calls it
-- again once it has returned.

local create, resume, status = coroutine.create, coroutine.resume, coroutine.status
local error = error
local current

local function finish(ok, ...)
	if ok then
		return ...
	end
	error((...), 0)
end

return function(body, ...)
	if not current or status(current) == "dead" then
		current = create(body)
	end
	return finish(resume(current, ...))
end
