#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Contexts: what entering a runtime takes.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
if ! modprobe lunatik testing=1; then
	not_ok "the module is loaded with testing=1"
	finish
fi

folder=/lib/modules/lua
echo 'return function(...) return ... end' >$folder/suite_child.lua

# locks: how often the lock that all runtimes share was taken.
locks() {
	lunatik eval 'return require("lunatik.testing").graph_locks()'
}

# Entering a runtime that nobody else wants.
eval_is "a thousand calls into a runtime that nobody else wants take no lock of all runtimes" "0" '
	local testing = require("lunatik.testing")
	local child <close> = require("lunatik").runtime("suite_child")
	child:resume()
	local before = testing.graph_locks()
	for i = 1, 1000 do assert(child:resume(i) == i) end
	return testing.graph_locks() - before'
echo 'require("device").new({ name = "suite_contexts", read = function() return "x" end })' >$folder/suite_device.lua
lunatik run suite_device
before=$(locks)
check_output "a device is read a thousand times" "1000" sh -c 'dd if=/dev/suite_contexts bs=1 count=1000 2>/dev/null | wc -c'
after=$(locks)
check "what was counted is the two scripts that count" test $((after - before)) -lt 50
lunatik stop suite_device
eval_is "a stop takes it, so it is counted" "true" '
	local testing = require("lunatik.testing")
	local before = testing.graph_locks()
	require("lunatik").runtime("suite_child"):stop()
	return testing.graph_locks() > before'
rm $folder/suite_child.lua $folder/suite_device.lua
finish
