# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=sh
#
# Scripts with one hook of netfilter, for suites. Sourced after ktap.sh.
#
#	hook counts "$LOCAL_IN" "return ACCEPT"
#	check "packets pass" pings
#	check_output "the hook gets them" 6 ask counts seen
#	stop counts

# The fields of a usual hook.
LOCAL_IN="pf = nf.proto.IPV4, hooknum = nf.inet.LOCAL_IN, priority = 0"

# hook NAME FIELDS BODY [OPTION...]: starts the script suite/NAME with one hook, whose function gets `skb` and has this
# body. `seen` is the number of packets so far, `list` a table for what the body finds, `hook` the hook.
hook() {
	hook_name=$1 hook_fields=$2 hook_body=$3
	shift 3
	lunatik run -c softirq --name "suite/$hook_name" "$@" - <<-LUA
		local netfilter, nf = require("netfilter"), require("linux.nf")
		local ACCEPT, DROP, QUEUE = nf.action.ACCEPT, nf.action.DROP, nf.action.QUEUE
		local seen, list, hook = 0, {}
		hook = netfilter.register({ $hook_fields, hook = function(skb)
			seen = seen + 1
			$hook_body
		end })
		return function(what, value)
			if what == "seen" then
				-- A packet is missed where the host takes the CPU away that executes the runtime.
				return seen + (hook and hook:stats().missed or 0)
			elseif what == "list" then
				return table.concat(list, " ")
			elseif what == "enable" then
				return hook:enable(value)
			elseif what == "stop" then
				return hook:stop()
			end
			return hook:stats()[what]
		end
	LUA
}

# ask NAME WHAT [VALUE]: prints what the script answers: "seen", the packets that the hook got; "list"; or a figure of the hook.
# Or it switches the hook by "enable" or "stop". VALUE is an expression of Lua.
ask() {
	lunatik eval "return require('lunatik')._ENV.runtimes['suite/$1']:resume('$2', ${3:-nil})"
}

# grows NAME WHAT COMMAND...: whether a figure is greater after the command.
grows() {
	grows_name=$1 grows_what=$2
	shift 2
	grows_before=$(ask "$grows_name" "$grows_what")
	"$@" >/dev/null 2>&1
	grows_after=$(ask "$grows_name" "$grows_what")
	echo "$grows_what: $grows_before, then $grows_after"
	[ "$grows_after" -gt "$grows_before" ]
}

# stays NAME WHAT COMMAND...: whether it is the same.
stays() {
	! grows "$@" && [ "$grows_before" = "$grows_after" ]
}

# stop NAME: stops the script suite/NAME.
stop() {
	within 20 lunatik stop "suite/$1"
}

# pings, pings6: three packets to the machine itself come back.
pings() {
	packets ping 127.0.0.1 --count 3 --timeout-ms $((200 * SLOWER))
}
pings6() {
	packets ping ::1 --count 3 --timeout-ms $((200 * SLOWER))
}
# ping_once: as pings, with one packet, for hooks that lose it.
ping_once() {
	packets ping 127.0.0.1 --timeout-ms $((200 * SLOWER))
}
