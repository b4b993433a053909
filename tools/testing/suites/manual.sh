#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The examples of the manual, as --help shows them: each one works.

. "$(dirname "$0")/../lib/ktap.sh"

# The scripts that the examples name are here.
cd /lib/modules/lua || exit 1

# examples COMMAND...: prints the lines of the examples of a page.
examples() { lunatik "$@" --help | sed -n '/^Examples:$/,/^[A-Z]/s/^      //p'; }

# The pages assume two running scripts, and a module that was just built.
prepare() {
	lunatik load && lunatik shutdown && lunatik status --clear &&
		lunatik spawn ticker 50 && lunatik spawn --name slow ticker 1000 && written ticker
}
written() { wait_until 10 sh -c "lunatik logs $1 2>/dev/null | grep -q tick"; }

# works EXAMPLE: runs EXAMPLE. A command that follows a script ends when the script is stopped.
works() {
	case $1 in
	*' -f '*)
		sh -c "$1" >"$WORK/followed" </dev/null &
		wait_until 10 grep -q tick "$WORK/followed" && lunatik stop ticker && wait $!
		;;
	*--follow*)
		# A signal to the script's command, as from a terminal.
		$1 >"$WORK/followed" </dev/null &
		following=$!
		wait_until 10 sh -c 'lunatik list | grep -qx passwd' && kill -TERM $following && wait $following
		;;
	*) within $((30 * SLOWER)) sh -c "$1" </dev/null ;;
	esac
}

lunatik list >/dev/null || exit 1
for page in '' $(lunatik --help | sed -n '/^Commands:$/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	case $page in
	help) continue ;;
	# These start scripts of the same names, one after the other.
	'' | run | spawn) lunatik shutdown ;;
	*) prepare >/dev/null ;;
	esac
	# shellcheck disable=SC2086
	examples $page >"$WORK/examples"
	check "there are examples of lunatik $page" test -s "$WORK/examples"
	while IFS= read -r example <&3; do
		case $example in
		*'lunatik stop '* | *shutdown*) [ -z "$page" ] || prepare >/dev/null ;;
		esac
		check "$example" works "$example"
	done 3<"$WORK/examples"
done
check_output "what the pages say of results is so" "42" sh -c "printf 'x = 6\nx * 7\n' | lunatik repl"
check "the graph is where its page says" test -s /tmp/ticker.svg
check "so are the metrics" grep -q '^lunatik_sessions 1$' /tmp/lunatik.prom
rm -f /tmp/ticker.svg /tmp/ticker.folded /tmp/lunatik.prom
finish
