-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Finds the code of a service by its name, as `require` finds modules. Returns the main chunk, or nil and why there is
-- none.

local name, path = ...
local builtin = { logger = true, root = true, timer = true }

if builtin[name] and not package.searchpath(name, path or package.path) then
	return require("ltask.core").part(name)
end
local file, err = package.searchpath(name, path or package.path)
if not file then
	return nil, err
end
return loadfile(file)
