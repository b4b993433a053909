#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Messages between runtimes: which values travel, that they stay the same, and which are refused.

. "$(dirname "$0")/../lib/ktap.sh"

echo 'return function(...) return ... end' >/lib/modules/lua/suite_mirror.lua
# All copies of messages of 16 MiB that a script and its mirror hold, in both directions, count against the script.
MEM=200M lua_checks "$SUITE_DIR/lua/messages.lua" "$SUITE_DIR"
rm -f /lib/modules/lua/suite_mirror.lua
finish
