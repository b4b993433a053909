#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The networks that other suites use (lib/network.sh), and what `packets` says of them: traffic passes over loopback,
# through a namespace that forwards, and over a bridge; where it does not pass, that is seen.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"

# says NAME STATUS TEXT COMMAND...: passes when the command ends with this status and prints a line that begins so.
says() {
	name=$1 wanted=$2 text=$3
	shift 3
	said=$("$@" 2>&1)
	status=$?
	case $status:$said in
	"$wanted:$text"*) ok "$name" ;;
	*) not_ok "$name" "status $status instead of $wanted, or not \"$text\": $*
$said" ;;
	esac
}

# pings_pass WHAT FROM ADDRESS...
pings_pass() {
	what=$1 from=$2
	shift 2
	for address in "$@"; do
		says "$what, $address: pings come back" 0 "sent=50 received=50 lost=0 " \
			network_in "$from" packets ping "$address" --count 50
	done
}

# traffic_passes WHAT FROM TO ADDRESS4 ADDRESS6: all kinds of it, from one namespace to a server in another.
traffic_passes() {
	what=$1 from=$2 to=$3
	for address in "$4" "[$5]"; do
		plain=${address#[}
		plain=${plain%]}
		says "$what, $plain: pings come back" 0 "sent=20 received=20 lost=0 " \
			network_in "$from" packets ping "$plain" --count 20
		says "$what, $plain: large pings in fragments come back" 0 "sent=3 received=3 lost=0 " \
			network_in "$from" packets ping "$plain" --count 3 --size 4000
		set_up "$what, $plain: a server of UDP" network_server "$to" packets echo udp "$address:7"
		says "$what, $plain: datagrams come back" 0 "sent=100 received=100 lost=0 refused=0 denied=0 altered=0 min_us=" \
			network_in "$from" packets udp "$address:7" --count 100 --size 1000
		says "$what, $plain: datagrams at an interval come back" 0 "sent=50 received=50 lost=0 " \
			network_in "$from" packets udp "$address:7" --count 50 --interval-us 2000
		says "$what, $plain: to a closed port, each is refused" 1 "sent=3 received=0 lost=3 refused=3 " \
			network_in "$from" packets udp "$address:8" --count 3
		set_up "$what, $plain: a server of TCP" network_server "$to" packets echo tcp "$address:7"
		says "$what, $plain: bytes come back" 0 "bytes=3000000 ms=" \
			network_in "$from" packets tcp "$address:7" --bytes 3000000 --timeout-ms 10000
		says "$what, $plain: the first message of TLS in two segments" 0 "segments=2 bytes=211 answer=handshake" \
			network_in "$from" packets tls-hello "$address:7" www.example.org --segments 2 --timeout-ms 5000
		says "$what, $plain: what listens" 0 "6=closed 7=open 8=closed" network_in "$from" packets knock "$plain" 6 7 8
		set_up "$what, $plain: a server of names" network_server "$to" packets dns-server "$address:53" 192.0.2.1
		says "$what, $plain: it answers" 0 "www.example.org A 192.0.2.1" \
			network_in "$from" packets dns "$address:53" www.example.org
		set_up "$what, $plain: a sink" network_server "$to" packets sink udp "$address:9"
		says "$what, $plain: a flood" 0 "sent=" network_in "$from" packets flood udp "$address:9" --seconds 0.3 --threads 2
		set_up "$what, $plain: the sink ends" network_stop "$SERVER_PID"
		counted=$(sed -n 's/^received=\([0-9]*\) .*/\1/p' "$SERVER_OUTPUT")
		check "$what, $plain: it has counted many (${counted:-none})" test "${counted:-0}" -gt 100
	done
}

# Loopback.
set_up "loopback of the machine" network_loopback root
traffic_passes "loopback" root root 127.0.0.1 ::1
# An IPv4 header, whose length and checksum the kernel sets; a header of UDP to port 9 without checksum; a byte.
made_by_hand="45000000 00000000 40110000 7f000001 7f000001  00010009 00090000  78"
set_up "a sink for one packet" network_server root packets sink udp 127.0.0.1:9
says "a packet made by hand is sent" 0 "sent=29" packets raw ipv4 127.0.0.1 "$made_by_hand"
set_up "the sink ends" network_stop "$SERVER_PID"
check "it has counted that packet" grep -q '^received=1 ' "$SERVER_OUTPUT"
network_down

# Two namespaces.
set_up "two namespaces are joined" network_pair
traffic_passes "a cable" left right 10.1.0.2 fd01::2
check "they are no namespace of the machine" test ! -e /sys/class/net/eth0
set_up "they go" network_down
check_fails "there is none of that name then" network_in left true

# A namespace that forwards.
forwarded() {
	network_in "$1" awk '/^Ip: [0-9]/ { print $7 }' /proc/net/snmp
}
for middle in middle root; do
	set_up "a path through $middle" network_path $middle
	before=$(forwarded $middle)
	if [ $middle = middle ]; then
		traffic_passes "through a namespace" left right 10.2.0.1 fd02::1
	else
		pings_pass "through the machine" left 10.2.0.1 fd02::1
	fi
	after=$(forwarded $middle)
	check "$middle has forwarded that ($before to $after packets)" test $((after - before)) -ge 100
	network_set $middle ipv4.ip_forward=0 ipv6.conf.all.forwarding=0
	says "without forwarding, pings are lost" 1 "sent=2 received=0 lost=2 refused=0 " \
		network_in left packets ping 10.2.0.1 --count 2 --timeout-ms 100
	says "and datagrams" 1 "sent=2 received=0 lost=2 refused=0 " \
		network_in left packets udp 10.2.0.1:7 --count 2 --timeout-ms 100
	says "and datagrams of IPv6" 1 "sent=2 received=0 lost=2 refused=0 " \
		network_in left packets udp "[fd02::1]:7" --count 2 --timeout-ms 100
	says "connections take too long" 2 "packets: 10.2.0.1:7: no connection within 100 ms" \
		network_in left packets tcp 10.2.0.1:7 --timeout-ms 100
	says "ports are silent" 0 "7=silent" network_in left packets knock 10.2.0.1 7 --wait-ms 100
	says "names have no answer" 1 "no answer" network_in left packets dns 10.2.0.1:53 a.b --timeout-ms 100
	says "where there is no way, nothing is sent" 3 "packets: 192.0.2.1:7: Network is unreachable" \
		network_in $middle packets udp 192.0.2.1:7
	set_up "the path goes" network_down
done

# A bridge.
for middle in middle root; do
	set_up "a bridge in $middle" network_bridge $middle
	if [ $middle = middle ]; then
		traffic_passes "over a bridge in a namespace" left right 10.3.0.2 fd03::2
	else
		pings_pass "over a bridge in the machine" left 10.3.0.2 fd03::2
	fi
	network_in $middle ip link set br0 down
	says "without the bridge, pings are lost" 1 "sent=2 received=0 lost=2 " \
		network_in left packets ping 10.3.0.2 --count 2 --timeout-ms 100
	set_up "the bridge goes" network_down
done
check_output "nothing is left of them" "" sh -c 'ls /sys/class/net | grep -E "^(cable|veth|to_|br0)"; :'
finish
