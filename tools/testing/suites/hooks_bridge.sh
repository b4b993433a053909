#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Hostile hooks, as in the suite hooks_hostile, at all points of a bridge and of its devices.

. "$(dirname "$0")/../lib/ktap.sh"
. "$(dirname "$0")/../lib/network.sh"
. "$(dirname "$0")/../lib/hooks_hostile.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 hook_slice_ms="$HOOK_SLICE_MS" || exit 1

set_up "a bridge in the machine" network_bridge root
set_up "it has an address" ip addr add 10.3.0.254/24 dev br0
bridged() {
	pings_of left 10.3.0.2 fd03::2 10.3.0.254 && pings_of root 10.3.0.1
}
# shellcheck disable=SC2046
all bridge 5 bridged ${BODIES:-$(own_bodies | thinned $every)}
check "unload: the module goes" within 20 lunatik unload
set_up "the bridge goes" network_down
finish
