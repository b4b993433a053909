/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How running Lua code is ended, and gives way to other threads. Included by ldo.h.
 *
 * Another CPU sets two words of the global state: `interrupt` says that the code is to end, `attention` that the
 * interpreter is to look. See Documentation/stopping.md.
 */
#ifndef LUNATIK_ATTENTION_H
#define LUNATIK_ATTENTION_H

/* Ends the running code by an error that comes again after each catch, for the words stay set. */
LUAI_FUNC l_noret luaD_interrupted(lua_State *L);
/* The same without a traceback for a limit, where the calls of the thread may not be looked at. */
LUAI_FUNC l_noret luaD_throwinterrupt(lua_State *L);
/* For the interpreter: ends the code if that is asked for, else gives way to other threads. */
LUAI_FUNC void luaD_attend(lua_State *L);
/* The same for C code. `attention` stays set, for the interpreter has more to look for. */
LUAI_FUNC void luaD_attendinc(lua_State *L);
/* Enters or leaves a shelter: what it has kept away is to be seen then. */
LUAI_FUNC void luaD_setshelter(global_State *g, lu_byte shelter);

/*
 * Whether Lua code is to end. An interrupt of 1 spares closing methods and finalizers, whose
 * shelter is 1, so that they can tidy up; a greater one spares nothing.
 */
#define luaD_ended(g) ((g)->interrupt > (g)->shelter)

/* For loops in C whose length a script chooses. */
#define luaD_pollinterrupt(L)				\
	do {						\
		if (l_unlikely(G(L)->attention))	\
			luaD_attendinc(L);		\
	} while (0)

/*
 * For luaG_traceexec(), which is about to execute the instruction at `pc`: attends, leaves the kernel thread if the program
 * is to, and takes an interrupt of the thread.
 */
LUAI_FUNC void luaG_look(lua_State *L, const Instruction *pc);

#endif
