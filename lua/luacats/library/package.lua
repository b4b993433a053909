-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta package

-- The library `package` as it is in the kernel: without `loadlib`.

---How modules are found.
---@class packagelib
---@field config string Characters that paths are made of.
---@field cpath string Empty: there are no libraries in C.
---@field loaded table<string, any> Modules that the script has required.
---@field path string Where files are searched: the folder of the script, then /lib/modules/lua.
---@field preload table<string, function> Loaders of built-in modules.
---@field searchers function[] Two functions: one for `preload`, one for files.
package = {}

---Returns a module, and loads it when it is first required. Built-in modules come before files.
---In hooks it returns what is loaded.
---Needs the permissions `load`, and `fs:read` for the file, of a module in a file that is not loaded.
---@param modname string The name.
---@return any module
---@return any extra The second argument of its loader.
function require(modname) end

---Returns the first file that exists, or nil and a message.
---Needs the permission `fs:read` for the files.
---@param name string The name.
---@param path string Patterns, separated by ";".
---@param sep? string The text to replace in the name, "." unless given.
---@param rep? string Its replacement, "/" unless given.
---@return string?
---@return string? message
function package.searchpath(name, path, sep, rep) end

return package
