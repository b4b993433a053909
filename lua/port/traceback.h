/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The traceback of the last error that ended a call from Rust. It is made while the frames still exist, and kept in
 * the registry until Rust asks for it with lunatik_push_traceback(). For the thread that executes the VM.
 */
#ifndef LUNATIK_TRACEBACK_H
#define LUNATIK_TRACEBACK_H

#include "lua.h"

/*
 * Drops the kept traceback. Needs a slot. The first call, when the libraries are opened, makes room in the
 * registry, which may raise. Later calls need no memory and never raise.
 */
void lunatik_forget_traceback(lua_State *L);
/* Keeps the traceback of all frames, if there is memory for it. Never raises. */
void lunatik_keep_traceback(lua_State *L);
/* A message handler: keeps a traceback, if there is memory for it, and leaves the error as it is. */
int lunatik_message_handler(lua_State *L);

#endif
