#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The whole language, in the kernel; the same checks hold in user space.

. "$(dirname "$0")/../lib/ktap.sh"

lua_checks "$SUITE_DIR/lua/language.lua" "$SUITE_DIR"
lua_checks "$SUITE_DIR/lua/language_kernel.lua" "$SUITE_DIR"
lua_checks "$SUITE_DIR/lua/yields.lua" "$SUITE_DIR"

# The constants need a function of the tests' module.
lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1
cat >/lib/modules/lua/suite_constants.lua <<'SCRIPT'
local nf, ipproto = require("linux.nf"), require("linux").socket.ipproto
local atomically = require("lunatik.testing").atomically
return function()
	return atomically(function()
		return ("%d %d %d %d"):format(nf.inet.FORWARD, nf.ip.pri.NAT_DST, ipproto.UDP, nf.action.STOP)
	end)
end
SCRIPT
lua_checks "$SUITE_DIR/lua/constants.lua" "$SUITE_DIR"
rm /lib/modules/lua/suite_constants.lua
check_fails "math.random starts elsewhere in each runtime" test \
	"$(lunatik eval 'return math.random(0)')" = "$(lunatik eval 'return math.random(0)')"

if command -v user-lua >/dev/null; then
	for checks in language yields; do
		user-lua "$SUITE_DIR/lua/$checks.lua" "$SUITE_DIR"
	done >"$WORK/user.out" 2>&1
	check_fails "the checks of the language hold in user space too" grep -v '^ok ' "$WORK/user.out"
fi

# require from files, from the command line.
mkdir -p /lib/modules/lua/suite/package
echo 'local name, path = ... return { name = name, path = path }' >/lib/modules/lua/suite/plain.lua
echo 'return "init"' >/lib/modules/lua/suite/package/init.lua
echo 'return 1 +' >/lib/modules/lua/suite/broken.lua
echo 'return require("suite.loop_b")' >/lib/modules/lua/suite/loop_a.lua
echo 'return require("suite.loop_a")' >/lib/modules/lua/suite/loop_b.lua
eval_is "require gives a module its name and its path" "suite.plain	/lib/modules/lua/suite/plain.lua" \
	'local m, path = require("suite.plain"); assert(path == m.path); return m.name, m.path'
eval_is "require finds init.lua" "init" 'return (require("suite.package"))'
eval_is "require loads a module once" "true" 'return require("suite.plain") == require("suite.plain")'
check_says "require tells where a module is broken" 1 "/lib/modules/lua/suite/broken.lua:" \
	lunatik eval 'require("suite.broken")'
check_status "modules that require each other end in an error" 1 within 60 lunatik eval 'require("suite.loop_a")'
eval_is "two runtimes share no global" "nil" 'local was = shared; shared = 1; return was'
eval_is "and a second one sees nothing of the first" "nil" 'local was = shared; shared = 1; return was'
rm -r /lib/modules/lua/suite
finish
