#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The examples do what their headers say.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik hook_slice_ms="$HOOK_LONG_SLICE_MS" || exit 1
EXAMPLES=$(cd "$SUITE_DIR/../../lua/examples" && pwd)
cd "$EXAMPLES" || exit 1

# grep reads all output here: a reader that stops early would end a script that still prints.
check "hello greets" sh -c 'lunatik run hello.lua Ada Grace | grep -x "Hello, Grace!" >/dev/null'
check "hello under another name" sh -c 'lunatik run --name greeter hello.lua | grep -x "Hello, world!" >/dev/null'
check_output "both have ended" "" lunatik list

cp answer.lua "$WORK/answer.lua"
check "answer runs" lunatik run --slice 50 -P device=answer "$WORK/answer.lua"
check_says "its loop is cut" 1 "Timer expired" within 20 cat /dev/answer
check "its log has the line" sh -c 'lunatik logs answer 2>&1 | grep -q "answer.lua:5:"'
check "it has used no more CPU time than that" sh -c \
	'ms=$(lunatik status answer --json | sed -n "s/.*\"cpu_ns\": \([0-9]*\).*/\1/p"); [ "$ms" -lt '$((1000000000 * SLOWER))' ]'
lunatik stop answer
sed -i 's/answer + 5/answer + 6/' "$WORK/answer.lua"
check "it is mended" lunatik run --slice 50 -P device=answer "$WORK/answer.lua"
check_output "and answers" 42 cat /dev/answer
lunatik stop answer

ip link set lo up
check "mistake runs" lunatik run -c softirq mistake.lua
check_output "its loops lose no packet" "20 packets transmitted, 20 packets received, 0% packet loss" \
	sh -c 'ping -c 20 -i 0.05 127.0.0.1 | grep loss'
check "the kernel's log has the line" sh -c 'dmesg | grep -q "lunatik: mistake: hook local_in was disabled: .*(mistake.lua:4)$"'
lunatik stop mistake

check "passwd runs" lunatik run passwd.lua
check_output "it makes passwords of 20 characters" "20" sh -c 'head -n 1 /dev/passwd | tr -d "\n" | wc -c'
check "that differ" sh -c '[ "$(head -n 1 /dev/passwd)" != "$(head -n 1 /dev/passwd)" ]'
check "of other lengths, too" sh -c 'echo 8 >/dev/passwd; [ "$(head -n 3 /dev/passwd | tail -n 1 | tr -d "\n" | wc -c)" = 8 ]'
check_fails "it refuses a length of 0" sh -c 'echo 0 >/dev/passwd'
check_output "byte by byte it is a password, too" "9" sh -c 'dd if=/dev/passwd bs=1 count=9 2>/dev/null | wc -c'
check "it stops" lunatik stop passwd

check "kv runs" lunatik run kv.lua
check "it stores" sh -c 'echo colour=blue >/dev/kv; echo shape=round >/dev/kv'
check_output "it lists" "colour=blue
shape=round" cat /dev/kv
check_output "it answers" "blue" sh -c 'exec 3<>/dev/kv; echo colour >&3; cat <&3'
check_output "it deletes" "shape=round" sh -c 'echo colour= >/dev/kv; cat /dev/kv'
check "it stops" lunatik stop kv

check "ticker is spawned" lunatik spawn ticker.lua 20
check "it ticks" wait_until 10 sh -c 'lunatik logs ticker | grep -q "tick 5 after"'
check "it stops" lunatik stop ticker
check "and says so" sh -c 'lunatik logs ticker | grep -q "stopped after"'

check "json passes its test" lunatik run "$EXAMPLES/json_test.lua"

check_output "a loop is interrupted" "the thread has ended: Error from child thread: mtint.error.interrupted" \
	lunatik run interrupt_loop.lua
check_output "a coroutine is interrupted" "the coroutine is dead, its thread has gone on" \
	lunatik run interrupt_coroutine.lua
check_output "a handler answers" "three answers, and an end" lunatik run interrupt_handler.lua
check_output "they have ended" "" lunatik list

check_output "a worker counts" "the worker says: begun
the worker says: 1
the worker says: 2
the worker says: 3
the worker has ended" lunatik run worker_count.lua 3
check_output "to ten if it is not told how far" 10 \
	sh -c 'lunatik run worker_count.lua | grep -c "says: [0-9]"'
check_output "two workers are waited for at once" "fast: 1 2 3 4 5
slow: 1 2" sh -c 'lunatik run worker_select.lua | sort'
check_output "a worker does as it is told" "begun
sum of 1 2 3 is 6
sum of 10 20 is 30
stopped" lunatik run worker_commands.lua
check_output "a worker fails" "result: 10
result: 5
the worker has failed: attempt to divide by zero" lunatik run worker_errors.lua
check_output "they have ended" "" lunatik list

check "a device with services runs" lunatik run services_device.lua
check_output "a service answers" "HELLO" sh -c 'echo upper hello >/dev/services && cat /dev/services'
check_fails "one has no memory left" sh -c 'echo crash >/dev/services'
check_output "three others answer, one of them new" "321
321
321" sh -c 'for i in 1 2 3; do echo reverse 123 >/dev/services && cat /dev/services || break; done'
check "the log names it" sh -c \
	'lunatik logs services_device | grep -q "service [0-9]* has ended; [0-9]* takes its place"'
check "so does the status" sh -c 'lunatik status | grep -q "services_text:[0-9]*  *service  *failed"'
check "it stops" lunatik stop services_device

check_output "two actors play" "ping 1
pong 1
ping 2
pong 2" lunatik run actors_pingpong.lua 2
check "without an argument, too" lunatik run actors_pingpong.lua
# stealing ACTORS THREADS: prints the sum of the steps of all CPUs.
stealing() {
	lunatik run actors_stealing.lua "$@" >"$WORK/stealing" &&
		awk '/^CPU/ { sum += $3 } END { print sum }' "$WORK/stealing"
}
check_output "actors do all their steps on two threads" 240 stealing 12 2
check "and say how they did" grep -q "^12 actors moved [0-9]* times, in [0-9]* ms$" "$WORK/stealing"
check_output "on one thread, too" 60 stealing 3 1
# balancing JOBS ACTORS: prints the number of jobs, their size, and the size of what all CPUs have done.
balancing() {
	lunatik run actors_balancing.lua "$@" >"$WORK/balancing" || return 1
	awk '/^actor/ { jobs += $3; size += $6 } /^CPU/ { cpus += $4 } END { print jobs, size, cpus }' "$WORK/balancing"
}
check_output "all jobs are done" "40 220 220" balancing 40 4
check "by all actors" awk '/^actor/ && $3 == 0 { exit 1 }' "$WORK/balancing"
check_output "by one actor, too" "10 55 55" balancing 10 1
check_output "they have ended" "" lunatik list

# asks CODE: prints what the process answers.
asks() {
	echo "$1" >/dev/eval && cat /dev/eval
}
no_hosts() {
	! ps -o args | grep -q "/[^ ]*lunatik host [0-9a-f]\{32\}$"
}
check "a device with a process runs" lunatik run -P device=eval -P exec -P fs:read processes_device.lua
check_output "the process computes" "1.4142135623730951" asks '2 ^ 0.5'
check_output "there are no files" "nil	/etc/passwd: No such file or directory	2" asks 'io.open("/etc/passwd")'
check_output "and none can be made" "nil	/new: Read-only file system	30" asks 'io.open("/new", "w")'
check_output "but its module" "true" asks 'io.open("/eval.lua"):read("a"):find("inbox:receive", 1, true) ~= nil'
check_output "a chunk runs, too" "3" asks 'local n = 1 while n < 3 do n = n + 1 end return n'
check_output "an error is told" "error: eval:1: oops" asks 'error("oops")'
check_says "a crash fails the request" 1 "Input/output error" within 20 sh -c \
	"echo 'local f = (\"x\"):gmatch(\".\") debug.setupvalue(f, 3, 0) f()' | dd of=/dev/eval"
check_output "another process answers the next one" "alive" within 20 sh -c 'echo "\"alive\"" >/dev/eval && cat /dev/eval'
check_says "a loop is ended" 1 "Timer expired" within 20 sh -c 'echo "while true do end" | dd of=/dev/eval'
check_output "a third process answers" "3" within 20 sh -c 'echo "1 + 2" >/dev/eval && cat /dev/eval'
check_says "a long text is refused" 1 "Message too long" sh -c 'head -c 256 /dev/zero | dd of=/dev/eval bs=256'
check "the log tells of three" sh -c '[ "$(lunatik logs processes_device | grep -c "has started")" = 3 ]'
rights() {
	for status in /proc/[0-9]*/status; do
		tr -d '\t' 2>/dev/null <"$status" | grep -A100 '^Name:eval$' | grep -x 'Uid:.*\|CapPrm:.*\|NoNewPrivs:.*'
	done | sort -u
}
check_output "they have no rights" "CapPrm:0000000000000000
NoNewPrivs:1
Uid:65534655346553465534" rights
check "it stops" lunatik stop processes_device
check "and its process ends" wait_until 10 no_hosts

check "the counter counts" lunatik spawn counter_a.lua
collected() {
	lunatik run counter_b.lua >"$WORK/collected"
	! grep -q '^0 events' "$WORK/collected"
}
check "the collector collects" wait_until 10 collected
check "a second time" wait_until 10 collected
check "it stops" lunatik stop counter_a

# Hooks.

# says NAME STATUS TEXT COMMAND...: passes when the command ends with this status and prints exactly this.
says() {
	name=$1 wanted=$2 text=$3
	shift 3
	said=$("$@" 2>&1)
	status=$?
	if [ "$status:$said" = "$wanted:$text" ]; then
		ok "$name"
	else
		not_ok "$name" "status $status instead of $wanted, or not \"$text\": $*
$said"
	fi
}
# hooks SCRIPT ARGS...: starts an example, in a runtime for each CPU.
hooks() { lunatik run -c softirq -p "$@"; }
# ends SCRIPT: none of its functions has failed, and it stops.
ends() {
	check_output "$1 has had no failure" "" lunatik logs "$1"
	check "$1 stops" lunatik stop "$1"
}
# counter NAME
counter() { lunatik eval 'return require("percpu").counter(...):sum()' "$1"; }
# packets_of KIND [SEED]: prints them.
packets_of() { lunatik run --name suite/packets "$SUITE_DIR/lua/examples_packets.lua" "$SUITE_DIR" "$@"; }
# noise SEED: sends packets with random bytes.
noise() {
	packets_of noise "$1" >"$WORK/noise" || return
	while read -r _ hex _; do
		packets raw ipv4 127.0.0.1 "$hex" >/dev/null || return
	done <"$WORK/noise"
}
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
echo "# seed $seed"

set_up "loopback" network_loopback root
set_up "a server" network_server root packets echo tcp 127.0.0.1:8443
set_up "one of IPv6" network_server root packets echo tcp "[::1]:8443"
observer=$SUITE_DIR/lua/examples_observer.lua
check "packets that pass are observed" lunatik run -c softirq --name suite/observer "$observer" "$SUITE_DIR"

check_fails "firewall wants a port" hooks firewall.lua
check "firewall runs, with few permissions" hooks -P netfilter=inet/local_in -P rcu firewall.lua 8443
for address in 127.0.0.1:8443 "[::1]:8443"; do
	before=$(counter firewall)
	says "it drops a connection to $address" 2 "packets: $address: no connection within 300 ms" \
		packets tcp "$address" --bytes 1000 --timeout-ms 300
	check "and counts that" test "$(counter firewall)" -gt "$before"
done
check "noise does not harm it" noise "$seed"
ends firewall
for address in 127.0.0.1:8443 "[::1]:8443"; do
	check "then connections to $address work" packets tcp "$address" --bytes 1000
done

lua_checks "$SUITE_DIR/lua/examples_expiring.lua" "$SUITE_DIR" "$EXAMPLES"

check "nothing is blocked at first" lunatik eval 'require("lunatik")._ENV.blocklist = nil'
check_output "the list says so" "nothing is blocked" lunatik run dns_blocklist.lua list
check "names are blocked" lunatik run dns_blocklist.lua block Example.org other.example
check_output "and listed" "example.org
other.example" lunatik run dns_blocklist.lua list
check "names are allowed" lunatik run dns_blocklist.lua allow other.example
check_output "and gone" "example.org" lunatik run dns_blocklist.lua list
check_fails "it wants a command" lunatik run dns_blocklist.lua

check "sni_filter runs" hooks sni_filter.lua 8443
for address in 127.0.0.1:8443 "[::1]:8443"; do
	for segments in 1 2 3 200; do
		says "an allowed name in $segments segments, to $address" 0 "segments=$segments bytes=211 answer=handshake" \
			packets tls-hello "$address" www.example.com --segments "$segments" --timeout-ms 5000
	done
	says "a blocked name, to $address" 1 "segments=1 bytes=211 answer=none" \
		packets tls-hello "$address" www.example.org --timeout-ms 300
	for segments in 2 3; do
		says "a blocked name in $segments segments, to $address" 1 "segments=$segments bytes=211 answer=unacknowledged" \
			packets tls-hello "$address" www.example.org --segments "$segments" --timeout-ms 150
	done
done
packets_of tls >"$WORK/tls"
check "there are packets of all kinds" test "$(wc -l <"$WORK/tls")" -gt 100
passed=$(counter suite.passed)
while read -r expected hex what; do
	packets raw ipv4 127.0.0.1 "$hex" >/dev/null
	now=$(counter suite.passed)
	check "TLS: $what" test $((now - passed)) = "$expected"
	passed=$now
done <"$WORK/tls"
check "noise does not harm it" noise "$seed"
says "it still works" 0 "segments=2 bytes=211 answer=handshake" \
	packets tls-hello 127.0.0.1:8443 www.example.com --segments 2 --timeout-ms 5000
check "a name is blocked meanwhile" lunatik run dns_blocklist.lua block example.com
says "which has its effect" 1 "segments=1 bytes=211 answer=none" \
	packets tls-hello 127.0.0.1:8443 www.example.com --timeout-ms 300
lunatik run dns_blocklist.lua allow example.com
ends sni_filter

check "dns_sinkhole runs" hooks dns_sinkhole.lua
set_up "a server of names" network_server root packets dns-server 127.0.0.1:53 192.0.2.1
set_up "one of IPv6" network_server root packets dns-server "[::1]:53" 192.0.2.1
for address in 127.0.0.1:53 "[::1]:53"; do
	says "a blocked name, from $address" 0 "www.example.org A 0.0.0.0" packets dns "$address" www.example.org
	says "the domain" 0 "example.org A 0.0.0.0" packets dns "$address" example.org
	says "an allowed name" 0 "notexample.org A 192.0.2.1" packets dns "$address" notexample.org
done
packets_of dns >"$WORK/dns"
check "there are packets of all kinds" test "$(wc -l <"$WORK/dns")" -gt 20
while read -r expected hex what; do
	lunatik eval 'require("lunatik")._ENV["suite.payload"] = nil'
	packets raw ipv4 127.0.0.1 "$hex" >/dev/null
	check_output "DNS: $what" "$expected" lunatik eval 'return require("lunatik")._ENV["suite.payload"]'
done <"$WORK/dns"
check "noise does not harm it" noise "$seed"
check "the list changes while packets flow" lunatik run dns_blocklist.lua block notexample.org
says "which has its effect" 0 "notexample.org A 0.0.0.0" packets dns 127.0.0.1:53 notexample.org
check "and back" lunatik run dns_blocklist.lua allow notexample.org example.org
says "here, too" 0 "example.org A 192.0.2.1" packets dns 127.0.0.1:53 example.org
ends dns_sinkhole

check_fails "port_knocker wants ports" hooks port_knocker.lua 8443
check "port_knocker runs" hooks port_knocker.lua 8443 7003 7001 7002
for address in 127.0.0.1 ::1; do
	says "the port is hidden, from $address" 0 "8443=silent" packets knock "$address" 8443 --wait-ms 300
	says "two knocks are not enough" 0 "7003=silent 7001=silent 8443=silent" \
		packets knock "$address" 7003 7001 8443 --wait-ms 300
	says "nor is one between them" 0 "7003=silent 7001=silent 7005=closed 7002=silent 8443=silent" \
		packets knock "$address" 7003 7001 7005 7002 8443 --wait-ms 300
	says "nor are all in another order" 0 "7001=silent 7002=silent 7003=silent 8443=silent" \
		packets knock "$address" 7001 7002 7003 8443 --wait-ms 300
	says "the right ones open it" 0 "7003=silent 7001=silent 7002=silent 8443=open" \
		packets knock "$address" 7003 7001 7002 8443 --wait-ms 300
	says "it stays open for a while" 0 "7005=closed 8443=open" packets knock "$address" 7005 8443 --wait-ms 300
done
check "noise does not harm it" noise "$seed"
says "it still works" 0 "7003=silent 7001=silent 7002=silent 8443=open" \
	packets knock ::1 7003 7001 7002 8443 --wait-ms 300
ends port_knocker

check_output "the observer has had no failure" "" lunatik logs suite/observer
lunatik stop suite/observer
set_up "the servers end" network_down
for key in blocklist sni_filter port_knocker suite.payload; do
	lunatik eval 'require("lunatik")._ENV[...] = nil' "$key"
done
finish
