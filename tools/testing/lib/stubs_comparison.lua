-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Compares stubs, as `stubs.read` returns them, with the kernel. `comparison.new(declared)` returns a table of
-- functions. Most of them record names that exist; `end_of_names` then checks them.

local check = require("check")

local comparison = {}

-- Operators that stubs can declare.
local OPERATORS <const> = {}
for name in ("add sub mul div mod pow unm idiv band bor bxor bnot shl shr concat len call"):gmatch("%S+") do
	OPERATORS[#OPERATORS + 1] = name
end
-- The tables in which a function that looks up the fields of an object keeps them; it calls the functions of
-- properties.
local METHODS <const>, PROPERTIES <const> = { methods = true, method_of = true }, "properties"
-- They send in hooks without waiting. They are refused where the code is not in a hook and must not sleep.
local BY_OUTBOX <const> = {
	["actor.channel.send"] = true,
	["ltask.sender.send"] = true,
	["mtmsg.buffer.addmsg"] = true,
	["workerlib.send"] = true,
}
-- Their permission depends on a field of their argument, or a function that they call asks for it.
local ASK_THEMSELVES <const> = {
	["actor.shutdown"] = true,
	["actor.spawn_vm"] = true,
	["netfilter.register"] = true,
	require = true,
	spawn_vm = true,
}
-- The names of objects in the table of permissions, where they differ from the class.
local OBJECTS <const> = {
	file = "file*",
	interruptible = "mtint.interruptible",
	["llthreads2 thread"] = "llthreads2.thread",
	runtime = "lunatik.runtime",
	["thread handle"] = "lunatik.thread",
}
-- Entries of the table that need no stub: Lua's own libraries, for which the server has stubs, functions that are not
-- for scripts, and functions that others call.
local NOT_DECLARED <const> = {}
for name in
	([[coroutine debug math string table utf8 actor.core actor.process actor.system ltask.core
	ltask.functions ltask.system]]):gmatch("%S+")
do
	NOT_DECLARED[name] = true
end
for name in
	([[assert collectgarbage dofile error getmetatable ipairs load loadfile next pairs pcall print rawequal rawget
	rawlen rawset select setmetatable tonumber tostring type warn xpcall package.searchers[1] package.searchers[2]
	linux.nf.next rcu.walk.next]]):gmatch("%S+")
do
	NOT_DECLARED[name] = true
end
-- Functions that are not for new programs.
local NOT_FOR_PROGRAMS <const> = {}
local function exclude(prefix, names)
	for name in names:gmatch("%S+") do
		NOT_FOR_PROGRAMS[prefix .. name] = true
	end
end
-- They raise an error that says what to use instead.
exclude("ltasklib.", "mainthread_run mainthread_enter mainthread_leave mainthread_yield")
exclude("ltask.bootstraplib.", "init init_timer init_socket new_service init_root post_message run deinit pushlog")
exclude("ltask.bootstraplib.", "log_sender mainthread_wait")
-- Older names, one for the root alone, and one without an effect.
exclude("ltasklib.", "walltime rasie_error request signal_handler debuglog")

local function sorted(set)
	local list = {}
	for name in pairs(set) do
		list[#list + 1] = name
	end
	table.sort(list)
	return table.concat(list, "\n")
end

local function is_public(key)
	return type(key) == "string" and not key:find("^__")
end

-- The fields of an object, by name.
local function fields_of(object)
	local fields = {}
	local function take(list, is_called)
		for key, value in pairs(list) do
			if is_public(key) then
				fields[key] = is_called or value
			end
		end
	end
	if type(object) == "table" then
		take(object)
	end
	local index = (debug.getmetatable(object) or {}).__index
	if type(index) == "table" then
		take(index)
	elseif index and debug.getinfo(index, "S").what ~= "C" then
		for i = 1, debug.getinfo(index, "u").nups do
			local name, value = debug.getupvalue(index, i)
			if METHODS[name] or name == PROPERTIES then
				take(value, name == PROPERTIES)
			end
		end
	end
	return fields
end

function comparison.new(declared)
	local compare = {}
	-- Names that were found, by class; functions that were found, by class and name; problems.
	local seen, functions = {}, {}
	local unknown, missing, wrong = {}, {}, {}

	-- Notes that a class has a field, and its value if that is known.
	local function found(class_name, name, value)
		local class = declared.classes[class_name]
		local full = class_name .. "." .. name
		seen[class_name] = seen[class_name] or {}
		local member = class and class.members[name]
		if not member then
			unknown[full] = not NOT_FOR_PROGRAMS[full] or nil
			return
		end
		seen[class_name][name] = true
		if value == nil then
			return
		elseif (type(value) == "function") ~= (member.kind ~= "field") then
			wrong[full .. " is a " .. type(value)] = true
		elseif type(value) == "function" then
			functions[full] = { value = value, member = member }
		end
	end
	compare.found = found

	-- A table is one of a class.
	function compare.has(class_name, tbl)
		seen[class_name] = seen[class_name] or {}
		for name, value in pairs(tbl) do
			if is_public(name) then
				found(class_name, name, value)
			end
		end
	end

	-- As `has`, with a list of names.
	function compare.names(class_name, names)
		seen[class_name] = seen[class_name] or {}
		for name in names:gmatch("%S+") do
			found(class_name, name)
		end
	end

	-- An object is one of a class, with fields and operators.
	function compare.is(class_name, object)
		compare.has(class_name, fields_of(object))
		local class = declared.classes[class_name] or { operators = {} }
		local metatable = debug.getmetatable(object) or {}
		for _, name in ipairs(OPERATORS) do
			if (metatable["__" .. name] ~= nil) ~= (class.operators[name] or false) then
				wrong[("%s: the operator %s"):format(class_name, name)] = true
			end
		end
	end

	-- Two tables have the same names.
	function compare.exists(what, stubs, real)
		local differ = {}
		for name in pairs(stubs) do
			differ[#differ + 1] = real[name] == nil and name .. " does not exist" or nil
		end
		for name, value in pairs(real) do
			local stub = stubs[name]
			differ[#differ + 1] = not stub and name .. " has no stub" or nil
			if stub and type(value) == "function" then
				functions[name] = { value = value, member = stub }
			end
		end
		check.same(what .. " exists if it has a stub", table.concat(differ, "\n"), "")
	end

	-- Makes a table of options that notes which of them are read. Its function `has` checks that the class has just these,
	-- `without` removes some.
	function compare.probe(values)
		local probe, asked = {}, {}
		for key in pairs(values) do
			asked[key] = true
		end
		probe.table = setmetatable(values, {
			__index = function(_, key)
				asked[key] = true
			end,
		})
		function probe.without(...)
			for _, key in ipairs({ ... }) do
				asked[key] = nil
			end
			return probe
		end
		function probe.has(class_name)
			compare.names(class_name, (sorted(asked):gsub("\n", " ")))
			for name in pairs(declared.classes[class_name].members) do
				if not asked[name] then
					missing[class_name .. "." .. name .. " is not read"] = true
				end
			end
		end
		return probe
	end

	-- Each field that the stub of a header has is there.
	local function field_of_header(class_name, name)
		if declared.classes[class_name].members[name] then
			found(class_name, name)
		else
			unknown[class_name .. "." .. name] = true
		end
	end

	-- Compares the fields of headers with those that the source of the module names: they cannot be enumerated.
	function compare.fields_of_headers(path)
		local source = assert(io.open(path)):read("a")
		local headers = 0
		for name, list in source:gmatch("const (%u[%w]*): %[Named; %d+%] = sorted%(%[(.-)%]%);") do
			headers = headers + 1
			seen["skb." .. name:lower()] = {}
			for field in list:gmatch('named%(b"([%w_]+)"') do
				field_of_header("skb." .. name:lower(), field)
			end
		end
		check.same("the source names the fields of headers", headers, 5)
	end

	-- All names have been found.
	function compare.end_of_names(not_compared)
		for name, class in pairs(declared.classes) do
			if not_compared[name] then
				check.ok(name .. " is not compared in two places", not seen[name])
			elseif not seen[name] then
				missing[name .. " at " .. class.place] = true
			else
				for key, member in pairs(class.members) do
					if not seen[name][key] and not member.is_optional then
						missing[("%s.%s at %s"):format(name, key, member.place)] = true
					end
				end
			end
		end
		check.same("what is there has a stub", sorted(unknown), "")
		check.same("what has a stub is there", sorted(missing), "")
		check.same("functions are functions", sorted(wrong), "")
	end

	-- Permissions ------------------------------------------------------------------------------------------------

	-- The text of the stub for a function that the table of permissions names; nil if it has none.
	local function text_of(name)
		local owner, key = name:match("^(.*)%.([%w_]+)$")
		local member
		if not owner then
			member = declared.globals[name]
		elseif key:find("^__") then
			-- A metamethod needs the permission of the whole object.
			local class = declared.classes[OBJECTS[owner] or owner]
			return class and class.doc
		else
			local object = owner:match("^(.*)%.__index$")
			local class = declared.classes[object and (OBJECTS[object] or object) or declared.modules[owner]]
			member = class and class.members[key]
		end
		return member and member.doc
	end

	-- Whether a function needs no stub. Functions that open a module, and metamethods, have none.
	local function needs_none(name)
		local owner, key = name:match("^(.*)%.([%w_]+)$")
		if NOT_DECLARED[name] or not owner then
			return NOT_DECLARED[name]
		elseif NOT_DECLARED[owner] or key:find("^__") or name:find("^package%.preload%.") then
			return true
		end
		return NOT_FOR_PROGRAMS[(declared.modules[owner] or owner) .. "." .. key]
	end

	-- Each stub states the permission that its function needs.
	function compare.permissions(needs)
		local differ, known = {}, 0
		for name, permissions in pairs(needs) do
			local text = text_of(name)
			if not text then
				differ[#differ + 1] = not needs_none(name) and name .. " has no stub" or nil
			elseif permissions[1] then
				known = known + 1
				for _, permission in ipairs(permissions) do
					if not text:find("`" .. permission .. "`", 1, true) then
						differ[#differ + 1] = ("%s needs %s"):format(name, permission)
					end
				end
			elseif text:find("[Nn]eeds the permission") and not (ASK_THEMSELVES[name] or name:find("%.__%l+$")) then
				differ[#differ + 1] = name .. " needs no permission"
			end
		end
		check.same("stubs say which permissions functions need", table.concat(differ, "\n"), "")
		check.ok("many need one", known > 30, known)
	end

	-- Hooks ------------------------------------------------------------------------------------------------------

	-- The stubs of C and Rust functions that may be called where the code must not sleep say so, and no others do.
	function compare.hooks(atomically)
		local differ, works = {}, 0
		for name, entry in pairs(functions) do
			local says = entry.member.doc:find("Works in hooks", 1, true) ~= nil
			local may = false
			if BY_OUTBOX[name] then
				may = true
			elseif debug.getinfo(entry.value, "S").what == "C" then
				local _, message = pcall(atomically, entry.value)
				may = not tostring(message):find("not in atomic context", 1, true)
			end
			works = works + (may and 1 or 0)
			-- In hooks it returns loaded modules.
			if may ~= says and name ~= "require" then
				differ[#differ + 1] = name .. (may and " works in hooks" or " does not work in hooks")
			end
		end
		check.same("stubs say which functions work in hooks", table.concat(differ, "\n"), "")
		return works
	end

	return compare
end

return comparison
