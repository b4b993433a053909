#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# actors: VMs that send each other messages. Each check is named after the section of the conformance list that it is
# for.

. "$(dirname "$0")/../lib/ktap.sh"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 || exit 1

# The program of which the parts and their actors are modules, with some that could not be in a repository.
program=$WORK/program
mkdir "$program"
cp -r "$SUITE_DIR"/lua/actor_*.lua "$SUITE_DIR/lua/actors" "$program"
echo 'local x = = 1' >"$program/actors/modules/broken.lua"
mkdir "$program/actors/modules/folder.lua"

# actors COUNT: whether so many actors live.
actors() {
	[ "$(lunatik list --all | grep " actor " | grep -vc " failed ")" = "$1" ]
}

# conformance PART: runs the checks of one part.
conformance() {
	lua_checks "$program/actor_run.lua" "$SUITE_DIR" "$1" $((100 * SLOWER))
	check "$1: all actors are gone" wait_until 10 actors 0
}
for part in errors fibers coroutines interruption this_fiber scopes sync futures random \
	spawn modules inbox senders channel values lifetime contexts master memory seed; do
	[ -e "$program/actor_$part.lua" ] || not_ok "there are checks of $part"
	conformance $part
done

check "the module can be unloaded" within 30 lunatik unload
check "and loaded again" lunatik load
finish
