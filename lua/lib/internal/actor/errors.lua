-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Errors of actors. The chunk gets the native core, and returns a table of functions that make errors:
-- `core(name, extras)`, `errno(name, extras)`, `json(name, extras)`, `lua(name, extras)` and `system(name, extras)`.
-- `extras` is a table of further fields, which becomes the error. `is_interrupted(err)` says whether a value is the
-- error `interrupted`.
--
-- Most actors raise few errors, so the functions are loaded when one is used.

local core = ...
local setmetatable = setmetatable

-- There is room for the functions, so that they come together or, without memory, not at all.
local errors = { core = nil, errno = nil, json = nil, lua = nil, system = nil, is_interrupted = nil }
local loader = {}

function loader.__index(_, name)
	core.part("error_objects")(core, errors)
	setmetatable(errors, nil)
	return errors[name]
end

return setmetatable(errors, loader)
