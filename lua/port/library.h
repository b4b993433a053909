/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The modules of lua/lib/, which are written in Lua: their byte code, in read-only data of the module. The build makes
 * them: lua/compiler/compiler.c.
 */
#ifndef LUNATIK_LIBRARY_H
#define LUNATIK_LIBRARY_H

/*
 * The bytes of a name with its final zero. A chunk name made from it is still a short Lua string, and messages show
 * all of it.
 */
#define LUNATIK_LIBRARY_NAME 33

/* Code in a fixed buffer is used in place, at this alignment. */
#define LUNATIK_LIBRARY_ALIGN 8

struct lunatik_library {
	char name[LUNATIK_LIBRARY_NAME];
	/* The place of its code, and the number of bytes. */
	unsigned int offset;
	unsigned int size;
};

extern const unsigned int lunatik_library_count;
extern const struct lunatik_library lunatik_libraries[];
extern const unsigned char lunatik_library_code[];

#endif
