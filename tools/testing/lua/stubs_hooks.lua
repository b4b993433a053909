-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Compares the stubs for editors with the names that only scripts for hooks have. See stubs.lua. usage: lunatik run -c
-- softirq stubs_hooks.lua FOLDER_OF_THE_TESTS FILES...

local folder = ...
package.path = folder .. "/lib/?.lua;" .. package.path
local check = require("check")
local comparison = require("stubs_comparison")
local declared = require("stubs").read({ select(2, ...) })
local nf = require("linux.nf")

local compare = comparison.new(declared)
local options = compare.probe({
	hook = function()
		return nf.action.ACCEPT
	end,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_OUT,
	priority = nf.ip.pri.LAST,
})
local hook = require("netfilter").register(options.table)
options.has("netfilter.options")
compare.is("netfilter.hook", hook)
compare.has("netfilter.stats", hook:stats())
local elsewhere = {}
for name in pairs(declared.classes) do
	elsewhere[name] = not name:find("^netfilter%.") and "stubs.lua compares it" or nil
end
compare.end_of_names(elsewhere)
local works = compare.hooks(require("lunatik.testing").atomically)
check.same("all methods of hooks work in hooks", works, 4)
