#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Packets of netfilter hooks: all that a script can do with one.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi
# Nothing may be sent out of it.
ip link set lo down
for file in skb_reading skb_headers skb_changes; do
	lua_checks "$SUITE_DIR/lua/$file.lua" "$SUITE_DIR"
done
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
echo "# seed $seed"
lua_checks "$SUITE_DIR/lua/skb_fuzz.lua" "$SUITE_DIR" "$seed" "$(stressed 10)"
finish
