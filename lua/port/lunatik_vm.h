/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What C and Rust share of a virtual machine. It is the head of `Vm` in
 * rust/runtime/vm.rs, and so the user data of the state's allocator points to it.
 */
#ifndef LUNATIK_VM_H
#define LUNATIK_VM_H

struct lunatik_vm {
	/* The errno of the VM's C library. */
	int error_number;
	/* The streams of the VM's C library; owned by Rust, there before Lua code runs. */
	void *streams;
	/* The state of the warning system; see edge.c. */
	unsigned int warnings;
};

#endif
