#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The stubs for editors (lua/luacats/): they declare exactly the names that scripts have, with the right permissions and
# contexts.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi
lua=$SUITE_DIR/lua
files=$(find "$SUITE_DIR/../../lua/luacats/library" -name '*.lua' | sort)
check "there are stubs" test "$(echo "$files" | wc -l)" -gt 30

script() { cat >"/lib/modules/lua/suite/$1.lua"; }
mkdir -p /lib/modules/lua/suite
script stubs_child <<'LUA'
return function() while not require("thread").shouldstop() do require("linux").schedule(10) end end
LUA
script stubs_hooked <<'LUA'
local nf = require("linux.nf")
require("netfilter").register({
	hook = function() return nf.action.ACCEPT end,
	pf = nf.proto.INET, hooknum = nf.inet.LOCAL_OUT, priority = nf.ip.pri.FIRST,
})
LUA
# The names that only workers have.
script stubs_worker <<'LUA'
local names = {}
for name in pairs(worker) do
	names[#names + 1] = (name == "message" or name == "peek") and name or nil
end
worker.message(table.concat(names, " "))
LUA

# shellcheck disable=SC2086
lua_checks "$lua/stubs.lua" "$SUITE_DIR" $files
# shellcheck disable=SC2086
lua_checks "$lua/stubs_hooks.lua" softirq "$SUITE_DIR" $files
finish
