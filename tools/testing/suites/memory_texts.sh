#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Memory for texts: of scripts while they are compiled, and of errors. It counts against the script that needs it. Texts
# that are kept after a script has ended count against nobody.

. "$(dirname "$0")/../lib/ktap.sh"

folder=/lib/modules/lua
limited="-P load -P runner -P thread -P fs:read=$folder/*"

# A script of 3 MiB that compiles to almost nothing.
{
	echo 'X = ("x"):rep(... or 100)'
	head -c 3145728 /dev/zero | tr '\0' '-'
	echo
	echo 'if worker and worker.message then worker.message("ran") end return function() return #X end'
} >$folder/suite_long.lua
cp $folder/suite_long.lua "$WORK/long.lua"

check_says "a script that is longer than its limit is not read" 1 "not enough memory" lunatik run --mem 2M suite_long
check "one that is shorter is" lunatik run --mem 8M suite_long
check "its text is free when it runs" lunatik run --mem 8M suite_long 6000000

# tries NAME PERMISSIONS LUA: does it in a script that must reach the end of its memory, and in one with more memory.
tries() {
	# shellcheck disable=SC2086
	check_output "$1, of a script that may have 2 MiB" "not enough memory" lunatik eval --mem 2M $2 \
		"local good, why = pcall(function() $3 end) return (tostring(why):match('not enough memory'))"
	# shellcheck disable=SC2086
	check_output "$1, of one that may have 12 MiB" "nil" lunatik eval --mem 12M $2 \
		"local good, why = pcall(function() $3 end) return (tostring(why):match('not enough memory'))"
}
for may in "" "$limited"; do
	tries "a child${may:+ with few permissions}" "$may" 'require("lunatik").runtime("suite_long"):stop()'
	tries "a worker${may:+ with few permissions}" "$may" 'worker.receive((worker.create("suite_long")))'
	tries "a thread${may:+ with few permissions}" "$may" "require('llthreads2.ex').new('@$folder/suite_long.lua')"
done

# Many workers read their texts in turn, within the memory limit of their maker.
# shellcheck disable=SC2086
check_output "many workers read no more at one time than their maker may" "true" lunatik eval --mem 16M $limited '
	local made, ran = {}, 0
	for i = 1, 40 do
		local good, one = pcall(worker.create, "suite_long")
		if good then
			made[#made + 1] = one
		end
	end
	for _, one in ipairs(made) do
		local good, value = pcall(worker.receive, one)
		ran = ran + (good and value == "ran" and 1 or 0)
	end
	return ran > 0'

# Functions that are sent to threads. They are copied twice: as code, and by the thread.
for held in 0 14; do
	wanted=$([ $held = 14 ] && echo "not enough memory" || echo true)
	eval_is "a function of 3 MiB for a thread, of a script that has $held of 24 MiB" "$wanted" --mem 24M '
		local made = assert(load("return [[" .. ("x"):rep(3 << 20) .. "]]"))
		local held = {}
		for i = 1, '$held' do
			held[i] = ("x"):rep((1 << 20) - 64) .. i
			collectgarbage()
		end
		local good, why = pcall(require("llthreads2.ex").new, made)
		return good or tostring(why):match("not enough memory")'
done

# Results.
check_says "one string that is returned a hundred times is no message" 1 "larger than a frame" lunatik eval '
	local text, all = ("x"):rep(8 << 20), {}
	for i = 1, 100 do
		all[i] = text
	end
	return table.unpack(all)'
check_says "nor is what __tostring gives" 1 "larger than a frame" lunatik eval '
	local text, all = ("x"):rep(1 << 20), {}
	for i = 1, 100 do
		all[i] = setmetatable({}, { __tostring = function() return text end })
	end
	return table.unpack(all)'
check "what fits is" sh -c 'test "$(lunatik eval "return (\"x\"):rep(2000000), (\"x\"):rep(2000000)" | wc -c)" -gt 4000000'

# Open files of many workers.
echo 'local files = {}
	for i = 1, 60 do files[i] = io.open("/etc/passwd") files[i]:read(1) end
	worker.message(#files) worker.peek()' >$folder/suite_opens.lua
eval_is "open files count" "true" --mem 16M '
	local made, files = {}, 0
	for i = 1, 1000 do
		local good, one = pcall(worker.create, "suite_opens")
		if not good then
			break
		end
		made[i] = one
		local had, count = pcall(worker.receive, one)
		files = files + (had and count or 0)
	end
	return files > 500 and files < 3600'

# Entries of the table that all runtimes share.
eval_is "what a script writes to the table of all counts against it" "not enough memory" --mem 4M '
	local env = require("lunatik")._ENV
	local good, why = pcall(function()
		for i = 1, 200 do
			env["suite." .. i] = ("x"):rep(60000) .. i
		end
	end)
	for i = 1, 200 do
		env["suite." .. i] = nil
	end
	return (tostring(why):match("not enough memory"))'
eval_is "and no more when it is removed" "true" --mem 4M '
	local env = require("lunatik")._ENV
	for i = 1, 200 do
		local text = ("x"):rep(60000) .. i
		repeat until pcall(function() env["suite.one"] = text end)
	end
	env["suite.one"] = nil
	return true'

# Errors.
echo 'local text = ("x"):rep(5 << 19)
	local held = {}
	for i = 1, ... or 0 do held[i] = ("y"):rep(1000) .. i end
	error(text, 0)' >$folder/suite_fails.lua
echo 'io.write(("x"):rep(60000)) error(("x"):rep(1 << 20))' >$folder/suite_tells.lua
check_says "a long error is told of" 1 xxxxxxxx lunatik run --mem 8M suite_fails
check_says "where there is no memory for it, its beginning is" 1 xxxxxxxx lunatik run --mem 8M suite_fails 2800
eval_is "errors of threads count while somebody has them" "not enough memory" --mem 16M '
	local threads, made = require("llthreads2.ex"), {}
	local good, why = pcall(function()
		for i = 1, 100 do
			local thread = threads.new("error(string.rep([[x]], 1 << 20))")
			thread:start()
			made[i] = { thread, thread:join() }
			if #tostring(made[i][3]) < 1 << 20 then
				error("not enough memory")
			end
		end
	end)
	made = nil
	return tostring(why):match("not enough memory")'

machine() { awk '/MemFree/ { print $2 }' /proc/meminfo; }
before=$(machine)
eval_is "what is kept of children that have failed does not count against their maker" "90	5000000" --mem 8M '
	local lunatik = require("lunatik")
	local failed = 0
	for i = 1, 90 do
		failed = failed + (pcall(lunatik.runtime, "suite_tells") and 0 or 1)
		collectgarbage()
	end
	return failed, #("x"):rep(5000000)'
taken=$((before - $(machine)))
check "and is little" test "$taken" -lt 24000
check "scripts by other names, one after the other" sh -c 'for i in $(seq 70); do
	lunatik run --mem 8M --name suite/fails$i suite_tells && exit 1
done >/dev/null 2>&1
true'
taken=$((before - $(machine)))
echo "# kept: $taken KiB"
check "leave little behind" test "$taken" -lt 24000
check "status has the beginnings of their errors" sh -c 'lunatik status suite/fails70 | grep -q xxxxxxxx'
check "they can be forgotten" lunatik status --clear
finish
