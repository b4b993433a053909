#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Messages of hooks: to mailboxes, actors, services, workers and buffers, in order, none twice; those for which there is
# no room are counted.
#
# leaks: runtimes that end with messages on their way free them

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
ip link set lo up || ifconfig lo up
sends=$SUITE_DIR/lua/hooks_sends.lua

# shared KEY: the value in the table of all runtimes.
shared() { lunatik eval 'return require("lunatik")._ENV[...]' "$1"; }
# set KEY CODE: sets it.
set_shared() { lunatik eval "require('lunatik')._ENV[...] = $2" "$1"; }
# receiver KIND [MESSAGES]: starts a receiver.
# shellcheck disable=SC2086
receiver() {
	case $1 in
	actor | service) lunatik run --name "suite/$1" "$SUITE_DIR/lua/hooks_sends_receiver.lua" "$1" "$SUITE_DIR" ${2:-} ;;
	*) lunatik spawn --name "suite/$1" "$SUITE_DIR/lua/hooks_sends_receiver.lua" "$1" "$SUITE_DIR" ${2:-} ;;
	esac
}
# hooks NAME MESSAGES [PLACES [KIND...]]: starts the script that sends.
hooks() {
	name=$1
	lunatik run -c softirq --name "suite/$name" "$sends" "$@"
}
# fire NAME COUNT: calls the hook so often, in a softirq; prints how many calls were made.
fire() { lunatik eval 'return (require("lunatik.testing").fire(..., tonumber((select(2, ...))), "softirq"))' "$1" "$2"; }
# counts NAME: what the script says. It runs in the context of its hooks, so it may miss its turn.
counts() { lunatik eval 'return require("lunatik")._ENV.runtimes["suite/" .. ...]:resume("counts")' "$1"; }
# sent, lost: of the last counts.
sent() { counts "$1" | cut -f 2; }
lost() { counts "$1" | cut -f 3; }
undelivered() { counts "$1" | cut -f 6; }
# is_received KIND COUNT: whether so many messages have come.
is_received() { [ "$(shared "suite.$1.count")" = "$2" ]; }

for kind in mailbox actor service worker; do
	check "a receiver is there: $kind" receiver $kind
done

# One call after the other.
check "a script for hooks has their addresses" hooks fired 1
receiver buffer fired
check_output "its hook is called" "50" fire fired 50
for kind in mailbox actor service worker buffer; do
	check "each message to the $kind has come" wait_until 10 is_received $kind 50
	check_output "in order" "nil" shared suite.$kind.wrong
	check_output "the last one, too" "50" shared suite.$kind.last
done
check_output "the script has counted as many, and lost none" "50	250	0" sh -c 'echo "$1" | cut -f 1-3' - "$(counts fired)"
check "a function that is resumed sends, too" lunatik eval 'require("lunatik")._ENV.runtimes["suite/fired"]:resume("send")'
check "and it comes without a hook" wait_until 10 is_received mailbox 51
check "the script is stopped" within 10 lunatik stop suite/fired
lunatik stop suite/buffer

# More than the outbox holds, at once.
for kind in mailbox actor service worker; do
	lunatik stop suite/$kind
	receiver $kind
done
hooks burst 10
receiver buffer burst
check "a hook sends fifty messages in each call" test "$(fire burst 200)" -gt 190
counted=$(counts burst)
count=$(echo "$counted" | cut -f 2)
check "some were lost, and some not: $counted" test "$(echo "$counted" | cut -f 3)" -gt 5000 -a "$count" -gt 300
# Unless a call was ended, because the host has taken the processor away.
check "all were counted" sh -c 'echo "$1" | awk "{ left = \$1 * 5 - \$2 - \$3; exit !(left >= 0 && left <= 50) }"' - "$counted"
all_received() {
	sum=0
	for kind in mailbox actor service worker buffer; do
		sum=$((sum + $(shared suite.$kind.count)))
	done
	[ $sum = "$count" ]
}
check "those that were not lost have come" wait_until 20 all_received
for kind in mailbox actor service worker buffer; do
	check_output "none twice, and in order: $kind" "nil" shared suite.$kind.wrong
done
lunatik stop suite/burst suite/buffer

# Packets on all processors.
for kind in mailbox actor service worker; do
	lunatik stop suite/$kind
	receiver $kind
done
check "hooks of packets send at two points" hooks packets 1 2
receiver buffer packets
for cpu in 1 2; do
	timeout $(($(stressed 4) * SLOWER)) taskset $cpu ping -A -q 127.0.0.1 >"$WORK/ping$cpu" 2>&1 &
done
wait
counted=$(counts packets)
count=$(echo "$counted" | cut -f 2)
echo "# number, sent, lost, and the figures: $counted"
check "packets were sent meanwhile" test "$count" -gt 1000
check "what was sent has come" wait_until 20 all_received
for kind in mailbox actor service worker buffer; do
	check_output "none twice, and in order: $kind" "nil" shared suite.$kind.wrong
done
check "the figures of the hook are those of the script" sh -c 'echo "$1" | awk "{ exit !(\$2 == \$4 && \$3 == \$5 && \$6 == 0) }"' - "$counted"
lunatik stop suite/packets suite/buffer

# A mailbox that nobody empties.
lunatik stop suite/mailbox
check "a mailbox has room for ten messages" receiver mailbox 10
hooks full 1 1 mailbox
check_output "a hook sends thousands" "5000" fire full 5000
counted=$(counts full)
count=$(echo "$counted" | cut -f 2)
check "it sends what has room in mailbox and outbox: $counted" test "$count" -gt 100 -a "$count" -lt 600
check_output "the others are lost, and counted" $((5000 - count)) lost full
check_output "none has come" "0" shared suite.mailbox.count
check "the script goes on" lunatik eval 'assert(require("lunatik")._ENV.runtimes["suite/full"]:resume("counts") == 5000)'
set_shared suite.receive true
check "as soon as there is room, those come that are not lost" wait_until 20 is_received mailbox "$count"
check_output "in order" "nil" shared suite.mailbox.wrong
check_output "there is room again" "100" fire full 100
check "for all" wait_until 20 is_received mailbox $((count + 100))
check_output "nothing is undelivered" "0" undelivered full

# The receiver ends.
set_shared suite.receive nil
fire full 50 >"$WORK/fired"
check "a receiver ends with messages on their way" within 10 lunatik stop suite/mailbox
all_gone() { [ "$(undelivered full)" -ge 30 ]; }
check "those that are left are counted" wait_until 10 all_gone
before=$(undelivered full)
check_output "so are those that come later" "100" fire full 100
check "in time" wait_until 10 sh -c "[ \"\$(lunatik eval 'return (select(6, require(\"lunatik\")._ENV.runtimes[\"suite/full\"]:resume(\"counts\")))')\" = $((before + 100)) ]"
lunatik stop suite/full

# Stops with messages on their way: what there is room for comes, and nothing is left.
set_shared suite.receive nil
receiver mailbox 60000
rounds=$((20 / SLOWER + 2))
stops() {
	for _ in $(seq $rounds); do
		hooks stopped 50 0 mailbox actor service worker || return 1
		fire stopped 1 >/dev/null
		within 10 lunatik stop suite/stopped || return 1
	done
	lunatik status --clear
}
check "scripts are stopped right after their hooks have sent" stops
set_shared suite.receive true
check "everything has come" wait_until 20 is_received mailbox $((50 * rounds))
stops
before=$(kernel_memory)
stops
memory_is_back() { [ $(($(kernel_memory) - before)) -lt 1024 ]; }
check "nothing of them is left" wait_until 20 memory_is_back
for kind in mailbox actor service worker; do
	lunatik stop suite/$kind
done

# While the receiver does not receive, the script is stopped: nobody waits.
set_shared suite.receive nil
receiver mailbox 1
hooks stuck 200 0 mailbox
fire stuck 2 >/dev/null
check "a script whose messages find no room is stopped" within 5 lunatik stop suite/stuck
check "so is the receiver" within 5 lunatik stop suite/mailbox

# What is sent, and what is not.
for kind in actor service worker; do
	receiver $kind
done
cp "$SUITE_DIR/lua/hooks_sends_child.lua" /lib/modules/lua/suite_hooks_sends_child.lua
lunatik run --name suite/deaf "$SUITE_DIR/lua/hooks_sends_deaf.lua"
lua_checks "$SUITE_DIR/lua/hooks_sends_values.lua" "$SUITE_DIR"
rm /lib/modules/lua/suite_hooks_sends_child.lua
lunatik stop suite/deaf suite/actor suite/service suite/worker >/dev/null 2>&1

# Too little memory, from the start on.
limit=1
while [ $limit -le 160 ]; do
	lunatik run -c softirq --mem "${limit}K" --name suite/small - >"$WORK/small" 2>&1 <<-'LUA'
		require("lunatik.testing").hook("small", function() return 1 end)
	LUA
	status=$?
	[ $status = 0 ] && lunatik stop suite/small
	[ $status -le 1 ] || break
	limit=$((limit + 3))
done
check "a script for hooks with any limit up to 160 KiB works or is refused" test $status = 0

# Failures of the kernel's allocators in the threads that deliver.
failslab=/sys/kernel/debug/failslab
if [ -d $failslab ]; then
	receiver mailbox
	receiver actor
	receiver service
	receiver worker
	hooks failing 4 1
	receiver buffer failing
	echo Y >$failslab/task-filter
	echo 0 >$failslab/verbose
	echo N >$failslab/ignore-gfp-wait
	echo -1 >$failslab/times
	# Those of work queues.
	for comm in /proc/[0-9]*/comm; do
		case $(cat "$comm" 2>/dev/null) in
		kworker/u*) echo 1 >"${comm%comm}make-it-fail" ;;
		esac
	done
	echo 20 >$failslab/probability
	i=0
	while [ $i -lt 50 ]; do
		fire failing 5 >/dev/null
		i=$((i + 1))
	done
	echo 0 >$failslab/probability
	counted=$(counts failing)
	echo "# $counted"
	count=$(echo "$counted" | cut -f 2)
	check "what was not delivered for lack of memory is counted" wait_until 20 sh -c "
		sum=0
		for kind in mailbox actor service worker buffer; do
			sum=\$((sum + \$(lunatik eval 'return require(\"lunatik\")._ENV[...]' suite.\$kind.count)))
		done
		left=\$(lunatik eval 'return (select(6, require(\"lunatik\")._ENV.runtimes[\"suite/failing\"]:resume(\"counts\")))')
		[ \$((sum + left)) = $count ]"
	for kind in mailbox actor service worker buffer; do
		check_output "none twice, and in order: $kind" "nil" shared suite.$kind.wrong
		lunatik stop suite/$kind
	done
	lunatik stop suite/failing
fi

for key in address channel service worker receive deaf hear; do
	set_shared suite.$key nil
done
check "the module can be unloaded" within 30 lunatik unload
finish
