#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Completion of the command's arguments: names of runtimes and scripts, and no candidates if the kernel does not answer.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
# offers WORD...: prints the candidates for the last word, in one line.
offers() { lunatik __complete -- lunatik "$@" 2>&1 | cut -f 1 | tr '\n' ' '; }
is_offered() {
	wanted=$1
	shift
	got=$(offers "$@")
	[ "$got" = "$wanted" ] || { echo "offered: $got"; return 1; }
}
# silent WORD...: whether the command succeeds promptly and writes nothing.
silent() {
	within 10 lunatik __complete -- lunatik "$@" >said 2>&1 || return 1
	[ ! -s said ] || { cat said; return 1; }
}

cat >/lib/modules/lua/suite_part.lua <<'LUA'
worker.peek()
LUA
echo 'local w = { worker.create("suite_part") }
return function() pcall(worker.receive, w[1]) end' >parts.lua
echo 'return 1' >ends.lua
echo 'return function() while true do require("linux").schedule(1000) end end' >stays.lua

check "names are not offered while nothing runs" silent stop ""
lunatik spawn stays.lua
lunatik spawn --name stays_too stays.lua
lunatik spawn parts.lua
lunatik run ends.lua
for command in stop profile status logs; do
	check "names of scripts are offered to $command" is_offered "stays stays_too " $command st
done
check "all of them" is_offered "parts stays stays_too suite_part " stop ""
check "also behind a name" is_offered "parts " stop stays p
check "and behind options" is_offered "parts " stop --grace 1s p
check "and for --name, to replace one" is_offered "stays stays_too " run --replace --name st
check "a script that has ended has a log" is_offered "ends " logs e
check "but cannot be stopped" silent stop e
check "a worker has no log of its own" silent logs su
check "what has the name is told" sh -c 'lunatik __complete -- lunatik stop stays_ | grep -q "^stays_too	spawn, "'
check "names are offered as values of a permission" is_offered "runner=stays runner=stays_too " run -P runner=st
check "the session of a completion ends with it" wait_until 10 sh -c 'lunatik metrics | grep -qx "lunatik_sessions 1"'

check "scripts are offered by name" is_offered "ticker " run tick
check "to spawn, too" is_offered "ticker " spawn --mem 1M tick
check "and files by path" is_offered "./stays.lua " run ./st
check "a name that is no file of a script is none" silent run no_such_script

# A name is a text that anybody who starts scripts chooses.
esc=$(printf '\033')
lunatik spawn --name "evil${esc}[2Jx" stays.lua
check "a name with an escape sequence is not offered" silent stop evil
lunatik spawn --name "two words" stays.lua
check "one with a blank is" is_offered "two words " stop two

# A kernel that does not answer.
mv /dev/lunatik /dev/lunatik.sav
check "without a device nothing is offered" silent stop ""
mkfifo /dev/lunatik
check "a FIFO in its place is not waited for" silent stop st
rm /dev/lunatik
mknod /dev/lunatik c 1 5
check "another device is not read" silent stop st
rm /dev/lunatik
mv /dev/lunatik.sav /dev/lunatik
if su -s /bin/sh nobody -c true 2>/dev/null; then
	check "without permission nothing is offered" su -s /bin/sh nobody -c '[ -z "$(lunatik __complete -- lunatik stop st 2>&1)" ]'
else
	skip "without permission nothing is offered" "there is no user nobody here"
fi
lunatik unload
check "without the module nothing is offered" silent stop st
check_fails "and the module is not loaded for it" test -e /sys/module/lunatik
# A node that has outlived the module. If it were opened, the kernel would look for a module.
mknod -m 600 /dev/lunatik c 10 250
check "nor for a node that is left over" silent stop st
check_fails "which loads none" test -e /sys/module/lunatik
check "scripts are offered without the module" is_offered "ticker " run tick
rm /dev/lunatik
lunatik load
rm -f /lib/modules/lua/suite_part.lua
finish
