#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# processes: user-space actors. Each check is named after the section of the conformance list that it is for.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# The program of which the parts and their actors are modules.
program=$WORK/program
mkdir "$program"
cp -r "$SUITE_DIR"/lua/actor_run.lua "$SUITE_DIR"/lua/actor_process_*.lua "$SUITE_DIR/lua/actors" "$program"

# hosts: the number of processes that host actors.
hosts() {
	ps -o args | grep -c "^/[^ ]*lunatik host "
}
no_hosts() { [ "$(hosts)" = 0 ]; }

for part in options channel values children inside sandbox memory; do
	# Without memory, hundreds of processes are started.
	[ $part = memory ] && seconds=280 || seconds=100
	lua_checks "$program/actor_run.lua" "$SUITE_DIR" "process_$part" $((seconds * SLOWER))
	check "process_$part: no process is left" wait_until 10 no_hosts
done

check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
finish
