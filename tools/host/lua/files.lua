-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The files of modules. The chunk gets the native functions and the places that the kernel has told. It returns a
-- table: `path` and `folder` are those of the actor's module, `load_main` returns its function, and `source` is the
-- `system.source` of the library.

local native, places = ...
local read_file = native.read_file
local error, load, select = error, load, select
local concat = table.concat
local gsub, match, sub = string.gsub, string.match, string.sub
local package, globals = package, _G

-- Where scripts lie that have no file, as in the kernel.
local USUAL_ROOT <const> = "/lib/modules/lua"

local files = { path = "", folder = "" }

-- The text of a file as Lua code; nil if there is no such file.
local function read(path)
	local text, err = read_file(path)
	if err then
		error(err, 0)
	elseif text and sub(text, 1, 1) == "#" then
		-- The first line is for those who start the file as a program.
		text = "--" .. text
	end
	return text
end

-- Returns the path and the text of the first of these files that exists; nothing, if none does.
function files.source(...)
	for i = 1, select("#", ...) do
		local path = (select(i, ...))
		local text = read(path)
		if text then
			return path, text
		end
	end
end

-- The path for what `spawn_vm` was told.
local function path_of(name)
	if name == "." then
		name = places.entry
		if sub(name, 1, 1) ~= "/" then
			-- The tool was given a relative path, which means nothing here.
			name = match(name, "[^/]*$")
		end
	end
	if name == "" then
		error(
			"this actor has no module: the script that has made it gave an empty name, or gave \".\" and has no file",
			0
		)
	elseif sub(name, 1, 1) == "/" then
		return name
	end
	local root = places.directory ~= "" and places.directory or USUAL_ROOT
	return gsub(root, "/$", "") .. "/" .. gsub(name, "^%./", "")
end

function files.load_main()
	local wanted = path_of(places.module)
	local names = { wanted, wanted .. ".lua", wanted .. "/init.lua" }
	local path, text = files.source(names[1], names[2], names[3])
	if not path then
		error(("the module of this actor was not found: there is no file %s"):format(concat(names, ", ")), 0)
	end
	files.path, files.folder = path, match(path, "^(.*)/[^/]*$")
	package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(files.folder, files.folder, package.path)
	globals.arg = { [-1] = "actor", [0] = path }
	local chunk, err = load(text, "@" .. path, "t")
	return chunk or error(err, 0)
end

return files
