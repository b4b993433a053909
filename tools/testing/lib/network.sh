# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=sh
#
# Networks for suites: namespaces that are joined by cables (veth), and servers in them. Sourced after ktap.sh.
#
#	set_up "a path" network_path
#	set_up "a server" network_server right packets echo udp 10.2.0.1:7
#	check "datagrams are forwarded" network_in left packets udp 10.2.0.1:7 --count 10
#	network_down
#
# Namespaces have names; "root" is that of the machine. Functions return a status other than 0 where something cannot be
# made, and print why. The addresses of networks:
#
#	network_pair	left eth0	10.1.0.1	fd01::1
#			right eth0	10.1.0.2	fd01::2
#	network_path	left eth0	10.1.0.1	fd01::1		The middle forwards; its devices
#			right eth0	10.2.0.1	fd02::1		are to_left and to_right, its
#			the middle	10.1.0.254	fd01::fe	addresses 10.2.0.254 and fd02::fe,
#							too.
#	network_bridge	left eth0	10.3.0.1	fd03::1		The middle has the bridge br0,
#			right eth0	10.3.0.2	fd03::2		whose ports are to_left, to_right.

# The namespaces, each with the process that holds it; the servers; the devices in the namespace of the machine.
NETWORK_HOLDERS=''
NETWORK_SERVERS=0
NETWORK_SERVER_PIDS=''
NETWORK_DEVICES=''

# set_up NAME COMMAND...: as check, but in this shell: what a network consists of is in variables.
set_up() {
	set_up_name=$1
	shift
	if "$@" >"$WORK/set_up" 2>&1; then
		ok "$set_up_name"
	else
		not_ok "$set_up_name" "status $?: $*
$(cat "$WORK/set_up")"
	fi
}

# network_holder NAME: prints the process that holds a namespace.
network_holder() {
	for holder in $NETWORK_HOLDERS; do
		if [ "${holder%:*}" = "$1" ]; then
			echo "${holder#*:}"
			return
		fi
	done
	echo "there is no namespace $1" >&2
	return 1
}

# network_in NAME COMMAND...: runs a command in a namespace.
network_in() {
	in_namespace=$1
	shift
	if [ "$in_namespace" = root ]; then
		"$@"
	else
		in_holder=$(network_holder "$in_namespace") || return
		nsenter -t "$in_holder" -n "$@"
	fi
}

# network_set NAME SETTING=VALUE...: changes settings below /proc/sys/net.
network_set() {
	set_namespace=$1
	shift
	for setting in "$@"; do
		network_in "$set_namespace" sysctl -q -w "net.$setting" || return
	done
}

# network_loopback NAME: has a namespace reach itself.
network_loopback() {
	network_in "$1" ip link set lo up &&
		wait_until 5 network_in "$1" packets ping 127.0.0.1 --timeout-ms 100 &&
		wait_until 5 network_in "$1" packets ping ::1 --timeout-ms 100
}

# Whether the process is in another namespace than this shell.
network_has_left() {
	left_for=$(readlink "/proc/$1/ns/net") && [ "$left_for" != "$(readlink /proc/self/ns/net)" ]
}

# network_namespace NAME: makes a namespace that reaches itself.
network_namespace() {
	# It holds the namespace until it is killed.
	unshare -n sleep 86400 >/dev/null 2>&1 </dev/null &
	NETWORK_HOLDERS="$NETWORK_HOLDERS $1:$!"
	wait_until 5 network_has_left $! || return
	# Addresses of IPv6 can be used at once: nobody else has them.
	network_set "$1" ipv6.conf.all.accept_dad=0 ipv6.conf.default.accept_dad=0 &&
		network_loopback "$1"
}

# network_peer DEVICE: prints the name of the other end of a cable, in the namespace of the machine.
network_peer() {
	number=$(cat "/sys/class/net/$1/iflink") || return
	for device in /sys/class/net/*; do
		if [ "$(cat "$device/ifindex")" = "$number" ]; then
			basename "$device"
			return
		fi
	done
	echo "$1 has no other end" >&2
	return 1
}

# network_plug DEVICE NAME NEW_DEVICE: moves a device into a namespace, and names it.
network_plug() {
	if [ "$2" = root ]; then
		NETWORK_DEVICES="$NETWORK_DEVICES $3"
	else
		plug_holder=$(network_holder "$2") && ip link set "$1" netns "$plug_holder" || return
	fi
	# The kernel may have found the right name.
	[ "$1" = "$3" ] || network_in "$2" ip link set "$1" name "$3" || return
	network_set "$2" "ipv6.conf.$3.accept_dad=0" &&
		network_in "$2" ip link set "$3" up
}

# network_cable NAME DEVICE NAME DEVICE: joins two namespaces.
network_cable() {
	# The kernel names the other end.
	ip link add cable type veth && other_end=$(network_peer cable) &&
		network_plug "$other_end" "$3" "$4" &&
		network_plug cable "$1" "$2"
}

# network_address NAME DEVICE ADDRESS/LENGTH...
network_address() {
	address_namespace=$1
	address_device=$2
	shift 2
	for address in "$@"; do
		network_in "$address_namespace" ip addr add "$address" dev "$address_device" || return
	done
}

# network_route NAME ADDRESS...: sends what is for elsewhere to these addresses, one of each family.
network_route() {
	route_namespace=$1
	shift
	for address in "$@"; do
		case $address in
		*:*) network_in "$route_namespace" ip -6 route add default via "$address" ;;
		*) network_in "$route_namespace" ip route add default via "$address" ;;
		esac || return
	done
}

# network_reaches NAME ADDRESS...: waits until pings to the addresses come back.
network_reaches() {
	reaches_from=$1
	shift
	for address in "$@"; do
		wait_until 10 network_in "$reaches_from" packets ping "$address" --timeout-ms 200 || {
			echo "$reaches_from does not reach $address" >&2
			return 1
		}
	done
}

# network_pair: the namespaces left and right, joined by a cable.
network_pair() {
	network_namespace left && network_namespace right &&
		network_cable left eth0 right eth0 &&
		network_address left eth0 10.1.0.1/24 fd01::1/64 &&
		network_address right eth0 10.1.0.2/24 fd01::2/64 &&
		network_reaches left 10.1.0.2 fd01::2
}

# network_path [MIDDLE]: the namespaces left and right, each joined to MIDDLE, which forwards: the new namespace
# "middle", or root.
network_path() {
	network_middle=${1:-middle}
	[ "$network_middle" = root ] || network_namespace "$network_middle" || return
	network_namespace left && network_namespace right &&
		network_cable left eth0 "$network_middle" to_left &&
		network_cable right eth0 "$network_middle" to_right &&
		network_set "$network_middle" ipv4.ip_forward=1 ipv6.conf.all.forwarding=1 &&
		network_address left eth0 10.1.0.1/24 fd01::1/64 &&
		network_address "$network_middle" to_left 10.1.0.254/24 fd01::fe/64 &&
		network_address "$network_middle" to_right 10.2.0.254/24 fd02::fe/64 &&
		network_address right eth0 10.2.0.1/24 fd02::1/64 &&
		network_route left 10.1.0.254 fd01::fe &&
		network_route right 10.2.0.254 fd02::fe &&
		network_reaches left 10.2.0.1 fd02::1
}

# network_bridge [MIDDLE]: the namespaces left and right, joined by a bridge in MIDDLE: the new namespace "middle", or
# root.
network_bridge() {
	network_middle=${1:-middle}
	[ "$network_middle" = root ] || network_namespace "$network_middle" || return
	network_namespace left && network_namespace right &&
		network_cable left eth0 "$network_middle" to_left &&
		network_cable right eth0 "$network_middle" to_right &&
		network_in "$network_middle" ip link add br0 type bridge || return
	[ "$network_middle" != root ] || NETWORK_DEVICES="$NETWORK_DEVICES br0"
	network_in "$network_middle" ip link set to_left master br0 &&
		network_in "$network_middle" ip link set to_right master br0 &&
		network_in "$network_middle" ip link set br0 up &&
		network_address left eth0 10.3.0.1/24 fd03::1/64 &&
		network_address right eth0 10.3.0.2/24 fd03::2/64 &&
		network_reaches left 10.3.0.2 fd03::2
}

# network_server NAME COMMAND...: starts a server of `packets` in a namespace, and waits until it can be used. Its process
# is in SERVER_PID, and what it prints in the file SERVER_OUTPUT.
network_server() {
	NETWORK_SERVERS=$((NETWORK_SERVERS + 1))
	SERVER_OUTPUT=$WORK/server$NETWORK_SERVERS
	server_namespace=$1
	shift
	if [ "$server_namespace" = root ]; then
		"$@" >"$SERVER_OUTPUT" 2>&1 &
	else
		server_holder=$(network_holder "$server_namespace") || return
		nsenter -t "$server_holder" -n "$@" >"$SERVER_OUTPUT" 2>&1 &
	fi
	SERVER_PID=$!
	NETWORK_SERVER_PIDS="$NETWORK_SERVER_PIDS $SERVER_PID"
	wait_until 5 grep -q '^ready' "$SERVER_OUTPUT" || {
		cat "$SERVER_OUTPUT" >&2
		return 1
	}
}

# network_stop PID: ends a server, and waits for it.
network_stop() {
	kill "$1" && wait "$1"
}

network_has_no_device() {
	[ ! -e "/sys/class/net/$1" ]
}

# network_down: removes all of it. The machine forwards no more.
network_down() {
	for pid in $NETWORK_SERVER_PIDS; do
		kill -9 "$pid" 2>/dev/null
	done
	for holder in $NETWORK_HOLDERS; do
		kill "${holder#*:}"
		wait "${holder#*:}"
	done 2>/dev/null
	for device in $NETWORK_DEVICES; do
		# The other end may have taken it along.
		ip link del "$device" 2>/dev/null
		wait_until 10 network_has_no_device "$device" || return
	done
	NETWORK_HOLDERS='' NETWORK_SERVER_PIDS='' NETWORK_DEVICES=''
	network_set root ipv4.ip_forward=0 ipv6.conf.all.forwarding=0
}
