/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * How running Lua code is ended, and gives way to other threads. Included by ldo.h.
 *
 * Another CPU sets two words of the global state: `interrupt` tells the code to end, and `attention` tells the
 * interpreter to check. See Documentation/stopping.md.
 */
#ifndef LUNATIK_ATTENTION_H
#define LUNATIK_ATTENTION_H

/* Ends the running code by an error that comes again after each catch, because the words stay set. */
LUAI_FUNC l_noret luaD_interrupted(lua_State *L);
/* The same, but without the traceback for a limit: for places where the calls of the thread must not be read. */
LUAI_FUNC l_noret luaD_throwinterrupt(lua_State *L);
/* For the interpreter: ends the code if it was told to end, otherwise gives way to other threads. */
LUAI_FUNC void luaD_attend(lua_State *L);
/* The same for C code. `attention` stays set, because the interpreter has more to check. */
LUAI_FUNC void luaD_attendinc(lua_State *L);
/*
 * Tells a profile which code runs, if one wants to know; see sample.c. `at_instruction`: the running Lua function is
 * about to execute the instruction before its saved place. Never raises.
 */
LUAI_FUNC void luaD_sample(lua_State *L, int at_instruction);
/* Enters or leaves a shelter. An interrupt that the former shelter has kept away takes effect then. */
LUAI_FUNC void luaD_setshelter(global_State *g, lu_byte shelter);

/*
 * Whether Lua code is to end. An interrupt of 1 spares closing methods and finalizers, whose shelter is 1, so that
 * they can clean up. A greater one spares nothing.
 */
#define luaD_ended(g) ((g)->interrupt > (g)->shelter)

/* For loops in C whose length a script chooses. */
#define luaD_pollinterrupt(L)				\
	do {						\
		if (l_unlikely(G(L)->attention))	\
			luaD_attendinc(L);		\
	} while (0)

/*
 * For luaG_traceexec(), which is about to execute the instruction at `pc`: attends, leaves the kernel thread if the
 * program is told to, and takes an interrupt of the Lua thread.
 */
LUAI_FUNC void luaG_look(lua_State *L, const Instruction *pc);

#endif
