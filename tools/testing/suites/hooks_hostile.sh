#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Hostile scripts as hooks at all points of IPv4 and IPv6, on the loopback device: no packet is lost, round trips are
# bounded, what fails costs 32 ms, the kernel log has one line for each hook that was disabled, and the script is stopped.
# BODIES selects some of them.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks_hostile.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 hook_slice_ms="$HOOK_SLICE_MS" || exit 1
set_up "the loopback device is up" network_loopback root
set_up "a server of TCP" network_server root packets echo tcp 127.0.0.1:7

traffic() {
	pings_of root 127.0.0.1 ::1 && packets tcp 127.0.0.1:7 --bytes 100000 --timeout-ms $((5000 * SLOWER))
}
# shellcheck disable=SC2046
all lo 4 traffic ${BODIES:-$(own_bodies | thinned $every) $(other_bodies | thinned $every)}
# shellcheck disable=SC2046
all one 1 traffic ${BODIES:-$(own_bodies | grep '^over_')}
check "unload: the module goes" within 20 lunatik unload
finish
