-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Hides a TCP port from everybody but those who know the secret: an address that has knocked at some other ports, in
-- the right order, can connect to it for 30 seconds. What is connected then stays so.
--
--	lunatik run -c softirq -p port_knocker.lua 22 7003 7001 7002		opens port 22
--	lunatik stop port_knocker

local nf = require("linux.nf")
local ACCEPT <const>, DROP <const> = nf.action.ACCEPT, nf.action.DROP

local ports = { ... }
for i, port in ipairs(ports) do
	ports[i] = assert(math.tointeger(tonumber(port)), "a port is no number")
	assert(ports[i] ~= ports[i - 1], "the same port twice, one after the other")
end
local hidden = table.remove(ports, 1)
assert(#ports > 0, "give the port to hide, and then those to knock at")

-- From one knock to the next, and for the connection, in seconds.
local PATIENCE <const> = 10
local OPEN <const> = 30

-- Addresses, and at how many of the ports each has knocked. Where others have the places, a knock is lost.
local knocks = require("expiring")("port_knocker", 4096)

-- Notes that an address knocks at a port. Returns whether the hidden port is open for it.
local function knock(address, port)
	local known, place, old = knocks:get(address)
	local count = known and known:byte() or 0
	if count == #ports then
		return true
	elseif known == false or count > 0 and port == ports[count] then
		-- A knock that is sent again is the same knock.
		return false
	end
	-- A wrong port begins anew, so a scan of all ports does not open anything.
	count = port == ports[count + 1] and count + 1 or port == ports[1] and 1 or 0
	if count > 0 or known then
		local value = count > 0 and string.char(count) or nil
		knocks:put(address, value, count == #ports and OPEN or PATIENCE, place, old)
	end
	return false
end

local is_secret = {}
for _, port in ipairs(ports) do
	is_secret[port] = true
end

local function door(skb)
	local tcp = skb.tcp
	-- The first packet of a connection is all that matters: there are no others without it.
	if not tcp or tcp.syn == 0 or tcp.ack_flag == 1 then
		return ACCEPT
	end
	local port, ip = tcp.dport, skb.ip
	local address = ip and (">I4"):pack(ip.saddr) or skb.ipv6.saddr
	local is_open = knock(address, port)
	if port == hidden then
		return is_open and ACCEPT or DROP
	end
	-- These do not answer, like the hidden one.
	return is_secret[port] and DROP or ACCEPT
end

require("netfilter").register({
	hook = door,
	pf = nf.proto.INET,
	hooknum = nf.inet.LOCAL_IN,
	priority = nf.ip.pri.FILTER,
})
