#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Hooks at every point of every family: they get the packets of their family and of their namespace, and no others.
# Namespaces and devices that go while hooks are attached.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik hook_slice_ms="$HOOK_LONG_SLICE_MS" || exit 1
set_up "the loopback device is up" network_loopback root

# point WHAT FAMILY POINT OPERATOR COMMAND...: attaches a hook. The command, which makes packets, must succeed, and the
# number of packets that the hook has seen then compare with 0. FAMILY is that of nf.proto, POINT an expression.
point() {
	point_what=$1 point_fields="pf = nf.proto.$2, hooknum = $3, priority = 3" point_operator=$4 point_body=
	# The kernel sends packets of IPv6 over bridges by itself.
	[ "$2" != BRIDGE ] || point_body="if skb:protocol() ~= 0x0800 then seen = seen - 1 end"
	shift 4
	check "families: a hook at $point_what" hook family "$point_fields" "$point_body return ACCEPT"
	check "families: packets pass, $point_what" "$@"
	check "families: the hook has seen some, or none: $point_what" test "$(ask family seen)" "$point_operator" 0
	check_output "families: none has failed, $point_what" 0 ask family failures
	stop family
}
for place in PRE_ROUTING LOCAL_IN LOCAL_OUT POST_ROUTING; do
	point "IPv4 $place" IPV4 nf.inet.$place -gt pings
	point "IPv4 $place, packets of IPv6" IPV4 nf.inet.$place -eq pings6
	point "IPv6 $place" IPV6 nf.inet.$place -gt pings6
	point "IPv6 $place, packets of IPv4" IPV6 nf.inet.$place -eq pings
	point "INET $place" INET nf.inet.$place -gt pings
	point "INET $place, packets of IPv6" INET nf.inet.$place -gt pings6
done
point "IPv4 FORWARD, packets to the machine" IPV4 nf.inet.FORWARD -eq pings
point "INET INGRESS" INET "nf.inet.INGRESS, dev = 'lo'" -gt pings
point "INET INGRESS, packets of IPv6" INET "nf.inet.INGRESS, dev = 'lo'" -gt pings6
for place in INGRESS EGRESS; do
	point "NETDEV $place" NETDEV "nf.netdev.$place, dev = 'lo'" -gt pings
	point "NETDEV $place, by the index of the device" NETDEV "nf.netdev.$place, dev = 1" -gt pings6
done

# What is forwarded, and addresses. These send so many packets, by default 3.
set_up "a path through the machine" network_path root
through() {
	network_in left packets ping 10.2.0.1 --count "${1:-3}" --timeout-ms $((200 * SLOWER))
}
through6() {
	network_in left packets ping fd02::1 --count "${1:-3}" --timeout-ms $((200 * SLOWER))
}
resolved() {
	ip neigh flush dev to_left
	wait_until 5 packets ping 10.1.0.1 --timeout-ms $((200 * SLOWER))
}
point "IPv4 FORWARD" IPV4 nf.inet.FORWARD -gt through
point "IPv6 FORWARD" IPV6 nf.inet.FORWARD -gt through6
point "INET FORWARD" INET nf.inet.FORWARD -gt through
point "INET FORWARD, packets of IPv6" INET nf.inet.FORWARD -gt through6
point "IPv4 PRE_ROUTING, what is forwarded" IPV4 nf.inet.PRE_ROUTING -gt through
point "IPv4 POST_ROUTING, what is forwarded" IPV4 nf.inet.POST_ROUTING -gt through
point "IPv4 LOCAL_IN, what is forwarded" IPV4 nf.inet.LOCAL_IN -eq through
point "NETDEV INGRESS of a cable" NETDEV "nf.netdev.INGRESS, dev = 'to_left'" -gt through
point "NETDEV EGRESS of a cable" NETDEV "nf.netdev.EGRESS, dev = 'to_left'" -gt through
point "NETDEV INGRESS of another device" NETDEV "nf.netdev.INGRESS, dev = 'lo'" -eq through
point "ARP IN" ARP nf.arp.IN -gt resolved
point "ARP OUT" ARP nf.arp.OUT -gt resolved
point "ARP FORWARD, which is for bridges" ARP nf.arp.FORWARD -eq resolved
hook drops "pf = nf.proto.IPV4, hooknum = nf.inet.FORWARD, priority = 0" "return DROP"
check_fails "verdicts: what is forwarded is dropped" through 1
check "verdicts: that of the other family is not" through6
stop drops

# Namespaces. The kernel sends packets of IPv6 by itself, so these count those of IPv4.
hook here "pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = 0" "return ACCEPT"
cat >"$WORK/there.lua" <<'LUA'
local netfilter, nf = require("netfilter"), require("linux.nf")
local seen = 0
local there = netfilter.register({
	pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = 0,
	hook = function()
		seen = seen + 1
		return nf.action.ACCEPT
	end,
})
return function()
	return seen + there:stats().missed
end
LUA
check "namespaces: a script is started in another one" network_in left lunatik run -c softirq --name suite/there "$WORK/there.lua"
there=$(ask there seen)
here=$(ask here seen)
check "namespaces: packets of the machine arrive" pings
check_output "namespaces: the hook of another one does not get them" "$there" ask there seen
check_output "namespaces: but that of the machine" $((here + 6)) ask here seen
check "namespaces: packets of the other one arrive" network_in left packets ping 127.0.0.1 --count 3
check_output "namespaces: its hook gets them" $((there + 6)) ask there seen
check_output "namespaces: and no hook of the machine" $((here + 6)) ask here seen
cat >"$WORK/device.lua" <<'LUA'
require("netfilter").register({ hook = print, pf = 5, hooknum = 0, priority = 0, dev = (...) })
LUA
check_says "namespaces: a device of another one is not found" 1 "ENODEV" \
	lunatik run -c softirq --name suite/none "$WORK/device.lua" eth0
check "namespaces: in that one it is" network_in left lunatik run -c softirq --name suite/device "$WORK/device.lua" eth0
stop here
set_up "namespaces: the processes of the other one end" network_down
check "namespaces: its hook stays" running suite/there
check_output "namespaces: and its script can be resumed" $((there + 6)) ask there seen
check "namespaces: the script is stopped" stop there
check "namespaces: so is one with a hook of a device" stop device

# Bridges.
set_up "a bridge in the machine" network_bridge root
ip addr add 10.3.0.254/24 dev br0
over() {
	network_in left packets ping 10.3.0.2 --count "${1:-3}" --timeout-ms $((200 * SLOWER))
}
to_bridge() {
	network_in left packets ping 10.3.0.254 --count "${1:-3}" --timeout-ms $((200 * SLOWER))
}
from_bridge() {
	packets ping 10.3.0.1 --count "${1:-3}" --timeout-ms $((200 * SLOWER))
}
for place in PRE_ROUTING FORWARD POST_ROUTING; do
	point "BRIDGE $place" BRIDGE nf.br.$place -gt over
done
point "BRIDGE LOCAL_IN" BRIDGE nf.br.LOCAL_IN -gt to_bridge
point "BRIDGE LOCAL_OUT" BRIDGE nf.br.LOCAL_OUT -gt from_bridge
point "BRIDGE FORWARD, packets to the machine" BRIDGE nf.br.FORWARD -eq to_bridge
hook drops "pf = nf.proto.BRIDGE, hooknum = nf.br.FORWARD, priority = 0" "return DROP"
check_fails "verdicts: what a bridge passes on is dropped" over 1
check "verdicts: what is for the machine is not" to_bridge
stop drops

# A device that goes.
for place in INGRESS EGRESS; do
	device=to_left
	[ $place = INGRESS ] || device=to_right
	fields="pf = nf.proto.NETDEV, hooknum = nf.netdev.$place, priority = 0, dev = '$device'"
	hook gone "$fields" "return ACCEPT"
	check "a device goes, $place: its hook was called" grows gone seen over
	set_up "a device goes, $place: it has no hook any more" network_down
	check "a device goes, $place: the script stays" running suite/gone
	set_up "a device goes, $place: another one has its name" network_bridge root
	check "a device goes, $place: the hook is not called" stays gone seen over
	check "a device goes, $place: the script is stopped" stop gone
	hook gone "$fields" "return ACCEPT"
	check "a device goes, $place: a new script has a hook of the new one" grows gone seen over
	stop gone

	# In a flood.
	hook gone "$fields" "return ACCEPT"
	hook stays "pf = nf.proto.NETDEV, hooknum = nf.netdev.$place, priority = 0, dev = 'lo'" "return ACCEPT"
	network_in left packets flood udp 10.3.0.2:9 --seconds 2 --threads 2 >/dev/null 2>&1 &
	flood=$!
	check "a device goes in a flood, $place: there are many packets" wait_until 5 sh -c "
		test \"\$(lunatik eval 'return require(\"lunatik\")._ENV.runtimes[\"suite/gone\"]:resume(\"seen\")')\" -gt 1000"
	ip link del $device
	check "a device goes in a flood, $place: the script stays" running suite/gone
	wait $flood
	check "a device goes in a flood, $place: hooks of others are called" grows stays seen pings
	check "a device goes in a flood, $place: the script is stopped" stop gone
	stop stays
	set_up "a device goes in a flood, $place: so does the bridge" network_down
	set_up "a device goes, $place: a new bridge" network_bridge root
done
hook gone "pf = nf.proto.NETDEV, hooknum = nf.netdev.INGRESS, priority = 0, dev = 'to_left'" "return ACCEPT"
lunatik stop suite/gone &
ip link del to_left
wait $!
check "a device goes: its script may end meanwhile" not_running suite/gone
set_up "the bridge goes" network_down
check "unload: the module goes" within 20 lunatik unload
finish
