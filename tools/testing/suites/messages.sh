#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Messages between runtimes: what travels, what stays the same, what is refused.

. "$(dirname "$0")/../lib/ktap.sh"

echo 'return function(...) return ... end' >/lib/modules/lua/suite_mirror.lua
# What a script and its mirror have of messages of 16 MiB, on both ways, counts against the script.
MEM=200M lua_checks "$SUITE_DIR/lua/messages.lua" "$SUITE_DIR"
rm -f /lib/modules/lua/suite_mirror.lua
finish
