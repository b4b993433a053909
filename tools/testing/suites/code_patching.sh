#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The kernel rewrites instructions that run, as it does when the first hook of netfilter comes. Without KVM this shows
# whether the emulator of the machine survives it: see scripts/emulator.

. "$(dirname "$0")/../lib/ktap.sh"

SWITCH=/proc/sys/kernel/sched_schedstats
if [ ! -e $SWITCH ]; then
	skip "static keys are switched" "the kernel has no statistics of its scheduler, which can be switched"
	finish
fi
before=$(cat $SWITCH)
# The switches are in the code that chooses the next process, so that code runs on all processors.
busy=
for _ in 1 2 3; do
	(while echo x; do :; done) | cat >/dev/null &
	busy="$busy $!"
done
rounds=$(stressed 100)
switched() {
	i=0
	while [ $i -lt "$rounds" ]; do
		echo 1 >$SWITCH && echo 0 >$SWITCH || return
		i=$((i + 1))
	done
	echo "$before" >$SWITCH
}
check "static keys are switched $rounds times under load" switched
# shellcheck disable=SC2086 # several processes
kill $busy
check "and the module works on" lunatik eval 'return 1'
finish
