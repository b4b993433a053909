/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The part of a virtual machine that C and Rust share. `Head` in rust/lua/machine.rs begins with it, and `Vm` begins
 * with `Head`, so the user data of the state's allocator points to it.
 */
#ifndef LUNATIK_VM_H
#define LUNATIK_VM_H

struct lua_State;

/* Permissions that permission.c asks for. */
enum {
	LUNATIK_PERMISSION_LOAD,
	LUNATIK_PERMISSION_ENV,
};

/* Permissions that a function for files was denied. */
enum {
	LUNATIK_DENIED_READ = 1,
	LUNATIK_DENIED_WRITE = 2,
};

/* Contexts that code of a VM may run in; the same numbers as in rust/linux/context.rs. */
enum {
	LUNATIK_CONTEXT_PROCESS,
	LUNATIK_CONTEXT_SOFTIRQ,
	LUNATIK_CONTEXT_HARDIRQ,
};

struct lunatik_vm {
	/* The errno of the VM's C library. */
	int error_number;
	/* The streams of the VM's C library. Rust owns them; they exist before Lua code runs. */
	void *streams;
	/* The state of the warning system; see edge.c. */
	unsigned int warnings;
	/*
	 * The permissions that the last function for files was denied, 0 if none; and whether that was for the
	 * second path.
	 */
	int denied;
	int denied_second;
	/* Whether the called Rust function has waited before; see trampoline.c. */
	int waits_on;
	/* The context that the code runs in now. Only the thread that executes the VM touches it. */
	unsigned char context;
	/* Whether the collector has something to do, while it is held. */
	unsigned char collects;
	/* Whether an error of a hook gets a traceback. */
	unsigned char traces;
	/* The KiB in use when the collector has last worked for hooks. */
	unsigned int collected;
};

#endif
