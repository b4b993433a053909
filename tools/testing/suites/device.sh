#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Character devices in Lua, as programs see them.
# leaks: each open file, call and device must give back what it took

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
# device NAME: runs the driver on standard input under that name.
device() {
	cat >"$1.lua"
	lunatik run "$1.lua"
}

device plain <<'EOF'
local linux = require("linux")
local driver = {
	name = "suite_plain",
	mode = linux.stat.IRUGO | linux.stat.IWUSR,
	open = function(self, file) file.opened = true end,
	read = function(self, len, off, file)
		assert(file.opened)
		return self.text:sub(off + 1, off + len)
	end,
	write = function(self, buf, off, file) self.text = buf end,
	release = function(self, file) released = (released or 0) + 1 end,
}
require("device").new(driver)
driver.text = "hello\n"
EOF
check "the node appears" test -c /dev/suite_plain
check_output "with its mode" "644" stat -c %a /dev/suite_plain
check_output "it is read to its end" "hello" cat /dev/suite_plain
check "it is written" sh -c 'echo other >/dev/suite_plain'
check_output "and gives that back" "other" cat /dev/suite_plain
check_output "a read byte by byte gives the same" "other" dd if=/dev/suite_plain bs=1
check_output "a read from an offset starts there" "her" dd if=/dev/suite_plain bs=1 skip=2 count=3
check_says "a second device of the same name is refused" 1 "EEXIST" lunatik eval \
	'local good, err = pcall(require("device").new, { name = "suite_plain" }) error(tostring(err):find("exist") and "EEXIST" or err)'
check "opening it twice at once is fine" sh -c 'exec 3</dev/suite_plain 4</dev/suite_plain; cat <&3; cat <&4'
check "the script is stopped" lunatik stop plain
check_fails "the node is gone" test -e /dev/suite_plain

check "callbacks may be missing" device empty <<'EOF'
require("device").new({ name = "suite_empty" })
EOF
check_output "its mode is 600" "600" stat -c %a /dev/suite_empty
check_output "then reading is the end of the file" "" cat /dev/suite_empty
check "and writing takes all" sh -c 'echo x >/dev/suite_empty'
lunatik stop empty

# Invalid driver tables.
for driver in '{}' '{ name = 5.5 }' '{ name = "" }' '{ name = "a/b" }' '{ name = ("x"):rep(64) }' '{ name = "suite_x", mode = "rw" }' 'nil' '5'; do
	check_status "device.new($driver) is refused" 1 lunatik eval "require('device').new($driver)"
done

# Callbacks that cannot be called, and unknown fields.
for callback in open release read write; do
	for value in 5 '"text"' '{}' true false 'io.stdout' 'coroutine.create(print)'; do
		check_says "a '$callback' that is $value is refused" 1 "field '$callback' must be a function" \
			lunatik eval "require('device').new({ name = 'suite_x', $callback = $value })"
	done
	check "a '$callback' that has __call is fine" \
		lunatik eval "require('device').new({ name = 'suite_x', $callback = setmetatable({}, { __call = print }) })"
done
check_says "so is one that __index gives and that cannot be called" 1 "field 'read' must be a function, got number" \
	lunatik eval 'require("device").new(setmetatable({ name = "suite_x" }, { __index = { read = 5 } }))'
check_says "a field with a slip in its name is named" 1 "unknown field 'raed'" \
	lunatik eval 'require("device").new({ name = "suite_x", raed = print })'
check_says "so is one that is no callback" 1 "unknown field 'colour'" \
	lunatik eval 'require("device").new({ name = "suite_x", colour = "blue" })'
check_says "and an element" 1 "unknown field 1" lunatik eval 'require("device").new({ "suite_x", name = "suite_x" })'
check_says "a key of another type is told by it" 1 "unknown field of type table" \
	lunatik eval 'require("device").new({ name = "suite_x", [{}] = 1 })'
check_fails "none of these has made a node" test -e /dev/suite_x
eval_is "what is its own comes afterwards, or from __index" "true" 'local driver = setmetatable({ name = "suite_x" }, { __index = { text = "x" } })
	require("device").new(driver)
	driver.more = 1
	return true'

check "a name of 63 bytes is fine" lunatik eval 'require("device").new({ name = ("x"):rep(63) })'
check_fails "and its node goes with its runtime" test -e "/dev/$(printf '%063d' 0 | tr 0 x)"

# Errors of callbacks.
device wrong <<'EOF'
local device = require("device")
local function new(name, driver)
	driver.name = "suite_" .. name
	device.new(driver)
end
new("error", { read = function() error("read failed") end, write = function() error({ errno = "EAGAIN" }) end })
new("table", { read = function() return {} end })
new("number", { read = function() return 12345 end })
new("newoff", { read = function(_, len, off) if off == 0 then return "text", "no integer" end end })
new("moves", { read = function(_, len, off) if off < 30 then return tostring(off) .. " ", off + 10 end end })
new("negative", { read = function(_, len, off) return "text", -5 end })
new("long", { read = function(_, len, off) if off == 0 then return ("x"):rep(1 << 20) end end })
new("noopen", { open = function() error({ errno = "EBUSY" }) end })
new("badopen", { open = function() error("no") end })
new("badrelease", { release = function() error("no") end })
new("partly", { write = function(_, buf) return #buf > 2 and 2 or #buf end })
new("toomuch", { write = function(_, buf) return #buf + 1 end })
new("minus", { write = function(_, buf) return -1 end })
new("strange", { write = function(_, buf) return "many" end })
new("errno", { read = function() error({ errno = "ENOSUCHTHING" }) end })
new("deep", { read = function(self) return self.read(self) end })
EOF
check_says "an error in read is EIO" 1 "Input/output error" cat /dev/suite_error
check "its message is in the log" sh -c 'lunatik logs wrong 2>&1 | grep -q "read failed"'
check_says "an errno that the script names is given" 1 "Resource temporarily unavailable" dd if=/dev/zero of=/dev/suite_error bs=1 count=1
check_status "a read that returns a table is an error" 1 cat /dev/suite_table
check_says "a read that returns a number is an error" 1 "Input/output error" dd if=/dev/suite_number bs=100 count=1
check_says "so is one whose second result is no integer" 1 "Input/output error" dd if=/dev/suite_newoff bs=100 count=1
check_output "a read moves the offset" "0 10 20 " cat /dev/suite_moves
check_says "a negative offset is an error" 1 "Input/output error" dd if=/dev/suite_negative bs=100 count=1
check_output "a result that is too long is cut" "100" sh -c 'dd if=/dev/suite_long bs=100 count=1 2>/dev/null | wc -c'
check_says "open may refuse" 1 "busy" cat /dev/suite_noopen
check_says "an error in open is EIO" 1 "Input/output error" cat /dev/suite_badopen
check "an error in release does no harm" sh -c 'cat /dev/suite_badrelease'
check "a write that takes a part is continued" sh -c 'echo 12345 >/dev/suite_partly'
check_status "a write that takes more than there is is an error" 1 sh -c 'echo 1 >/dev/suite_toomuch'
check_status "a negative one too" 1 sh -c 'echo 1 >/dev/suite_minus'
check_status "and one that is no number" 1 sh -c 'echo 1 >/dev/suite_strange'
check_says "an errno that does not exist is EIO" 1 "Input/output error" cat /dev/suite_errno
cat /dev/suite_deep >/dev/null 2>&1 &
reader=$!
check "an endless tail call in a callback runs" wait_until 5 sh -c 'lunatik status wrong | grep -q running'
kill -KILL $reader
check "and its caller can be killed" wait_until 5 gone $reader
check "the script is stopped after all this" within 20 lunatik stop wrong

# A device that is kept open during a stop.
device kept <<'EOF'
require("device").new({ name = "suite_kept", read = function() return "x" end })
EOF
exec 5</dev/suite_kept
check_output "a file that is open reads" "x" dd bs=1 count=1 <&5
check "the script is stopped while the file is open" within 10 lunatik stop kept
check_says "then reading is ENODEV" 1 "No such device" dd bs=1 count=1 <&5
check "a new script may have the name" lunatik run kept.lua
check_says "the old file stays dead" 1 "No such device" sh -c 'dd bs=1 count=1 <&5'
check_output "the new one reads" "x" dd if=/dev/suite_kept bs=1 count=1
exec 5<&-
lunatik stop kept

device ends <<'EOF'
local dev
dev = require("device").new({
	name = "suite_ends",
	read = function() return "x" end,
	write = function() dev:stop() dev:stop() end,
})
EOF
exec 5</dev/suite_ends
check "a device that stops itself within a callback" sh -c 'echo >/dev/suite_ends'
check_fails "is gone" test -e /dev/suite_ends
check_says "for those who have it open too" 1 "No such device" dd bs=1 count=1 <&5
exec 5<&-
check "its script is stopped" lunatik stop ends

# Calls that block, and long calls.
device slow <<'EOF'
local linux = require("linux")
require("device").new({
	name = "suite_slow",
	read = function() linux.schedule(1000000) return "woke" end,
	write = function() while true do end end,
})
EOF
cat /dev/suite_slow >/dev/null 2>&1 &
reader=$!
kill -KILL $reader
check "a process that waits in a callback can be killed" wait_until 10 gone $reader
sh -c 'exec echo x >/dev/suite_slow' >/dev/null 2>&1 &
writer=$!
kill -KILL $writer
check "a process in an endless callback can be killed" wait_until 10 gone $writer
cat /dev/suite_slow >/dev/null 2>&1 &
reader=$!
check "a script is stopped while a callback waits" within 20 lunatik stop slow
check "and its caller comes back" wait_until 10 gone $reader

# A huge write(2), and many callers.
device big <<'EOF'
local total, calls = 0, 0
require("device").new({
	name = "suite_big",
	write = function(_, buf) total = total + #buf calls = calls + 1 end,
	read = function(_, _, _, file)
		if not file.done then
			file.done = true
			return tostring(total)
		end
	end,
})
EOF
within 60 dd if=/dev/zero of=/dev/suite_big bs=32M count=1 2>/dev/null
status=$?
check "a write of 32 MiB ends, whatever it gives" test "$status" != 137
check_status "and the device works after it" 0 cat /dev/suite_big
before=$(cat /dev/suite_big)
for i in 1 2 3 4 5 6 7 8; do
	dd if=/dev/zero of=/dev/suite_big bs=1000 count=100 2>/dev/null &
	writers="$writers $!"
done
for pid in $writers; do wait "$pid"; done
check "eight writers at once lose nothing" test $(($(cat /dev/suite_big) - before)) = 800000
check "the script is stopped" lunatik stop big
for i in 1 2 3 4 5 6 7 8 9 10; do
	lunatik run plain.lua && lunatik stop plain || break
done
check "a device comes and goes ten times" test "$i" = 10
finish
