-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Conformance of actors: the master (section 2.5 and ruling 6), and system.exit. The script that the tool has started
-- is the master at the beginning. Exit statuses are in suites/actors.sh.

local check, folder = ...
local common = assert(loadfile(folder .. "/lib/actors.lua"))(folder)
local actor, inbox = require("actor"), require("inbox")
local same = check.same
local failure, user, eval, tell = common.failure, common.user, common.eval, common.tell

-- What only the master may do. Each fails without effect for others.
local SHUTDOWN <const> = [[
	return failure(actor.shutdown)
]]

local a = user()
same(
	"2.5: an actor is not the master: it cannot hand that on",
	eval(a, "return failure(user, { new_master = true })"),
	"EPERM"
)
same("ruling 6: nor shut the module's runtimes down", eval(a, SHUTDOWN), "EPERM")
same("2.5: nor choose an exit code", eval(a, "return failure(require('system').exit, 1, {})"), "EPERM")
same("2.5: nor exit by force", eval(a, "return failure(require('system').exit, 1, { force = true })"), "EPERM")
same("2.5: after which it lives", eval(a, "return 'lives'"), "lives")

do
	local before = require("lunatik.testing").pool().pools
	same(
		"2.5: nothing is made for who may not",
		eval(a, "return failure(user, { new_master = true, inherit_context = false })"),
		"EPERM"
	)
	same("2.5: no context either", require("lunatik.testing").pool().pools, before)
	same(
		"2.2: a module that does not exist keeps the role where it is",
		failure(spawn_vm, { module = "/actors/no", new_master = true }),
		"module_not_found"
	)
	same(
		"2.2: so does one that does not compile",
		failure(spawn_vm, { module = "/actors/modules/broken", new_master = true }) ~= nil,
		true
	)
end
local second = user({ new_master = true })
same("2.5: the master hands its role on, once", failure(user, { new_master = true }), "EPERM")
same("2.5: and may do no more than others", failure(actor.shutdown), "EPERM")
same("2.5: not even choose an exit code", failure(require("system").exit, 0, {}), "EPERM")
same("2.5: others still may not", eval(a, "return failure(user, { new_master = true })"), "EPERM")
local third = eval(second, "kept.third = user({ new_master = true }) return kept.third")
same("2.5: the new one hands it on, too", eval(second, "return failure(user, { new_master = true })"), "EPERM")
same("2.5: to another", eval(third, "return failure(user, { new_master = true })"), nil)

-- system.exit.
do
	local address, other = user(), user()
	tell(address, "kept.home = ... require('system').exit() kept.home:send('past')", inbox)
	same("2.5: system.exit ends the actor", common.gone(address), "channel_closed")
	same("2.5: at once", failure(inbox.receive, inbox), "no_senders")
	same("2.5: others go on", eval(other, "return 'lives'"), "lives")
	address = user()
	tell(address, "require('system').exit(3)")
	same("2.5: it takes a code", common.gone(address), "channel_closed")
	same("2.5: others go on, too", eval(other, "return 'lives'"), "lives")
end
