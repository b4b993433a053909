-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: how spawn_vm finds modules, and _CONTEXT (sections 2.3 and 2.4). This file is also an actor,
-- and tells who it is then. There is no context "test", because there is no option --test.

local inbox = require("inbox")
if _CONTEXT == "worker" then
	inbox:receive():send("part " .. _CONTEXT)
	return
end

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local same, ok = check.same, check.ok
local failure, user, eval = common.failure, common.user, common.eval

-- Who answers when this file spawns the module, or the name of the error.
local function answer(module)
	local good, address = pcall(function()
		local result = spawn_vm(module)
		return result
	end)
	if not good then
		return common.name_of(address)
	end
	address:send(inbox)
	return inbox:receive()
end

-- The actors that spawn modules for the checks, by the names of their files.
local spawners = {}
local function spawner(module)
	if not spawners[module] then
		local address = spawn_vm("/actors/modules" .. module)
		address:send(inbox)
		inbox:receive()
		address:send(folder)
		spawners[module] = address
	end
	return spawners[module]
end

-- The same when the file `from` spawns it.
local function answer_from(from, module)
	spawner(from):send({ module = module, reply = inbox })
	local result = inbox:receive()
	if type(result) == "string" then
		return result
	end
	result:send(inbox)
	local text = inbox:receive()
	result:close()
	return text
end

-- 2.3: relative to the import root.
same("2.3: a file below the import root", answer("/actors/modules/sibling"), "sibling worker")
same("2.3: a directory below the import root", answer("/actors/modules/dir"), "dir/init worker")
same("2.3: a file comes before a directory", answer("/actors/modules/both"), "both worker")
for _, from in ipairs({ "init", "leaf", "dir" }) do
	local name = from == "init" and "" or "/" .. from
	same(
		("2.3: the root is that of the program, for %s"):format(from),
		answer_from(name, "/actors/modules/sibling"),
		"sibling worker"
	)
end
same("2.3: a module must be found", answer("/actors/modules/nosuch"), "module_not_found")
same("2.3: also relative to a file", answer("../nosuch"), "module_not_found")
do
	local good, err = pcall(spawn_vm, "/actors/modules/nosuch")
	same("2.3: the error has the module", not good and err.module, "/actors/modules/nosuch")
end

-- 2.3: the calling file itself.
same("2.3: '.' is the calling file", answer("."), "part worker")
same("2.3: also of an actor", answer_from("/leaf", "."), "leaf worker")
same("2.3: also of a directory module", answer_from("", "."), "init worker")

-- 2.3: children and siblings. This file is a leaf: another file is the program's entry.
same("2.3: a leaf has siblings", answer("../actors/modules/sibling"), "sibling worker")
same("2.3: a leaf cannot import children", answer("./actors/modules/sibling"), "leaf_cannot_import_child")
same("2.3: also if they exist", answer_from("/leaf", "./child"), "leaf_cannot_import_child")
same("2.3: siblings of a leaf in a directory", answer_from("/leaf", "../sibling"), "sibling worker")
same("2.3: and their children", answer_from("/leaf", "../dir/child"), "dir/child worker")
same("2.3: and the parent's siblings", answer_from("/leaf", "../../modules/sibling"), "sibling worker")
same("2.3: a directory module has children", answer_from("", "./sibling"), "sibling worker")
same("2.3: in files", answer_from("/dir", "./child"), "dir/child worker")
same("2.3: and in directories", answer_from("/dir", "./deep"), "dir/deep/init worker")
same("2.3: whose siblings are beside the directory", answer_from("/dir", "../sibling"), "sibling worker")
same("2.3: a file comes before a directory for children, too", answer_from("", "./both"), "both worker")
same("2.3: a child must be found", answer_from("/dir", "./sibling"), "module_not_found")
same("2.3: above the root is nothing", answer("../../lua/actors/modules/sibling"), "root_cannot_import_parent")
same("2.3: from deeper, neither", answer_from("/leaf", "../../../../x"), "root_cannot_import_parent")

-- 2.3: other names.
for _, name in ipairs({ "actors", "inbox", "actors/code", "" }) do
	same(("2.3: '%s' is no module's name"):format(name), answer(name), "invalid_module_name")
end
do
	local fn = assert(load("local result = spawn_vm(...) return result", "=(no file)"))
	same("2.3: code without a file has no '.'", failure(fn, "."), "current_module_not_known")
	same("2.3: nor siblings", failure(fn, "../actor_spawn"), "current_module_not_known")
end

-- 2.4.
same("2.4: the first VM has the context main", _CONTEXT, "main")
do
	local module = require("actors.context")
	same("2.4: modules that it requires have the empty one", module.context, "")
	ok("2.4: and the functions of actors", module.globals)
	same("2.4: which does not change its own", _CONTEXT, "main")
end
do
	local address = user()
	same("2.4: a spawned actor has the context worker", eval(address, "return _CONTEXT"), "worker")
	local context, globals, after = eval(
		address,
		[[
			local module = require("actors.context")
			return module.context, module.globals, _CONTEXT
		]]
	)
	same("2.4: modules that it requires have the empty one, too", context, "")
	ok("2.4: and the functions of actors, too", globals)
	same("2.4: which does not change its own, either", after, "worker")
end
for _, address in pairs(spawners) do
	address:close()
end
