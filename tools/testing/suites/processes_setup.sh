#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# How the process of a user-space actor is set up: streams, descriptors, environment, namespaces, init.script with each
# of its calls, process 1. The program of the checks (tools/host/tests/setup) plays the kernel's part, so the module is
# not loaded.

. "$(dirname "$0")/../lib/ktap.sh"

within 60 lunatik-host-setup >"$WORK/out" 2>"$WORK/err"
status=$?
while read -r word name dots verdict; do
	[ "$word" = test ] || continue
	case $verdict in
	ok) ok "$name" ;;
	skipped:*) skip "$name" "${verdict#skipped: }" ;;
	*) not_ok "$name" "$dots $verdict
$(grep -A 3 panicked "$WORK/err" | head -n 12)" ;;
	esac
done <"$WORK/out"
check "the program of the checks ends well" test $status = 0
check "no check is missing" test "$(grep -c '^test ' "$WORK/out")" -ge 40
finish
