-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- How the names of modules lead to files. The chunk gets the native core and the errors, and returns `importer`, which
-- finds out which file calls, and `candidates`.
--
-- The script and every `init.lua` are modules with children: "./x" is a file in their folder. All other files are
-- leaves, whose siblings are "../x".

local core, errors = ...
local places = core.system().places
local getinfo = debug.getinfo
local error = error
local find, gmatch, match, sub = string.find, string.gmatch, string.match, string.sub

-- Where scripts lie that have no file.
local USUAL_ROOT <const> = "/lib/modules/lua"

local modules = {}

-- The file that has called the function at `level`, which is counted from the caller of this one; nil, if the code is
-- not in a file. `own` is the answer if a tail call has taken the place of the caller.
function modules.importer(level, own)
	level = level + 1
	if getinfo(level, "t").istailcall then
		return own
	end
	while true do
		level = level + 1
		local info = getinfo(level, "S")
		if not info then
			return nil
		end
		local mark = sub(info.source, 1, 1)
		if mark == "@" then
			return sub(info.source, 2)
		elseif info.what ~= "C" and not find(info.source, "^=%[lib ") then
			return nil
		end
	end
end

local function invalid()
	error(errors.core("invalid_module_name"))
end

-- Checks what follows the beginning of a name: names of files and folders, with slashes in between.
local function check_rest(rest)
	if rest == "" or find(rest, "^/") or find(rest, "/$") or find(rest, "//", 1, true) or find(rest, "\0", 1, true) then
		invalid()
	end
	for part in gmatch(rest, "[^/]+") do
		if part == "." or part == ".." then
			invalid()
		end
	end
end

local function parent(folder)
	return match(folder, "^(.*)/[^/]*$")
end

local function is_below(folder, root)
	return folder == root or sub(folder, 1, #root + 1) == root .. "/"
end

-- The folder above, which must not be above the root.
local function climb(folder, root)
	local above = parent(folder)
	if not above or is_below(folder, root) and not is_below(above, root) then
		error(errors.core("root_cannot_import_parent"))
	end
	return above
end

local function files(folder, rest)
	check_rest(rest)
	local path = folder .. "/" .. rest
	return path .. ".lua", path .. "/init.lua"
end

-- The paths of the files that the module `name` may be in, if the file `importer` names it; nothing, if it is no name
-- of a file.
function modules.candidates(name, importer)
	local root, entry = places()
	root = root ~= "" and root or USUAL_ROOT
	if sub(name, 1, 1) == "/" then
		return files(root, sub(name, 2))
	end
	if name ~= "." and not find(name, "^%.%.?/") then
		return nil
	end
	if not importer then
		error(errors.core("current_module_not_known"))
	end
	local has_children = importer == entry or find(importer, "/init%.lua$")
	if importer == entry and sub(importer, 1, 1) ~= "/" then
		-- The tool was given a relative path, which means nothing here.
		importer = root .. "/" .. match(importer, "[^/]*$")
	end
	if name == "." then
		return importer
	end
	local folder = parent(importer) or root
	if sub(name, 1, 2) == "./" then
		if not has_children then
			error(errors.core("leaf_cannot_import_child"))
		end
		return files(folder, sub(name, 3))
	end
	local rest = sub(name, 4)
	folder = has_children and climb(folder, root) or folder
	while sub(rest, 1, 3) == "../" do
		folder, rest = climb(folder, root), sub(rest, 4)
	end
	return files(folder, rest)
end

return modules
