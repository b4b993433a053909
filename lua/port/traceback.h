/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The traceback of the last error that ended what Rust has called: it is made where the frames are
 * still there, and kept in the registry until Rust asks for it with lunatik_push_traceback(). For
 * the thread that executes the VM.
 */
#ifndef LUNATIK_TRACEBACK_H
#define LUNATIK_TRACEBACK_H

#include "lua.h"

/*
 * Has none kept. Needs a slot. The first time, when the libraries are opened, it makes room in the
 * registry, which may raise; later it needs no memory and never raises.
 */
void lunatik_forget_traceback(lua_State *L);
/* Keeps that of all frames, if there is memory for it. Never raises. */
void lunatik_keep_traceback(lua_State *L);
/* A message handler: keeps a traceback, if there is memory for it, and leaves the error as it is. */
int lunatik_message_handler(lua_State *L);

#endif
