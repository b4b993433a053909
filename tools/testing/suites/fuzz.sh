#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Random programs from Lua's grammar, which call all libraries and modules. PROGRAMS is their number; FIRST is the first
# seed. Each script runs 200 programs. It may end by an error that its programs have caused, such as lack of memory, or
# at its limit of CPU time. But the machine must continue, and nothing may be left.

. "$(dirname "$0")/../lib/ktap.sh"

PROGRAMS=${PROGRAMS:-$(stressed $((800 / SLOWER)))}
FIRST=${FIRST:-1}
ran=0 seed=$FIRST scripts=0 ended=0 whole=0
while [ "$ran" -lt "$PROGRAMS" ]; do
	within 60 lunatik run --mem 8M --cpu-limit $((3000 * SLOWER)) --name suite/fuzz \
		"$SUITE_DIR/lua/fuzz.lua" "$seed" 200 >"$WORK/out" 2>"$WORK/err"
	status=$?
	done=$(($(grep -c '^\.' "$WORK/out") * 50))
	case $status in
	0) whole=$((whole + 1)) ;;
	1) ;;
	*)
		not_ok "seed $seed ends" "status $status: $(head -c 1000 "$WORK/err")"
		ended=$((ended + 1))
		[ "$ended" -lt 5 ] || break
		;;
	esac
	within 20 lunatik stop --grace 0 suite/fuzz >/dev/null 2>&1
	ran=$((ran + done + 50))
	scripts=$((scripts + 1))
	seed=$((seed + 1))
done
echo "# $ran programs in $scripts scripts, $whole of which ran all of theirs"
check "all scripts have ended by themselves or at a limit" test "$ended" = 0
check "most programs were run" test $((whole * 3)) -ge "$scripts"
lunatik shutdown
check "nothing is left" test "$(lunatik list --all | grep -c running)" = 0
check "the module can be unloaded" within 60 lunatik unload
check "and loaded again" lunatik load
finish
