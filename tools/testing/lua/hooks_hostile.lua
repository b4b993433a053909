-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- A script whose hooks do something hostile at each point of a group, but let packets pass.
-- usage: hooks_hostile.lua FOLDER_OF_THE_TESTS GROUP BODY, with the context softirq
--
-- BODY is a name in hooks_bodies.lua, or that of a file in hostile/. The function that is left returns, for each hook:
-- its name, calls, failures, calls that took too long, microseconds in all, those of the longest call.

local folder, group, body = ...
local netfilter, nf = require("netfilter"), require("linux.nf")

local groups = {
	one = function()
		return { { "IPV4", nf.inet.LOCAL_IN, "LOCAL_IN" } }
	end,
	-- The loopback device. A packet passes the points of its own family only.
	lo = function()
		local points = {}
		for _, family in ipairs({ "IPV4", "IPV6" }) do
			for _, point in ipairs({ "PRE_ROUTING", "LOCAL_IN", "LOCAL_OUT", "POST_ROUTING" }) do
				points[#points + 1] = { family, nf.inet[point], point }
			end
		end
		return points
	end,
	device = function()
		return {
			{ "NETDEV", nf.netdev.INGRESS, "INGRESS", "lo" },
			{ "NETDEV", nf.netdev.EGRESS, "EGRESS", "lo" },
			{ "INET", nf.inet.INGRESS, "INGRESS", "lo" },
		}
	end,
	path = function()
		return {
			{ "IPV4", nf.inet.FORWARD, "FORWARD" },
			{ "IPV6", nf.inet.FORWARD, "FORWARD" },
			{ "INET", nf.inet.PRE_ROUTING, "PRE_ROUTING" },
			{ "INET", nf.inet.POST_ROUTING, "POST_ROUTING" },
			{ "ARP", nf.arp.IN, "IN" },
			{ "ARP", nf.arp.OUT, "OUT" },
		}
	end,
	bridge = function()
		local points = {}
		for _, point in ipairs({ "PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING" }) do
			points[#points + 1] = { "BRIDGE", nf.br[point], point }
		end
		points[#points + 1] = { "NETDEV", nf.netdev.INGRESS, "INGRESS", "to_left" }
		points[#points + 1] = { "NETDEV", nf.netdev.EGRESS, "EGRESS", "to_right" }
		return points
	end,
}

local run = dofile(folder .. "/lua/hooks_bodies.lua")[body] or dofile(folder .. "/lua/hostile/" .. body .. ".lua")
local names, hooks = {}, {}
for i, point in ipairs(groups[group]()) do
	names[i] = ("%s.%s"):format(point[1], point[3])
	hooks[i] = netfilter.register({
		pf = nf.proto[point[1]],
		hooknum = point[2],
		priority = 0,
		dev = point[4],
		name = names[i],
		hook = run,
	})
end

return function()
	local lines = {}
	for i, hook in ipairs(hooks) do
		local s = hook:stats()
		lines[i] = ("%s %d %d %d %d %d"):format(names[i], s.runs, s.failures, s.overruns, s.ns // 1000, s.longest // 1000)
	end
	return table.concat(lines, "\n")
end
