-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The script that stop_sizes.lua spawns: it calls one function of a library with arguments of one size, either one set
-- of arguments after the other or one set repeatedly. `progress` in the table of all runtimes shows how far it has got.
--
-- Functions are found at run time: in the globals, in all modules that can be required, in the metatables of their
-- objects and in the values that they return. So new functions are called, too.

local linux, rcu, mtmsg, mtint, thread, lunatik =
	require("linux"), require("rcu"), require("mtmsg"), require("mtint"), require("thread"), require("lunatik")
local shared = lunatik._ENV
local ktime, rep, collect, pcall, create, char = linux.ktime, string.rep, collectgarbage, pcall, coroutine.create, string.char

-- It would end other scripts, among them the one that measures.
local LEFT_OUT = { ["actor.shutdown"] = true, ["lunatik.runner.shutdown"] = true }

local functions, names, seen, objects = {}, {}, {}, {}
local function add(path, value, object)
	if seen[value] or LEFT_OUT[path] or path:find("^lunatik%.testing") then
		return
	end
	if type(value) == "function" then
		seen[value] = true
		names[#names + 1] = path
		functions[path], objects[path] = value, object
	elseif type(value) == "table" and value ~= package.loaded and value ~= package.preload then
		seen[value] = true
		for key, member in pairs(value) do
			if type(key) == "string" then
				add(path == "_G" and key or path .. "." .. key, member, object)
			end
		end
	end
end
add("_G", _G)
for name in pairs(package.preload) do
	if name ~= "lunatik.testing" then
		add(name, require(name))
	end
end
for index, searcher in ipairs(package.searchers) do
	add("package.searchers." .. index, searcher)
end

-- Objects of all kinds that the libraries make.
local file <const> = io.tmpfile()
local table_of_all = rcu.table(16)
local made = {
	{ "file", file },
	{ "rcu", table_of_all },
	{ "counter", require("percpu").counter("stop_sizes") },
	{ "histogram", require("percpu").histogram("stop_sizes.values") },
	{ "buffer", mtmsg.newbuffer() },
	{ "interruptible", mtint.interruptible(mtint.id()) },
	{ "llthread", require("llthreads2.ex").new("return 1") },
	{ "constants", linux.nf },
	{ "string", "x" },
	{ "thread", thread.current() },
	{ "runtime", lunatik.runtime("stop_sizes_idle") },
}
for _, entry in ipairs(made) do
	local object = entry[2]
	local metatable = debug.getmetatable(object)
	if type(metatable) == "table" then
		add(entry[1], metatable, object)
		add(entry[1] .. ".__index", type(metatable.__index) == "table" and debug.getmetatable(metatable.__index) or {}, object)
	end
end
add("gmatch", (string.gmatch("x", "x")))
add("wrap", coroutine.wrap(function() end))
add("lines", io.lines("/proc/version"))
add("pairs", (pairs(table_of_all)), table_of_all)
add("next_constant", (pairs(linux.nf)), linux.nf)
table.sort(names)

local path, size, thin, first, only = ...
if path == "list" then
	shared.names = table.concat(names, "\n")
	return function() end
end
local fn, object = functions[path], objects[path]

-- The worst known contents for patterns, paths, names, numbers, source text, UTF-8 ……
local CONTENTS = { "a", "\xff", "\n", "?", ";", "%", "[", "(", "1", " ", "\0", "*", "-", ".", "=", "%a*", "f(", "{{", "\\", "z" }
local text, text_of
local function big(content)
	if text_of ~= content then
		text = nil
		collect()
		text, text_of = rep(content, size // #content), content
	end
	return text
end
local list
local function long()
	if not list then
		list = {}
		for i = 1, size // 16 do
			list[i] = i
		end
	end
	return list
end
local function named(content)
	return setmetatable({}, { __name = big(content), __mode = big(content) })
end
local function reader(content)
	return function()
		return big(content)
	end
end

-- The slowest arguments for some functions. Each entry returns the arguments of a call.
local SPECIAL = {
	["string.rep"] = {
		function()
			return "", size * 1000000
		end,
		function()
			return "a", size, ","
		end,
	},
	["string.find"] = {
		function()
			return big("a"), rep("a-", 15) .. "b"
		end,
		function()
			return big("a"), rep("a", size // 2) .. "b", 1, true
		end,
		function()
			return big("("), "%b()"
		end,
		function()
			return big("a"), "[" .. big("a") .. "]-b"
		end,
	},
	["string.gsub"] = {
		function()
			return big("a"), "", big("a")
		end,
		function()
			return big("a"), ".", rep("%0", 100)
		end,
	},
	["string.format"] = {
		function()
			return rep("%s", size // 2), "x"
		end,
		function()
			return "%q%s", big("\0"), big("a")
		end,
	},
	["string.pack"] = {
		function()
			return rep("i16", size // 3), table.unpack(long(), 1, 100)
		end,
		function()
			return rep("!16Xi16", size // 7)
		end,
		function()
			return "z", big("a")
		end,
	},
	["string.unpack"] = {
		function()
			return rep("b", size), big("a")
		end,
	},
	["table.concat"] = {
		function()
			return long(), big("a")
		end,
	},
	["table.sort"] = {
		function()
			return long(), function()
				return true
			end
		end,
		function()
			return setmetatable({}, {
				__len = function()
					return size
				end,
				__index = function(_, i)
					return i % 7
				end,
				__newindex = function() end,
			})
		end,
	},
	["package.searchpath"] = {
		function()
			return big("."), "/x"
		end,
		function()
			return "x", big(";")
		end,
		function()
			return big("a"), rep("?", size), ""
		end,
		function()
			return big("a"), "?", rep("a", size // 2) .. "b", "x"
		end,
	},
	["load"] = {
		function()
			return reader("a")
		end,
		function()
			return "x = " .. rep("{", 150) .. big("1")
		end,
		function()
			return "--[[" .. big("]=")
		end,
		function()
			return load("error('x')", big("a"))
		end,
	},
	["pledge"] = {
		function()
			return "env=" .. big("[")
		end,
		function()
			return big("=")
		end,
	},
	["os.getenv"] = {
		function()
			pcall(pledge, "env=*" .. rep("[", 1000) .. "b")
			return rep("[", 4096)
		end,
	},
	["collectgarbage"] = {
		function()
			local tables = {}
			for i = 1, 100 do
				tables[i] = named("a")
			end
			return "collect", tables
		end,
	},
	["os.date"] = {
		function()
			return rep("%c", size // 2)
		end,
	},
}

-- Sets of arguments: the special sets, then each shape with each content.
local SHAPES = {
	function(s)
		return s
	end,
	function(s)
		return s, s, s, s
	end,
	function(s)
		return "a", s, s
	end,
	function(s)
		return s, 1, size
	end,
	function(s)
		return s, "b", s
	end,
	function(s)
		return long(), s, 1, size
	end,
	function(s)
		return long(), 1, size // 16, 2, { s }
	end,
	function(s, c)
		return named(c), named(c)
	end,
	function(s)
		return print, s, s
	end,
	function(s)
		return object, s, s, s
	end,
	function(s)
		return object, long(), s
	end,
	function(s, c)
		return object, named(c), s
	end,
	function(s)
		return size, s
	end,
	function(s)
		return { name = s, s, [s] = s }, s
	end,
	function(s)
		return { {}, s }, { s }
	end,
}
local sets = {}
for _, special in ipairs(SPECIAL[path] or {}) do
	sets[#sets + 1] = special
end
-- Each function gets different contents, so that all contents occur even if each function gets only one in several.
for number, content in ipairs(CONTENTS) do
	if (number + #path) % thin == 0 then
		for _, shape in ipairs(SHAPES) do
			sets[#sets + 1] = function()
				return shape(big(content), content)
			end
		end
	end
end

return function()
	shared.sets = #sets
	for index = first, only and first or #sets do
		local arguments = sets[index]
		repeat
			-- Making the arguments is not measured, but can be stopped, too.
			local good, called = pcall(function()
				return table.pack(arguments())
			end)
			if good then
				shared.progress = index
				shared.began = ktime()
				pcall(fn, table.unpack(called, 1, called.n))
				local took = ktime() - shared.began
				shared.began = 0
				if not only and took > shared.longest then
					shared.longest, shared.slowest = took, index
				end
			end
		until not only
		-- The call may have changed values that all calls need.
		if string.rep ~= rep then
			string.rep = rep
		end
		if path:find("^debug%.set") or path:find("^setmeta") then
			debug.setmetatable("", { __index = string })
		end
	end
	shared.done = true
end
