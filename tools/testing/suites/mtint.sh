#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Interrupts of single threads of Lua, threads with runtimes of their own, and buffers of messages.
#
# MTINT_README is the file with the examples of the module's own manual, which run unchanged. The default is the file in
# the folder "shared" next to the checkout, if it is visible from here.
# alone: interrupts need both processors at once, and waits have limits

. "$(dirname "$0")/../lib/ktap.sh"

INTERRUPTS=${INTERRUPTS:-$(stressed $((200000 / SLOWER / SLOWER)))}
README=${MTINT_README:-$SUITE_DIR/../../../shared/seeds/003_e96984f91603aa77.txt}

# nothing_left: whether only named runtimes are left.
nothing_left() {
	! lunatik list --all | grep -q "thread-"
}

lua_checks "$SUITE_DIR/lua/mtint.lua" "$SUITE_DIR"
# Buffers at their limits count.
MEM=128M lua_checks "$SUITE_DIR/lua/mtmsg.lua" "$SUITE_DIR"
lua_checks "$SUITE_DIR/lua/llthreads.lua" "$SUITE_DIR"
check "threads that nobody joins end" wait_until 10 nothing_left

# The examples of the manual. Each begins with the same line and ends when the thread has been joined.
if [ -f "$README" ]; then
	awk -v to="$WORK/readme" '
		/^local llthreads = require/ { number++; on = 1 }
		on { print > (to number ".lua") }
		/^(assert\()?thread:join\(\)/ || /^assert\(err:match\(mtint.error.interrupted\)\)$/ { on = 0 }' "$README"
	check "the manual has three examples" test "$(ls "$WORK"/readme*.lua | wc -l)" = 3
	for number in 1 2 3; do
		check "example $number of the manual runs as it is" within 30 lunatik run "$WORK/readme$number.lua"
	done
else
	skip "the examples of the manual run as they are" "there is no $README"
fi

# From runtime to runtime, by number.
cat >"$WORK/victim.lua" <<'LUA'
local shared, mtint = require("lunatik")._ENV, require("mtint")
return function()
	shared["suite.victim"] = mtint.id()
	while true do
	end
end
LUA
victim() {
	lunatik eval 'require("lunatik")._ENV["suite.victim"] = nil'
	lunatik spawn --name suite/victim "$WORK/victim.lua"
	wait_until 10 sh -c 'lunatik eval "assert(require(\"lunatik\")._ENV[\"suite.victim\"])"'
}
interrupt='return require("mtint").interrupt(require("lunatik")._ENV["suite.victim"])'
victim
check_says "another runtime is interrupted by whom that is permitted" 1 'permission "runner" denied for '"'suite/victim'" \
	lunatik eval -P all -P '~runner' "$interrupt"
check_says "by name" 1 'permission "runner" denied' lunatik eval -P rcu -P runner=suite/other "$interrupt"
check "so that it still runs" running suite/victim
eval_is "with permission it is" "true" -P rcu -P 'runner=suite/*' "$interrupt"
check "and ends" wait_until 10 not_running suite/victim
check "with that error" sh -c 'lunatik status suite/victim | grep -q "mtint.error.interrupted"'
eval_is "which is the end of its number" "false	mtint.error.unknown_object" '
	local ok, err = pcall(require("mtint").interrupt, require("lunatik")._ENV["suite.victim"])
	return ok, (err:gsub(":.*", ""))'

# The effect of a stop on runtimes that wait.
waiter() {
	echo "$2" >"$WORK/$1.lua"
	lunatik spawn --name "suite/$1" "$WORK/$1.lua"
	wait_until 10 sh -c "lunatik list --all | grep 'suite/$1 ' | grep -q blocked"
	check "a runtime that $3 is stopped" within 5 lunatik stop "suite/$1"
	check "and gone" not_running "suite/$1"
	check "with its threads" wait_until 10 nothing_left
}
waiter buffer 'return function() require("mtmsg").newbuffer():nextmsg() end' "waits for a message"
waiter sleep 'return function() require("mtmsg").sleep(1000.5) end' "sleeps"
waiter join 'return function()
	require("llthreads2.ex").new(function() while true do end end):start():join()
end' "waits for a thread"
waiter swallow 'return function()
	while true do pcall(function() require("mtmsg").newbuffer():nextmsg() end) end
end' "waits again and again"
waiter handler 'return function()
	local mtint, mtmsg = require("mtint"), require("mtmsg")
	mtint.sethook(function() mtmsg.newbuffer():nextmsg() end)
	mtint.interrupt(mtint.id())
end' "waits in a handler"

# A handler that never returns, and a thread that does nothing except being interrupted.
busy() {
	echo "$2" >"$WORK/$1.lua"
	lunatik spawn --name "suite/$1" "$WORK/$1.lua"
	check "a runtime that $3 is stopped" within 5 lunatik stop "suite/$1"
}
busy loop 'return function()
	local mtint = require("mtint")
	mtint.sethook(function() while true do end end)
	mtint.interrupt(mtint.id())
end' "loops in a handler"
busy always 'return function()
	local mtint = require("mtint")
	mtint.sethook(function() pcall(error) end)
	mtint.interrupt(mtint.id(), true)
	while true do pcall(function() local x = {} end) end
end' "is interrupted all the time"
busy eachother 'return function()
	local llthreads, mtmsg = require("llthreads2.ex"), require("mtmsg")
	local ids = mtmsg.newbuffer()
	for _ = 1, 2 do
		llthreads.new(function(ids)
			local mtint, mtmsg = require("mtint"), require("mtmsg")
			mtint.sethook(function() end)
			mtmsg.buffer(ids):addmsg(mtint.id())
			while true do end
		end, ids:id()):start(true)
	end
	local one, other = ids:nextmsg(), ids:nextmsg()
	while true do
		require("mtint").interrupt(one, true)
		require("mtint").interrupt(other)
	end
end' "interrupts others without end"
lunatik shutdown
check "a shutdown ends detached threads" nothing_left

# Stress.
echo "# $INTERRUPTS interrupts"
MEM=32M lua_checks "$SUITE_DIR/lua/mtint_stress.lua" "$SUITE_DIR" "$INTERRUPTS"
check "no thread is left" wait_until 10 nothing_left
check "the module can be unloaded" lunatik unload
check "and loaded again" lunatik load
finish
