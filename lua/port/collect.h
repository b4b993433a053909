/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Collections that can be interrupted and give way. Included by lgc.c.
 *
 * An interrupted collection is left as it is, and no collection begins until the program goes on, if it does. Then
 * everything is swept first. That makes all objects white again and frees those that were found to be dead.
 */
#ifndef LUNATIK_COLLECT_H
#define LUNATIK_COLLECT_H

#include "lstate.h"

/* Functions of the collector that are static upstream. */
LUAI_FUNC void luaC_stephere(lua_State *L, void *ud);
LUAI_FUNC void luaC_fullgchere(lua_State *L, void *ud);
LUAI_FUNC void cleargraylists(global_State *g);
LUAI_FUNC void minor2inc(lua_State *L, global_State *g, lu_byte kind);
LUAI_FUNC void separatetobefnz(global_State *g, int all);
LUAI_FUNC void callallpendingfinalizers(lua_State *L);
LUAI_FUNC void GCTM(lua_State *L);

/* Runs a collection so that it can be interrupted. */
LUAI_FUNC void luaC_collect(lua_State *L, Pfunc f, void *ud);
/* Calls all finalizers before the state is closed. From here on, objects get no new finalizers. */
LUAI_FUNC void luaC_callfinalizers(lua_State *L);
/*
 * If `o` is a dead thread, frees its calls before it leaves the list that is swept. There may be hundreds of
 * thousands of calls. Polls if the error would be caught.
 */
LUAI_FUNC void luaC_freecalls(lua_State *L, GCObject *o, int polls);
LUAI_FUNC void luaC_attend(global_State *g);

/* Polls at each object of a collection; */
#define luaC_poll(g) ((void)(l_unlikely((g)->attention) && (luaC_attend(g), 0)))
/* at each 4096th step of a quick loop; at each 256th step of a slower one. Evaluates `i` once. */
#define luaC_pollsometimes(g, i) \
	((void)(l_unlikely(((i) & LUNATIK_SOMETIMES) == LUNATIK_SOMETIMES) && (luaC_poll(g), 0)))
#define luaC_polloften(g, i) ((void)(((i) & 255) == 255 && (luaC_poll(g), 0)))

#endif
