#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Coroutines that close themselves: where they may, which calls they skip, and that limits and stops hold afterwards.

. "$(dirname "$0")/../lib/ktap.sh"

lua_checks "$SUITE_DIR/lua/closing.lua" "$SUITE_DIR"

# A closing method is sheltered from an interrupt. The shelter ends when its coroutine closes itself there.
cat >"$WORK/shelter.lua" <<'END'
local thread = coroutine.create(function()
	local _ <close> = setmetatable({}, { __close = function() coroutine.close(coroutine.running()) end })
end)
print(coroutine.resume(thread))
while true do end
END
check_says "a limit of CPU time holds after that" 1 "CPU limit exceeded" \
	within 20 lunatik run --cpu-limit 100 "$WORK/shelter.lua"
within 20 lunatik run --name suite/shelter "$WORK/shelter.lua" >"$WORK/out" 2>&1 &
check "the script runs" wait_until 10 grep -q true "$WORK/out"
# The script has 3 s to end by itself and is then interrupted. A second interrupt would come after 3 s more.
check "and is stopped by the first interrupt" timeout -s KILL 5 lunatik stop --grace 3000 suite/shelter
finish
