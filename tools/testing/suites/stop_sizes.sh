#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Every function of every library, with arguments of any length, is stopped within 50 ms. SIZES lists the lengths. THIN
# says how many contents of strings are tried for each function: one in THIN, and fewer of the longest.
# alone: measures how long stops take

. "$(dirname "$0")/../lib/ktap.sh"
cd "$WORK" || exit 1
folder=/lib/modules/lua
mkdir -p $folder
cp "$SUITE_DIR/lua/stop_sizes_victim.lua" $folder/
echo "return function() end" >$folder/stop_sizes_idle.lua

SIZES=${SIZES:-1024 1048576 16777216}
LIMIT=${LIMIT:-$((50 * SLOWER * SLOWER))}
THIN=${THIN:-$(awk -v stress="$STRESS" 'BEGIN { thin = int(20 / stress); print (thin < 1 ? 1 : thin) }')}
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

for size in $SIZES; do
	thin=$THIN
	[ "$size" -le 1000000 ] || thin=$((THIN * 2))
	[ "$size" -le 10000000 ] || thin=$((THIN * 4))
	within 580 lunatik run --name suite/sizes "$SUITE_DIR/lua/stop_sizes.lua" "$size" "$LIMIT" "$thin" >out 2>err
	status=$?
	check "all functions with $size bytes were called" test $status = 0
	sed 's/^/# /' out err
	check "at least a hundred of them" test "$(tail -n 1 out | cut -d ' ' -f 1)" -gt 150
	check_fails "with $size bytes each is stopped within $LIMIT ms" grep '^late' out
	lunatik shutdown
done
finish
