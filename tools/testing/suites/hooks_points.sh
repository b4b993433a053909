#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Hostile hooks, as in the suite hooks_hostile, where packets enter and leave devices, where they are forwarded, and where
# addresses are resolved.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks_hostile.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 hook_slice_ms="$HOOK_SLICE_MS" || exit 1
set_up "the loopback device is up" network_loopback root
BODIES=${BODIES:-$(own_bodies | thinned $every)}

on_devices() {
	pings_of root 127.0.0.1
}
# shellcheck disable=SC2086
all device 3 on_devices $BODIES

set_up "a path through the machine" network_path root
set_up "a server of TCP" network_server right packets echo tcp 10.2.0.1:7
forwarded() {
	pings_of left 10.2.0.1 fd02::1 || return
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		# The machine asks for two addresses.
		ip neigh flush dev to_left
		ip neigh flush dev to_right
		network_in left packets ping 10.2.0.1 --timeout-ms $((2000 * SLOWER)) >/dev/null || return
	done
	network_in left packets tcp 10.2.0.1:7 --bytes 100000 --timeout-ms $((5000 * SLOWER))
}
# shellcheck disable=SC2086
all path 3 forwarded $BODIES
check "unload: the module goes" within 20 lunatik unload
set_up "the path goes" network_down
finish
