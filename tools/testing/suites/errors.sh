#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Errors that are not text: every place shows them by their type, and none by an address.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
DIR=/lib/modules/lua/suite
mkdir -p $DIR

# without_address NAME TEXT FILE: the file contains the text, and nothing that looks like an address.
without_address() {
	if grep -qF -- "$2" "$3" && ! grep -qE '0x[0-9a-f]{4}' "$3"; then
		ok "$1"
	else
		not_ok "$1" "no \"$2\", or an address, in: $(cat "$3")"
	fi
}

for kind in table function thread userdata boolean; do
	case $kind in
	table) value='{ code = 2 }' ;;
	function) value='print' ;;
	thread) value='coroutine.create(print)' ;;
	userdata) value='require("rcu").table()' ;;
	boolean) value='true' ;;
	esac
	want="(error object is a $kind value)"
	lunatik eval "error($value)" >said 2>&1
	without_address "eval: a $kind" "$want" said
	echo "error($value)" >run$kind.lua
	lunatik run run$kind.lua >said 2>&1
	without_address "run: a $kind" "$want" said
	lunatik status run$kind >said 2>&1
	without_address "status: a $kind" "$want" said
	lunatik status run$kind --json >said 2>&1
	without_address "its JSON: a $kind" "$want" said
	lunatik logs run$kind >said 2>&1
	without_address "logs: a $kind" "$want" said
	echo "error($value)" | lunatik repl >said 2>&1
	without_address "repl: a $kind" "$want" said
	echo "return function() error($value) end" >$DIR/fails.lua
	lunatik spawn suite/fails
	wait_until 5 not_running suite/fails
	lunatik logs suite/fails >said 2>&1
	without_address "a thread: a $kind" "$want" said
	lunatik status suite/fails >said 2>&1
	without_address "its status: a $kind" "$want" said
	lunatik eval 'local child <close> = require("lunatik").runtime("suite/fails") child:resume()' >said 2>&1
	without_address "resume: a $kind" "$want" said
	lunatik eval 'local t = require("lunatik.runner").spawn("suite/fails") return t:join()' >said 2>&1
	without_address "join: a $kind" "$want" said
	echo "error($value)" >$DIR/chunk.lua
	lunatik eval 'require("lunatik.runner").run("suite/chunk")' >said 2>&1
	without_address "runner.run: a $kind" "$want" said
	# Values that can travel arrive unchanged.
	if [ $kind != table ] && [ $kind != boolean ] && [ $kind != userdata ]; then
		lunatik eval 'worker.receive(worker.create("suite/chunk"))' >said 2>&1
		without_address "a worker: a $kind" "$want" said
	fi
	echo "require('device').new({ name = 'suite_fails', read = function() error($value) end })" >device.lua
	lunatik run device.lua
	cat /dev/suite_fails >/dev/null 2>&1
	lunatik stop device
	lunatik logs device >said 2>&1
	without_address "a callback: a $kind" "$want" said
done
check_says "a light userdata is one, too" 1 "(error object is a userdata value)" \
	lunatik eval 'error(debug.upvalueid(function() return print end, 1))'
check_says "an error that says what it is says it" 1 "lunatik: E42" \
	lunatik eval 'error(setmetatable({}, { __tostring = function() return "E42" end }))'
check_says "one that cannot is no harm" 1 "(error object cannot be shown)" \
	lunatik eval 'error(setmetatable({}, { __tostring = function() error("no") end }))'
check_says "numbers are text" 1 "lunatik: 42" lunatik eval 'error(42)'
rm -r $DIR
finish
