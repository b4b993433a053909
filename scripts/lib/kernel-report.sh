# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# Finds the kernel's reports of defects in its log.

# Matches each line that begins a report of any checker. Not "Call Trace": fault injection prints one for every
# failure that a test has asked for.
KERNEL_REPORT='(BUG: |WARNING: |BUG at |Oops|Kernel panic|general protection fault|Unable to handle kernel'
KERNEL_REPORT+='|KASAN: |UBSAN: |KCSAN: |KFENCE: |CFI failure|INFO: possible |INFO: suspicious |INFO: inconsistent '
KERNEL_REPORT+='|possible (circular|recursive) locking|suspicious RCU usage|inconsistent lock state|bad unlock balance'
KERNEL_REPORT+='|held lock freed|DEBUG_LOCKS_WARN_ON|INFO: trying to register non-static key'
KERNEL_REPORT+='|detected stalls? on|self-detected stall|INFO: task .* blocked for more than|soft lockup|hard LOCKUP|workqueue lockup'
KERNEL_REPORT+='|scheduling while atomic|sleeping function called|refcount_t: |ODEBUG: |list_(add|del) corruption'
KERNEL_REPORT+='|kmemleak: .*(suspected|Kernel memory leak detector disabled)|unreferenced object 0x|rust_kernel: panicked|cut here \]'
KERNEL_REPORT+='|Objects remaining|slab.*corrupt|Bad page (state|map)|stack guard page|stack overflow|double fault|unregister_netdevice: waiting'
# The message of scripts/guest/init.
KERNEL_REPORT+='|killed processes that do not end)'

# Messages of the machine's own start-up that are not defects of the kernel or the module.
KERNEL_NO_REPORT='(WARNING: [Uu]nsafe|mitigat|lunatik: .*C stack overflow)'

# When User Mode Linux starts its second processor, it frees memory a moment too early for RCU. kmemleak waits for a
# grace period, which causes a report. The checkers stay on. The line is kept, but empty, so that line numbers stay
# right.
without_boot_report() {
	awk '{ line[NR] = $0; if (/Callback enqueued on offline CPU/) own[NR - 3] = own[NR - 2] = 1 }
		END { for (i = 1; i <= NR; i++) print (i in own) ? "" : line[i] }'
}

kernel_report_lines() { tr -d '\r\000' <"$1" | without_boot_report | grep -naE "$KERNEL_REPORT" | grep -avE "$KERNEL_NO_REPORT"; }

has_kernel_report() { kernel_report_lines "$1" >/dev/null; }

# print_kernel_report LOG: prints up to 150 lines, from a little before the first report.
print_kernel_report() {
	local first
	first=$(kernel_report_lines "$1" | head -n 1 | cut -d: -f1)
	first=$((first > 3 ? first - 3 : 1))
	echo "lunatik: the kernel reports a defect:"
	tr -d '\r\000' <"$1" | sed -n "$first,$((first + 150))p"
	! tr -d '\r\000' <"$1" | sed -n "$((first + 3))p" | grep -q 'Oops: int3' ||
		echo "lunatik: QEMU without KVM can cause this report in a kernel that has no defect: see Documentation/testing.md"
}
