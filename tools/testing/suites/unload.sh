#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Loading and unloading the module.

. "$(dirname "$0")/../lib/ktap.sh"

ROUNDS=${ROUNDS:-$(stressed $([ "$SLOWER" = 1 ] && echo 150 || echo 20))}
loaded() {
	[ -e /sys/module/lunatik ]
}
unloaded() {
	! loaded
}

check "the module is loaded" loaded
exec 5<>/dev/lunatik
check_fails "rmmod is refused while the device is open" rmmod lunatik
check "and the module works on" lunatik eval 'return 1'
exec 5<&-
cat >"$WORK/dev.lua" <<'EOF'
require("device").new({ name = "suite_unload", read = function() return "x" end })
EOF
lunatik run "$WORK/dev.lua"
exec 5</dev/suite_unload
check_fails "rmmod is refused while a device of a script is open" rmmod lunatik
check_output "which works on" "x" dd bs=1 count=1 <&5
exec 5<&-
check "when it is closed the module is removed" wait_until 10 lunatik unload
check "and gone" unloaded
check_fails "with the device of the script" test -e /dev/suite_unload
check_fails "and its own" test -e /dev/lunatik
check_status "then the tool gives 4" 4 lunatik list
check_status "for unload, too" 4 lunatik unload
check "it is loaded again" lunatik load
check "loading what is loaded is fine" lunatik load

echo 'return function() while true do end end' >"$WORK/busy.lua"
echo 'return function() while true do require("linux").schedule(100000) end end' >"$WORK/sleeps.lua"
echo 'x = {} for i = 1, 1000 do x[i] = { i } end require("device").new({ name = "suite_resident" })' >"$WORK/resident.lua"
for script in busy sleeps resident; do
	if [ $script = resident ]; then lunatik run "$WORK/$script.lua"; else lunatik spawn "$WORK/$script.lua"; fi
done
lunatik eval 'local rcu = require("rcu") local t = rcu.table() t.x = "y" require("lunatik")._ENV["suite.kept"] = t'
check "three scripts run" test "$(lunatik list | wc -l)" = 3
check "unloading stops them all" within 20 lunatik unload
check "and removes the module" unloaded
check_fails "their threads are gone" sh -c 'cat /proc/[0-9]*/comm | grep -E "^(busy|sleeps)$"'
lunatik load
check_output "nothing is left of them after loading again" "" lunatik list
eval_is "nor of the shared table" "nil" 'return require("lunatik")._ENV["suite.kept"]'

# Memory: as much must be free after the last rounds as after the first ones.
round() {
	# Starting the commands takes longer than their work, so the tool, which starts the same commands, is used only in some
	# rounds.
	case $(($1 % 5)) in
	0) lunatik unload && lunatik load || return 1 ;;
	*) rmmod lunatik && modprobe lunatik || return 1 ;;
	esac
	case $(($1 % 10)) in
	0) lunatik run "$WORK/resident.lua" && lunatik spawn "$WORK/sleeps.lua" ;;
	5) lunatik eval 'return 1' >/dev/null ;;
	esac
}
settled() {
	echo 3 >/proc/sys/vm/drop_caches
	# KASAN keeps freed memory, up to a thirty-second of all memory, until its cache is shrunk.
	for cache in /sys/kernel/slab/*/shrink; do
		[ ! -w "$cache" ] || echo 1 >"$cache"
	done
	awk '/MemFree/ { print $2 }' /proc/meminfo
}
# Otherwise the machine would idle for half of a round's time before it checks whether a grace period is over.
first_look=/sys/module/rcutree/parameters/jiffies_till_first_fqs
[ ! -w $first_look ] || echo 0 >$first_look
i=0
while [ $i -lt 20 ] && round $i; do i=$((i + 1)); done
before=$(settled)
i=0
while [ $i -lt "$ROUNDS" ] && round $i >"$WORK/round" 2>&1; do i=$((i + 1)); done
check "the module is loaded and unloaded $ROUNDS times" test "$i" = "$ROUNDS"
lunatik unload
lunatik load
memory_is_back() {
	after=$(settled)
	# In KiB; a leak of one page per round would be more.
	[ $((before - after)) -lt $((ROUNDS * 2 + 2048)) ]
}
check "and its memory is back" wait_until 10 memory_is_back
echo "# $((before - $(settled))) KiB less are free after $ROUNDS rounds"
alive=$(lunatik eval 'return "works"')
check "the module works after it" test "$alive" = works
check "unloading while clients come and go ends well" sh -c '
	for i in 1 2 3 4 5 6 7 8 9 10; do
		(for j in 1 2 3 4 5; do timeout -s KILL $((20 * SLOWER)) lunatik eval "return 1" >/dev/null 2>&1; done) &
	done
	for j in 1 2 3 4 5 6 7 8 9 10; do lunatik unload >/dev/null 2>&1; lunatik load >/dev/null 2>&1; done
	wait
	lunatik load'
eval_is "and the module works" "2" 'return 1 + 1'
finish
