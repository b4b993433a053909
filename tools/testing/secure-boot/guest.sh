#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Runs in a machine that Secure Boot has locked down. The key with which /share/lunatik.ko is signed is enrolled.

. "$(dirname "$0")/ktap.sh"

locked_down() {
	grep -qE '\[(integrity|confidentiality)\]' /sys/kernel/security/lockdown
}

check "the kernel is locked down" locked_down
check_fails "the module that nobody has signed is refused" modprobe lunatik
check_fails "so it is not there" test -e /dev/lunatik
cp /share/lunatik.ko "/lib/modules/$(uname -r)/updates/lunatik.ko"
check "the module with a signature of the owner is loaded" modprobe lunatik
check_output "and leaves no trace of a missing signature" 4096 cat /proc/sys/kernel/tainted

echo 'print("confined")' >"$WORK/confined.lua"
check_says "a script with all permissions is refused, and told why" 4 "locked down" lunatik run "$WORK/confined.lua"
check_output "a confined script runs" confined lunatik run -P load "$WORK/confined.lua"
check_output "an expression, too" 3 lunatik eval -P load '1 + 2'
for permission in 'fs:read=/etc/*' device=x exec netfilter=inet/local_in; do
	check_says "$permission is refused" 4 "locked down" lunatik run -P "$permission" "$WORK/confined.lua"
done
echo 'return function() while true do end end' >"$WORK/busy.lua"
check "a thread runs" lunatik spawn -P load "$WORK/busy.lua"
check "and is stopped" lunatik stop busy
check "the module is unloaded" lunatik unload
finish
