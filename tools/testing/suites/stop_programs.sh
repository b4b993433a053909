#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Long work without a call of a library: operators, loops, tables, collections, the end of calls, the compiler. Each
# program repeats one such operation, with as much data as fits, and is stopped within 50 ms. NAMES is a pattern of the
# programs to run.
# alone: measures how long stops take

. "$(dirname "$0")/../lib/ktap.sh"
mkdir -p /lib/modules/lua
cp "$SUITE_DIR/lua/stop_programs_victim.lua" /lib/modules/lua/

LIMIT=${LIMIT:-$((50 * SLOWER * SLOWER))}
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
within 580 lunatik run --mem 400M --name suite/programs "$SUITE_DIR/lua/stop_programs.lua" "$LIMIT" $((SLOWER < 3 ? SLOWER : 3)) \
	"$(soaking && echo 4 || echo 2)" "${NAMES:-}" \
	>"$WORK/out" 2>"$WORK/err"
check "all programs were run" test $? = 0
sed 's/^/# /' "$WORK/out" "$WORK/err"
check "at least forty of them" test "$(tail -n 1 "$WORK/out" | cut -d ' ' -f 1)" -ge 40
check_fails "each is stopped within $LIMIT ms" grep '^late' "$WORK/out"
check_fails "none ends by itself" grep '^ended' "$WORK/out"
finish
