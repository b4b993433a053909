# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2154,SC2054 # the variables are those of scripts/vm; commas belong to the arguments
#
# Starts and watches each kind of machine. Used by scripts/vm. These functions read its variables (kind, tree, work,
# mem, cpus, timeout, pin, disk, firmware, machine, terminal, log).

# Standard input as numbered files in a folder that the guest empties, then a file
# "end": a serial line knows neither raw bytes on input nor the end of a file.
# shellcheck disable=SC2016
encode_chunks() {
	perl -e 'my ($folder) = @ARGV; my $n = 0;
		while (sysread STDIN, my $bytes, 65536) {
			select undef, undef, undef, 0.01 while $n > 32 && -e "$folder/" . ($n - 32);
			open my $file, ">", "$folder/part" or exit 1;
			binmode $file; print $file $bytes; close $file or exit 1;
			rename "$folder/part", "$folder/$n"; $n++;
		}
		open my $end, ">", "$folder/end"' "$1"
}

start_machine() {
	[ -z "$pin" ] || keep_host_awake
	if is_um "$kind"; then start_um; else start_qemu; fi
}

# Each serial line of User Mode Linux is a pair of descriptors, input and output. epoll must accept both: they are
# fifos, never files. Inputs without a source share one fifo.
start_um() {
	local arguments=("mem=$mem" "initrd=$work/initramfs" seccomp=on "ncpus=$cpus" "umid=${work##*/}" "uml_dir=$work"
		panic=-1 printk.devkmsg=on con=fd:10 ssl=fd:10 con0=fd:10,fd:2
		ssl0=fd:12,fd:5 ssl1=fd:13,fd:6 ssl2=fd:14,fd:7)
	mkfifo "$work/idle"
	if [ -n "$terminal" ]; then
		arguments+=(con1=fd:0,fd:1)
		exec 2>"$work/log"
	else
		exec >"$work/log" 2>&1
	fi
	# One command for all of them: bash keeps copies of descriptors at numbers from ten on, and a separate
	# `exec` with redirections would close some of these.
	exec 5>"$work/out" 6>"$work/err" 7>"$work/status" \
		10<>"$work/idle" 12<>"$work/idle" 13<>"$work/idle" 14<>"$work/idle"
	[ -z "$leaks" ] || arguments+=(kmemleak=on)
	exec "$tree/linux" "${arguments[@]}"
}

start_qemu() {
	local words emulator append="console=ttyS0 loglevel=5 panic=-1 printk.devkmsg=on"
	words=$("$REPO/scripts/emulator" "$kind") || exit
	mapfile -t emulator <<<"$words"
	# While the kernel identifies its CPU, it ignores the fifth level of page tables for a moment. KASAN would
	# report an interrupt at that moment.
	append+=" no5lvl"
	# The check measures time, and an emulator may have to wait for a CPU.
	append+=" no_timer_check tsc=reliable"
	# Emulation on a busy host is slow: a stall on bare metal is not a stall here.
	append+=" rcupdate.rcu_cpu_stall_timeout=60 watchdog_thresh=30 workqueue.watchdog_thresh=120"
	# KASAN checks each access of the kernel's interpreter for ACPI tables, which takes half of the time to
	# boot. The tables that are used instead count the packages of the processor. They do not say where the
	# timer is with which the kernel measures the processor's clock. Without that timer the kernel might have
	# only its ticks of 4 ms as a clock.
	append+=" acpi=off pmtmr=0x608"
	local image=$tree/arch/x86/boot/bzImage board=q35
	# Firmware with Secure Boot uses system management mode to protect its variables from the kernel.
	[ -z "$firmware" ] || image=$firmware/vmlinuz board=q35,smm=on
	local hardware=(-machine "$board" -m "$mem" -smp "$cpus,sockets=$cpus" -nodefaults -display none -no-reboot
		-kernel "$image" -initrd "$work/initramfs" -append "$append"
		-serial "file:$work/log" -device virtio-serial-pci
		-chardev "file,id=status,path=$work/status" -device virtserialport,chardev=status,name=status
		-chardev "file,id=out,path=$work/out" -device virtserialport,chardev=out,name=out
		-chardev "file,id=err,path=$work/err" -device virtserialport,chardev=err,name=err)
	if [ -n "$share" ]; then
		hardware+=(-virtfs "local,path=$share,mount_tag=share,security_model=none,multidevs=remap")
	fi
	[ -z "$firmware" ] || hardware+=(-global driver=cfi.pflash01,property=secure,value=on
		-drive "if=pflash,unit=0,format=raw,readonly=on,file=$firmware/code.fd"
		-drive "if=pflash,unit=1,format=raw,file=$firmware/vars.fd")
	# Writes to the disk are discarded when the machine ends.
	[ -z "$disk" ] || hardware+=(-drive "file=$disk,if=virtio,format=raw,snapshot=on")
	local input=/dev/null
	if [ -n "$stdin" ]; then
		# QEMU's own standard input: the only channel whose end the guest can detect.
		input=$work/in
		hardware+=(-chardev stdio,id=in,signal=off -device virtserialport,chardev=in,name=in)
	fi
	if [ -n "$terminal" ]; then
		"${emulator[@]}" "${hardware[@]}" -chardev stdio,id=tty,signal=off -device virtconsole,chardev=tty 2>>"$work/qemu.log"
	else
		exec "${emulator[@]}" "${hardware[@]}" <"$input" >>"$work/qemu.log" 2>&1
	fi
}

# Pins each processor of the machine to one of the host's that we may use. Otherwise a host may run two of them on
# one of its own, where each waits for the other. In User Mode Linux the processors are its threads, in their order.
pin_processors() {
	local host=() range first last place=0 task tasks=()
	IFS=, read -ra ranges <<<"$(sed -n 's/^Cpus_allowed_list:\s*//p' /proc/self/status)"
	for range in "${ranges[@]}"; do
		first=${range%-*} last=${range#*-}
		while [ "$first" -le "$last" ]; do
			host+=("$first")
			first=$((first + 1))
		done
	done
	while kill -0 "$machine"; do
		tasks=("/proc/$machine/task"/*)
		[ ${#tasks[@]} -lt "$cpus" ] || break
		sleep 0.1
	done
	# A glob sorts names as texts, and their numbers may have different lengths.
	for task in $(printf '%s\n' "${tasks[@]##*/}" | sort -n); do
		taskset -p -c "${host[place % ${#host[@]}]}" "$task"
		place=$((place + 1))
	done
}

# Keeps the host's processors from sleeping while a process has the file open. If the host is itself a virtual
# machine, waking a processor may take longer than the measured time. The file takes a number of microseconds in
# four bytes.
keep_host_awake() {
	if [ -w /dev/cpu_dma_latency ]; then
		exec 8>/dev/cpu_dma_latency
		printf '\0\0\0\0' >&8
	else
		say "/dev/cpu_dma_latency cannot be written: the host's processors may sleep, and be slow to wake up"
	fi
}

# Keeps the log, and ends the machine at the time limit or when it hangs after a defect.
watch_machine() {
	local grace=30
	[ "$kind" != debug ] || grace=90
	exec "$REPO/scripts/lib/watch-machine.pl" "$machine" "$timeout" $grace "$KERNEL_REPORT" "$KERNEL_NO_REPORT" \
		"$work/timed-out" <"$work/log" >"$log"
}
