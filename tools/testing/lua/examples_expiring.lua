-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Checks expiring.lua.
-- usage: examples_expiring.lua FOLDER_OF_THE_TESTS FOLDER_OF_THE_EXAMPLES

local tests, examples = ...
package.path = tests .. "/lib/?.lua;" .. examples .. "/?.lua;" .. package.path
local check = require("check")
local expiring = require("expiring")
local shared = require("lunatik")._ENV

shared["suite.one"], shared["suite.many"] = nil, nil
local one = expiring("suite.one", 1)
local value, place, old = one:get("key1")
check.same("there is nothing", check.joined(value, old), check.joined(nil, nil))
check.ok("a value is set", one:put("key1", "value\0", 1000, place, old))
value, place, old = one:get("key1")
check.same("it is there", value, "value\0")
check.same("another key has no place", one:get("key2"), false)
check.same("another runtime finds it", (expiring("suite.one", 1):get("key1")), "value\0")
check.ok("it changes", one:put("key1", "new", 1000, place, old))
check.ok("not if it has changed", not one:put("key1", "late", 1000, place, old))
check.same("so it stays", (one:get("key1")), "new")
check.ok("it is removed", one:put("key1", nil, nil, select(2, one:get("key1"))))
check.same("so it is gone", (one:get("key1")), nil)
check.ok("a value expires at once", one:put("key1", "short", 0, select(2, one:get("key1"))))
value, place, old = one:get("key2")
check.same("then its place is free", value, nil)
check.ok("for another key", one:put("key2", "mine", 1000, place, old))
check.same("which has it then", check.joined(one:get("key1"), (one:get("key2"))), check.joined(false, "mine"))

-- Thousands of keys have no more than the places, and are spread over them.
local many = expiring("suite.many", 64)
local taken = 0
for i = 1, 5000 do
	local key = ("<I4I4"):pack(i, 7)
	local known, free, before = many:get(key)
	if known == nil and many:put(key, "x", 1000, free, before) then
		taken = taken + 1
	end
end
check.same("all places are taken, and no more", check.joined(taken, #many.table), check.joined(64, 64 + 1))
shared["suite.one"], shared["suite.many"] = nil, nil
