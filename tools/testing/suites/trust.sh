#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Values that instructions and functions trust, and that scripts try to change or to learn: variables and slots through
# the debug library, arguments of functions that no script is given, and addresses.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1
lua_checks "$SUITE_DIR/lua/trust_variables.lua" "$SUITE_DIR"
lua_checks "$SUITE_DIR/lua/trust_functions.lua" "$SUITE_DIR"
lua_checks "$SUITE_DIR/lua/trust_keys.lua" "$SUITE_DIR"
mkdir -p /lib/modules/lua
echo 'return function() end' >/lib/modules/lua/suite_addresses.lua
lua_checks "$SUITE_DIR/lua/trust_addresses.lua" "$SUITE_DIR"
lunatik unload
check "the module can be loaded again" lunatik load
order='local t = { [print] = 1, [pairs] = 2, [select] = 3, [rawget] = 4, [next] = 5, [type] = 6, [load] = 7, [error] = 8 }
	local order = "" for _, n in pairs(t) do order = order .. n end return order'
first=$(lunatik eval "$order")
others=0
for _ in 1 2 3 4; do
	lunatik unload
	lunatik load
	[ "$(lunatik eval "$order")" = "$first" ] || others=$((others + 1))
done
check "the order of functions as keys is another one each time" test "$others" -ge 1
finish
