#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The cost of idle runtimes, and that ten thousand of them can exist and end at once.

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua/suite
mkdir -p "$folder"
cat >"$folder/idle.lua" <<'SCRIPT'
local first = ...
return function(number)
	local names = {}
	for name, library in pairs(package.loaded) do
		if name ~= "_G" and type(library) == "table" and next(library) and _G[name] == library then
			names[#names + 1] = name
		end
	end
	table.sort(names)
	return first + number, table.concat(names, " ")
end
SCRIPT

# Debugging kernels need more memory for each block, and an emulated processor has other proportions.
case $KIND in
um | '') count=10000 most_kib=24 most_ratio=2 ;;
qemu) count=10000 most_kib=24 most_ratio=0 ;;
*) count=1000 most_kib=0 most_ratio=0 ;;
esac

free() {
	awk '/MemFree/ { print $2 }' /proc/meminfo
}
before=$(free)
within 200 lunatik run --mem 400M --name suite/cost "$SUITE_DIR/lua/cost.lua" "$SUITE_DIR" $count $most_kib $most_ratio \
	>"$WORK/cost.out" 2>"$WORK/cost.err"
take_checks cost $?

# All of them end at once, with the last handle.
check "who holds them is stopped" within 60 lunatik stop suite/cost
came_back() {
	[ $((before - $(free))) -lt 32768 ]
}
check "and the memory of all of them comes back" wait_until 60 came_back
rm -rf "$folder"
finish
