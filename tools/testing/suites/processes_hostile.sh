#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# User-space actors whose processes misbehave in every way that tools/hostile-host knows: no other actor waits longer or
# receives anything wrong, each process can be killed, and nothing stays. SECONDS_OF_STRESS says how long it lasts, SEED
# and KINDS (a list) which attacks are made.
#
# leaks: processes that end at random must give back what they took

. "$(dirname "$0")/../lib/ktap.sh"

SECONDS_OF_STRESS=${SECONDS_OF_STRESS:-$(stressed 24)}
SEED=${SEED:-1}
KINDS=${KINDS:-random mutate forge flood room hold hoard fork token late early split exit mix echo}

# The program that hosts actors: another one for each plan. Its environment is empty.
cat >"$WORK/host" <<EOF
#!/bin/busybox sh
read -r plan <$WORK/plan
case \$plan in
honest) exec /bin/lunatik "\$@" ;;
never) exec /bin/busybox sleep 1000 ;;
exits) exit 1 ;;
*) exec /bin/hostile-host "\$@" ;;
esac
EOF
chmod +x "$WORK/host"
echo hostile >"$WORK/plan"
cp -r "$SUITE_DIR/lua/processes_hostile.lua" "$SUITE_DIR/lua/processes" "$WORK"

lunatik unload >/dev/null 2>&1
modprobe lunatik testing=1 "host=$WORK/host" || exit 1

# processes: the numbers of the processes that host actors, or were to.
processes() {
	for status in /proc/[0-9]*/comm; do
		case $(cat "$status" 2>/dev/null) in
		hostile-host | host | sleep) echo "$status" ;;
		*) tr '\0' ' ' <"${status%comm}cmdline" 2>/dev/null | grep -q "lunatik host " && echo "$status" ;;
		esac
	done
}
no_processes() {
	[ -z "$(processes)" ]
}
actors() {
	[ "$(lunatik list --all | grep " actor " | grep -vc " failed ")" = "$1" ]
}
# open_files: how many files are open in the machine.
open_files() {
	cut -f 1 /proc/sys/fs/file-nr
}

# half SEED SECONDS: makes attacks, and checks what the script and the processes have to say.
half() {
	: >"$WORK/report"
	# shellcheck disable=SC2086 # words
	within $((300 + $2)) lunatik run --mem 64M --name suite/hostile "$WORK/processes_hostile.lua" "$1" "$2" "$SLOWER" \
		"$WORK" "$WORK/processes/echo" $KINDS >"$WORK/out" 2>"$WORK/err"
	status=$?
	lunatik stop suite/hostile >/dev/null 2>&1
	if [ $status != 0 ] || ! tail -n 1 "$WORK/out" | grep -qx "done" || grep -q "^wrong" "$WORK/out" "$WORK/report"; then
		not_ok "attacks from $1 on, for $2 s" "status $status
$(grep -h "^wrong" "$WORK/out" "$WORK/report" | sort | uniq -c | sort -nr | head -n 15)
$(tail -n 3 "$WORK/err" "$WORK/honest")"
	else
		ok "attacks from $1 on, for $2 s"
	fi
	grep -v "^done$\|^wrong" "$WORK/out" | sed 's/^/# /'
	check "the end of the script has killed all processes" wait_until 20 no_processes
	check "all actors are gone" wait_until 10 actors 0
	for kind in $KINDS; do
		grep -h "^done: $kind " "$WORK/report" | awk -v kind="$kind" '
			{ n++ } { for (i = 4; i <= NF; i++) { split($i, part, "="); sum[part[1]] += part[2] } }
			END { printf "# %s: %d ended by themselves; calls accepted %d, refused %d; frames %d\n", kind, n,
				sum["accepted"], sum["refused"], sum["frames"] }'
		cat "$WORK/report" >>"$WORK/all"
	done
}

lunatik status --clear
files=$(open_files)
half_time=$(((SECONDS_OF_STRESS + 1) / 2))
half "$SEED" $half_time
lunatik status --clear
middle=$(kernel_memory)
half $((SEED + 1)) $half_time
for kind in $KINDS; do
	# These need not end by themselves, or say nothing then.
	case $kind in late) continue ;; esac
	check "$kind: a process has done what it is for" grep -q "^done: $kind .*\(accepted\|refused\|frames\)=[1-9]" "$WORK/all"
done
lunatik status --clear
files_are_back() { [ "$(open_files)" -le $((files + 16)) ]; }
check "all files are closed" wait_until 20 files_are_back
echo "# open files: $files before, $(open_files) after"
case $KIND in
um | umlockdep | qemu | '')
	# The kernel keeps some memory for the next round, so the first half is the standard for the second.
	memory_is_back() { [ $(($(kernel_memory) - middle)) -lt 2048 ]; }
	check "kernel memory has not grown" wait_until 20 memory_is_back
	echo "# kernel memory: $middle KiB after the first half, $(kernel_memory) KiB after the second"
	;;
*) skip "kernel memory has not grown" "KASAN keeps freed memory; a search for leaks follows" ;;
esac

# Processes that nobody supervises.
cat >"$WORK/detached.lua" <<EOF
local actor = require("actor")
for _, kind in ipairs({ "hold", "split", "token", "flood" }) do
	local environment = { LIFE = "600000", SEED = "$SEED", REPORT = "$WORK/report" }
	actor.spawn_vm({ module = kind, subprocess = { environment = environment } }):detach()
end
EOF
check "a script detaches processes" within 30 lunatik run --name suite/detached "$WORK/detached.lua"
check_output "they outlive it" 4 sh -c "grep -lx hostile-host /proc/[0-9]*/comm | wc -l"
check "the module can be unloaded all the same" within 60 lunatik unload
check "no process is left" wait_until 30 no_processes
finish
