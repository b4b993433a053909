-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Usage: lunatik run -c softirq -p empty.lua
--
-- The counterpart of do_nothing() in hooks.c.

local nf = require("linux.nf")
local ACCEPT <const> = nf.action.ACCEPT

require("netfilter").register({
	hook = function()
		return ACCEPT
	end,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_IN,
	priority = nf.ip.pri.FILTER,
})
