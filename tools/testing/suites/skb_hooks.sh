#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Packets of real netfilter hooks, on the loopback device and where they are forwarded: what hooks read, and what becomes
# of what they change and send.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik hook_slice_ms="$HOOK_SLICE_MS"; then
	not_ok "the module is loaded"
	finish
fi
ip link set lo up
check "the hooks are registered" lunatik run -c softirq --name suite/skb "$SUITE_DIR/lua/skb.lua" "$SUITE_DIR"

# said LINE: whether a hook has printed this.
said() {
	lunatik logs suite/skb | grep -qxF "$1"
}

# UDP: each port is one check. A TFTP client sends its request in one packet, and asks again until it is ended.
for port in 7001 7002 7003 7004 7005 7006; do
	tftp -g -r "check $port" 127.0.0.1 $port >/dev/null 2>&1 &
	client=$!
	check "the check of port $port is done" wait_until 20 said "done $port"
	kill $client 2>/dev/null
	wait $client 2>/dev/null
done

# TCP: a connection that a hook resets fails at once. Without the answer it would take the time that is given here.
begun=$(uptime_seconds)
check_fails "a connection is refused" nc -w 100 127.0.0.1 7100
check "at once" test $(($(uptime_seconds) - begun)) -lt 50
check "by the hook" said "done 7100"

# A server whose words are changed.
mkdir "$WORK/www"
# Few words in each packet: a hook has a millisecond.
yes "a lunatic says $(printf %480s x)" | head -n 5000 >"$WORK/www/words"
httpd -p 127.0.0.1:7200 -h "$WORK/www"
wget -q -O "$WORK/words" http://127.0.0.1:7200/words
check "a changed stream has its size" test "$(wc -c <"$WORK/words")" = "$(wc -c <"$WORK/www/words")"
# A word that two packets share is not found.
changed=$(grep -c LUNATIK "$WORK/words")
check "words are changed ($changed of 5000)" test "$changed" -gt 100
check "and nothing else" sh -c "sed 's/LUNATIK/lunatic/' '$WORK/words' | cmp - '$WORK/www/words'"

# Hooks at all points that read, and write what is there.
head -c 5000000 /dev/urandom >"$WORK/www/noise"
httpd -p 127.0.0.1:7300 -h "$WORK/www"
wget -q -O "$WORK/noise" http://127.0.0.1:7300/noise
check "a file passes hooks at all points" cmp "$WORK/noise" "$WORK/www/noise"
for point in PRE_ROUTING LOCAL_IN LOCAL_OUT POST_ROUTING INGRESS EGRESS; do
	check "large packets pass $point" said "many $point"
done

# What a hook has written is answered: the checksum was right.
check "a changed echo request is answered" ping -c 3 -s 1000 -W 5 127.0.0.1
check "it was changed" said "done ping"

lunatik logs suite/skb >"$WORK/skb.out" 2>/dev/null
grep -E "^(not )?ok " "$WORK/skb.out" >"$WORK/skb_hooks.out"
check "no hook has ended before its last check" test "$(wc -l <"$WORK/skb_hooks.out")" = 53
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
	check_output "a connection is reset $over" "7100=closed" network_in left packets knock "$plain" 7100
	check "by the hook $over" said_on_path "done reset $over"
done
check "these hooks end" lunatik stop suite/path
network_down
finish
