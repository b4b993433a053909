/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Collections that can be interrupted and give way. Included by lgc.c.
 *
 * An interrupted collection is left as it is, and none begins until the program goes on, if it does. Then
 * everything is swept first, which makes all objects white again and frees those that were found to be dead.
 */
#ifndef LUNATIK_COLLECT_H
#define LUNATIK_COLLECT_H

#include "lstate.h"

/* The collector's own functions, which have no other name outside. */
LUAI_FUNC void luaC_stephere(lua_State *L, void *ud);
LUAI_FUNC void luaC_fullgchere(lua_State *L, void *ud);
LUAI_FUNC void cleargraylists(global_State *g);
LUAI_FUNC void minor2inc(lua_State *L, global_State *g, lu_byte kind);
LUAI_FUNC void separatetobefnz(global_State *g, int all);
LUAI_FUNC void callallpendingfinalizers(lua_State *L);

/* Runs a collection so that it can be interrupted. */
LUAI_FUNC void luaC_collect(lua_State *L, Pfunc f, void *ud);
/* Calls all finalizers, before the state is closed: from here on no object gets a new one. */
LUAI_FUNC void luaC_callfinalizers(lua_State *L);
/*
 * If `o` is a dead thread, frees its calls, of which there may be hundreds of thousands, before it leaves the list that
 * is swept. Polls if there is somebody to catch that.
 */
LUAI_FUNC void luaC_freecalls(lua_State *L, GCObject *o, int polls);
LUAI_FUNC void luaC_attend(global_State *g);

/* Each object that a collection looks at; */
#define luaC_poll(g) ((void)(l_unlikely((g)->attention) && (luaC_attend(g), 0)))
/* each 4096th of what takes little time; each 256th of what takes more. Looks at `i` once. */
#define luaC_pollsometimes(g, i) \
	((void)(l_unlikely(((i) & LUNATIK_SOMETIMES) == LUNATIK_SOMETIMES) && (luaC_poll(g), 0)))
#define luaC_polloften(g, i) ((void)(((i) & 255) == 255 && (luaC_poll(g), 0)))

#endif
