#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Packets of real netfilter hooks, on the loopback device and where they are forwarded: what hooks read, and what becomes
# of what they change and send.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik hook_slice_ms="$HOOK_LONG_SLICE_MS"; then
	not_ok "the module is loaded"
	finish
fi
ip link set lo up

# hooks_start: starts the script.
hooks_start() {
	lunatik run -c softirq --name suite/skb "$SUITE_DIR/lua/skb.lua" "$SUITE_DIR"
}

# hooks_printed: what hooks have printed, also those of a script that was started before.
hooks_printed() {
	cat "$WORK/printed" 2>/dev/null
	lunatik logs suite/skb
}

# said LINE: whether a hook has printed this.
said() {
	hooks_printed | grep -qxF "$1"
}

# hooks_go_on: starts the script again if a hook was disabled: where the host has taken the machine's time, a hook may have
# been ended too often.
hooks_go_on() {
	lunatik logs suite/skb | grep -q "was disabled" || return 0
	lunatik logs suite/skb >>"$WORK/printed"
	lunatik stop suite/skb
	hooks_start
}

# is_reset NAMESPACE ADDRESS: whether a connection to port 7100 is.
is_reset() {
	[ "$(network_in "$1" packets knock "$2" 7100)" = "7100=closed" ]
}

check "the hooks are registered" hooks_start

# all_checked PORT: sends packets until a hook has checked all that it checks of packets to this port. Nobody answers.
all_checked() {
	hooks_go_on
	packets udp "127.0.0.1:$1" --count 20 --size 100 --interval-us 2000 --timeout-ms 20
	said "done $1"
}
for port in 7001 7002 7003 7004 7005 7006; do
	check "packets to port $port are checked" wait_until 20 all_checked $port
done

# TCP: a hook resets connections, though there is a server. A hook that does not answer lets them time out; one whose
# time is over lets one pass.
set_up "a server of TCP" network_server root packets echo tcp 127.0.0.1:7100
loopback_is_reset() {
	hooks_go_on
	is_reset root 127.0.0.1
}
check "a connection is reset" wait_until 20 loopback_is_reset

# A server whose words are changed: few words in each packet, for the time of a hook.
mkdir "$WORK/www"
yes "a lunatic says $(printf %480s x)" | head -n 5000 >"$WORK/www/words"
httpd -p 127.0.0.1:7200 -h "$WORK/www"
words_are_changed() {
	hooks_go_on
	wget -q -O "$WORK/words" http://127.0.0.1:7200/words &&
		sed 's/LUNATIK/lunatic/' "$WORK/words" | cmp - "$WORK/www/words" &&
		# A word that two packets share is not found.
		[ "$(grep -c LUNATIK "$WORK/words")" -gt 100 ]
}
check "words of a stream are changed, and nothing else" wait_until 20 words_are_changed

# Hooks at all points that read, and write what is there.
head -c 5000000 /dev/urandom >"$WORK/www/noise"
httpd -p 127.0.0.1:7300 -h "$WORK/www"
all_looked() {
	hooks_go_on
	wget -q -O "$WORK/noise" http://127.0.0.1:7300/noise && cmp "$WORK/noise" "$WORK/www/noise" || return
	for point in PRE_ROUTING LOCAL_IN LOCAL_OUT POST_ROUTING INGRESS EGRESS; do
		said "many $point" || return
	done
}
check "a file passes hooks at all points, in large packets" wait_until 20 all_looked

# What a hook has written is answered: the checksum was right.
ping_is_changed() {
	hooks_go_on
	within 10 ping -c 1 -s 1000 -W 5 127.0.0.1 && said "done ping"
}
check "a changed echo request is answered" wait_until 20 ping_is_changed

hooks_printed | grep -E "^(not )?ok " | sort -u >"$WORK/skb_hooks.out"
check "no hook has ended before its last check" test "$(wc -l <"$WORK/skb_hooks.out")" = 37
take_checks skb_hooks 0
check "the hooks end" lunatik stop suite/skb
killall httpd

# Hooks of a namespace that forwards.
set_up "a path" network_path
set_up "its hooks are registered" \
	network_in middle lunatik run -c softirq --name suite/path "$SUITE_DIR/lua/skb_path.lua"
said_on_path() {
	lunatik logs suite/path | grep -qxF "$1"
}
# all_come_back ADDRESS:PORT: whether twenty datagrams come back as they were. On a busy host a hook may be ended: its
# time is that of a clock.
all_come_back() {
	network_in left packets udp "$1" --count 20 --size 700 | grep -q "^sent=20 received=20 lost=0 refused=0 denied=0 altered=0 "
}
for address in 10.2.0.1 [fd02::1]; do
	case $address in
	10.*) over="over IPv4" plain=10.2.0.1 ;;
	*) over="over IPv6" plain=fd02::1 ;;
	esac
	set_up "a server of UDP $over" network_server right packets echo udp "$address:7"
	check "what is changed on the way there, and back, comes back $over" wait_until 20 all_come_back "$address:7"
	check "it was changed $over" said_on_path "done changed $over"
	check "and changed back $over" said_on_path "done changed back $over"
	set_up "a server of TCP $over" network_server right packets echo tcp "$address:7100"
	check "a connection is reset $over" wait_until 20 is_reset left "$plain"
done
check "these hooks end" lunatik stop suite/path
network_down
finish
