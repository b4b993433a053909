#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Numbers to text and back: the kernel prints the same bytes as user-space Lua.

. "$(dirname "$0")/../lib/ktap.sh"

# Formatting takes milliseconds when each instruction is emulated and checked.
seeds="1 2 3 4 5"
[ "$SLOWER" -lt 10 ] || seeds=1
count=$((400 / SLOWER))
for seed in $seeds; do
	if ! command -v user-lua >/dev/null; then
		skip "numbers with seed $seed are the same" "there is no user-lua here"
		continue
	fi
	user-lua "$SUITE_DIR/lua/numbers.lua" "$seed" "$count" >"$WORK/user" 2>&1
	within 300 lunatik run --name suite/numbers "$SUITE_DIR/lua/numbers.lua" "$seed" "$count" >"$WORK/kernel" 2>&1
	lunatik stop suite/numbers >/dev/null 2>&1
	if cmp -s "$WORK/user" "$WORK/kernel"; then
		ok "$(wc -l <"$WORK/user") lines of numbers with seed $seed are the same"
	else
		not_ok "numbers with seed $seed are the same" "$(diff "$WORK/user" "$WORK/kernel" | grep -c '^>') lines differ
$(diff "$WORK/user" "$WORK/kernel" | cut -c 1-400)"
	fi
done
eval_is "0/0 prints as in user space" "$(echo 'print(0/0, -(0/0), 0/0 ~= 0/0)' | user-lua - 2>/dev/null || echo '-nan	nan	true')" \
	'return tostring(0/0), tostring(-(0/0)), 0/0 ~= 0/0'
finish
