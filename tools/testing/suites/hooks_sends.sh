#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Messages of hooks: to mailboxes, actors, services, workers and buffers, in order, none twice; those for which there is
# no room are counted.
#
# leaks: runtimes that end with messages on their way free them

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 hook_slice_ms="$HOOK_LONG_SLICE_MS" || exit 1
ip link set lo up || ifconfig lo up
sends=$SUITE_DIR/lua/hooks_sends.lua

# shared KEY: the value in the table of all runtimes.
shared() { lunatik eval 'return require("lunatik")._ENV[...]' "$1"; }
# set_shared KEY CODE: sets it.
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
	script=$1
	lunatik run -c softirq --name "suite/$script" "$sends" "$@"
}
# fire NAME COUNT: calls the hook so often, in a softirq; prints how many calls came to their ends. Where others use the
# host, one may be ended because it has taken too long.
fire() { lunatik eval 'return (require("lunatik.testing").fire(..., tonumber((select(2, ...))), "softirq"))' "$1" "$2"; }
# counts NAME: how many messages were sent, lost, and found no receiver.
counts() {
	lunatik eval 'return require("lunatik")._ENV.runtimes["suite/" .. ...]:resume("counts")' "$1" >"$WORK/counts" || return 1
	read -r sent lost undelivered <"$WORK/counts"
	echo "# $1: $sent sent, $lost lost, $undelivered undelivered"
}
# is_received KIND COUNT: whether at least so many messages have come.
is_received() { [ "$(shared "suite.$1.count")" -ge "$2" ]; }
# all_received KIND...: whether all have come that were sent and not counted as undelivered.
all_received() {
	counts "$script"
	sum=0
	for kind in "$@"; do
		sum=$((sum + $(shared "suite.$kind.count")))
	done
	[ $((sum + undelivered)) = "$sent" ]
}
# in_order KIND...
in_order() {
	for kind in "$@"; do
		check_output "none twice, and in order: $kind" "nil" shared "suite.$kind.wrong"
	done
}
others="mailbox actor service worker"
# start_all NAME MESSAGES [PLACES]: starts all receivers, and the script.
start_all() {
	for kind in $others; do
		receiver $kind || return 1
	done
	hooks "$@" || return 1
	receiver buffer "$1"
}
stop_all() {
	for kind in $others buffer; do
		within 10 lunatik stop "suite/$kind" || return 1
	done
	within 10 lunatik stop "suite/$script"
}

# One call after the other.
script=fired
check "a script for hooks has the addresses of receivers of all kinds" start_all $script 1
check "its hook is called" test "$(fire fired 50)" -gt 40
check "each message has come" wait_until 10 all_received $others buffer
counts fired
check "none was lost" test "$sent" -gt 200 -a "$lost" = 0 -a "$undelivered" = 0
for kind in $others buffer; do
	check "most of them: $kind" is_received $kind 41
done
in_order $others buffer
before=$(shared suite.mailbox.count)
check "a function that is resumed sends, too" lunatik eval 'require("lunatik")._ENV.runtimes["suite/fired"]:resume("send")'
check "and that comes without a hook" wait_until 10 is_received mailbox $((before + 1))
check "all are stopped" stop_all

# More than the outbox holds, at once.
script=burst
check "a hook sends fifty messages in each call" start_all $script 10
check "it is called often" test "$(fire burst 200)" -gt 150
check "those that were not lost have come" wait_until 20 all_received $others buffer
counts burst
check "some were lost, and some not" test "$lost" -gt 5000 -a "$sent" -gt 300
check "all were counted" test $((sent + lost)) -gt 7500 -a $((sent + lost)) -le 10000
in_order $others buffer
check "all are stopped" stop_all

# Packets on all processors.
script=packets
check "hooks of packets send at two points" start_all $script 1 2
for cpu in 1 2; do
	timeout $(($(stressed 4) * SLOWER)) taskset $cpu ping -A -q 127.0.0.1 >"$WORK/ping$cpu" 2>&1 &
done
wait
counts packets
check "packets were sent meanwhile" test $((sent + lost)) -gt 1000
check "what was sent has come" wait_until 20 all_received $others buffer
check "all of it" test "$undelivered" = 0
in_order $others buffer
check "all are stopped" stop_all

# A mailbox that nobody empties.
check "a mailbox has room for ten messages" receiver mailbox 10
hooks full 1 1 mailbox
check "a hook sends thousands" test "$(fire full 5000)" -gt 4500
counts full
check "it sends what has room in mailbox and outbox" test "$sent" -gt 100 -a "$sent" -lt 600
check "the others are lost, and counted" test $((sent + lost)) -gt 4500 -a $((sent + lost)) -le 5000
check_output "none has come" "0" shared suite.mailbox.count
set_shared suite.receive true
check "as soon as there is room, those come that are not lost" wait_until 20 all_received mailbox
in_order mailbox
before=$(shared suite.mailbox.count)
check "there is room again" test "$(fire full 100)" -gt 90
check "for all" wait_until 20 all_received mailbox
check "they have come" is_received mailbox $((before + 90))
counts full
check "nothing is undelivered" test "$undelivered" = 0

# The receiver ends.
set_shared suite.receive nil
fire full 50 >/dev/null
check "a receiver ends with messages on their way" within 10 lunatik stop suite/mailbox
# is_undelivered COUNT: whether at least so many messages have found no receiver.
is_undelivered() { counts full && [ "$undelivered" -ge "$1" ]; }
check "those that are left are counted" wait_until 10 is_undelivered 30
counts full
before=$undelivered
fire full 100 >/dev/null
check "so are those that come later" wait_until 10 is_undelivered $((before + 90))
check "the script is stopped" within 10 lunatik stop suite/full

# Stops with messages on their way: what there is room for comes, and nothing is left.
for kind in actor service worker; do
	receiver $kind
done
receiver mailbox 60000
rounds=$((20 / SLOWER + 2))
stops() {
	complete=0
	for _ in $(seq $rounds); do
		hooks stopped 50 1 $others || return 1
		complete=$((complete + $(fire stopped 1)))
		within 10 lunatik stop suite/stopped || return 1
	done
	echo $complete >"$WORK/complete"
	lunatik status --clear
}
check "scripts are stopped right after their hooks have sent" stops
complete=$(cat "$WORK/complete")
set_shared suite.receive true
check "everything has come" wait_until 20 is_received mailbox $((50 * complete))
check "and no more" test "$(shared suite.mailbox.count)" -le $((50 * rounds))
stops >/dev/null
before=$(kernel_memory)
stops >/dev/null
memory_is_back() { [ $(($(kernel_memory) - before)) -lt 1024 ]; }
check "nothing of them is left" wait_until 20 memory_is_back
for kind in $others; do
	lunatik stop suite/$kind
done

# While the receiver does not receive, the script is stopped: nobody waits.
set_shared suite.receive nil
receiver mailbox 1
hooks stuck 200 1 mailbox
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
	script=failing
	start_all $script 4
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
	check "what was not delivered for lack of memory is counted" wait_until 20 all_received $others buffer
	counts failing
	in_order $others buffer
	check "all are stopped" stop_all
fi

for key in address channel service worker receive deaf hear; do
	set_shared suite.$key nil
done
check "the module can be unloaded" within 30 lunatik unload
finish
