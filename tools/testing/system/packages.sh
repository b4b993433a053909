#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The packages on a complete Debian system with its own kernel: install, first script, first error, units, stop, remove;
# nothing is left behind.

SLOWER=${SLOWER:-4}
# A command that busybox has, but not Debian.
usleep() {
	sleep "$(awk -v us="$1" 'BEGIN { print us / 1000000 }')"
}
. "$(dirname "$0")/../lib/ktap.sh"

export DEBIAN_FRONTEND=noninteractive
release=$(uname -r)
packages=$SUITE_DIR/../../build/debian/packages

# All files on the disk, except those that every use of apt leaves.
files() {
	find / -xdev \( -path /tmp -o -path /share -o -path /var/log -o -path /var/cache -o -path '/var/lib/dpkg/*-old' \
		-o -path /var/lib/apt -o -path /var/lib/systemd -o -path "$HOME/.cache" \) -prune -o -print |
		grep -vE '^/var/lib/dpkg/(lock|triggers)' | sort
}
install_packages() {
	apt-get install -y "$packages"/lunatik_*.deb "$packages/lunatik-module-${release}_"*.deb
}
loaded() {
	[ -c /dev/lunatik ] && [ -d /sys/module/lunatik ]
}
unloaded() {
	[ ! -e /dev/lunatik ] && [ ! -d /sys/module/lunatik ]
}
installed() {
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1")" = "ii " ]
}
runs() {
	lunatik list | grep -qx "$1"
}
ended() {
	! runs "$1"
}
journal_says() {
	journalctl -o cat -u "$1" | grep -qF -- "$2"
}
restarted() {
	[ "$(systemctl show -P NRestarts "$1")" -ge "$2" ]
}

files >"$WORK/before"
check "a machine without lunatik" unloaded
check "the packages are installed" install_packages
check "the command's is configured" installed lunatik
check "and the module's" installed "lunatik-module-$release"
check "the module is loaded" loaded
# O: built outside of the kernel's source; E: not signed. No other taint.
check_output "the kernel has nothing else to say against it" 12288 cat /proc/sys/kernel/tainted
check_output "it is the package's" "/lib/modules/$release/updates/lunatik.ko" sh -c 'modinfo -n lunatik | sed s,^/usr,,'
check "dpkg finds no file changed" dpkg --verify lunatik "lunatik-module-$release"

check_output "the first script" "Hello, Ada!" sh -c 'lunatik run hello Ada | head -n 1'
check_output "an expression" "Lua 5.5" lunatik eval '_VERSION'
echo 'local t = nil
print(t.x)' >"$WORK/mistake.lua"
check_says "the first error" 1 "mistake.lua:2:" lunatik run "$WORK/mistake.lua"
check_output "a driver with an endless loop costs its caller one error" "status 1" sh -c '
	lunatik run --slice 50 -P device=answer answer && cat /dev/answer 2>/dev/null || echo "status $?"'
check "which is stopped" lunatik stop answer

# The files of the packages.
check "the man page is found" man -w lunatik
check "the completion for bash" bash -c '. /usr/share/bash-completion/completions/lunatik && complete -p lunatik'
check "the definitions for editors" test -d /usr/share/lunatik/luacats
check "the unit is valid" systemd-analyze verify lunatik@hello.service
check "the example of parameters" test -f /etc/modprobe.d/lunatik.conf
check "the module is loaded at each boot" grep -qx lunatik /usr/lib/modules-load.d/lunatik.conf
check_output "programs of actors are hosted by the command" /usr/bin/lunatik cat /sys/module/lunatik/parameters/host

# A script as a unit.
mkdir -p /etc/lunatik /srv/scripts
cat >/srv/scripts/beat.lua <<'SCRIPT'
print("beat " .. arg[1])
local linux = require("linux")
return function()
	while true do linux.schedule(1000) end
end
SCRIPT
printf '%s\n' START=spawn SCRIPT=/srv/scripts/beat.lua ARGUMENTS=7 >/etc/lunatik/beat.conf
check "a unit starts" systemctl enable --now lunatik@beat
check "it is active" wait_until 10 systemctl is-active lunatik@beat
check "the script runs" wait_until 10 runs beat
check "what it prints is in the journal" wait_until 10 journal_says lunatik@beat "beat 7"
check "the unit is restarted" systemctl restart lunatik@beat
check "and the script runs" wait_until 10 runs beat
check "the unit is stopped" systemctl stop lunatik@beat
check "and the script with it" wait_until 10 ended beat
check_output "the unit has not failed" inactive sh -c 'systemctl is-active lunatik@beat; true'
check "a script whose command is killed is replaced" systemctl start lunatik@beat
check "and again" wait_until 10 runs beat
systemctl kill -s KILL lunatik@beat
check "systemd starts it again" wait_until 10 restarted lunatik@beat 1
check "it runs" wait_until 10 runs beat

echo 'return function() require("linux").schedule(10) error("no luck") end' >/srv/scripts/fails.lua
printf '%s\n' START=spawn SCRIPT=/srv/scripts/fails.lua >/etc/lunatik/fails.conf
check "a script that fails" systemctl start lunatik@fails
check "is started again and again" wait_until 20 restarted lunatik@fails 2
check "its error is in the journal" journal_says lunatik@fails "no luck"
systemctl stop lunatik@fails

echo 'local nf = require("linux.nf")
require("netfilter").register({ hook = function() return nf.action.DROP end, pf = nf.proto.INET, hooknum = nf.inet.LOCAL_IN, priority = 0 })' >/srv/scripts/deaf.lua
printf '%s\n' 'OPTIONS=-c softirq -P netfilter=inet/local_in' SCRIPT=/srv/scripts/deaf.lua >/etc/lunatik/deaf.conf
check "packets pass" ping -c 1 -W 2 127.0.0.1
check "a unit with a rule about packets" systemctl start lunatik@deaf
check "the rule holds" wait_until 10 sh -c '! ping -c 1 -W 1 127.0.0.1'
systemctl stop lunatik@deaf
check "until the unit is stopped" wait_until 10 ping -c 1 -W 1 127.0.0.1

# Reinstalled while scripts run.
check "the packages are installed again" apt-get install --reinstall -y "$packages"/lunatik_*.deb "$packages/lunatik-module-${release}_"*.deb
check "the scripts go on" runs beat

# Removed while scripts run.
lunatik run passwd
check "a script with a device runs" test -c /dev/passwd
check "the packages are removed" apt-get purge -y lunatik "lunatik-module-$release"
check "the module is gone" unloaded
check_fails "the script's device, too" test -e /dev/passwd
check_output "no unit is left" "" systemctl list-units --all --no-legend 'lunatik@*'
rm -rf /etc/lunatik /srv/scripts
files >"$WORK/after"
check "no file is left behind" diff "$WORK/before" "$WORK/after"
check_fails "the kernel does not know the module any more" modprobe lunatik
finish
