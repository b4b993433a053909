/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The modules of lua/lib/, which are written in Lua: their byte code, in read-only data of the module. The build makes
 * them: lua/compiler/compiler.c.
 */
#ifndef LUNATIK_LIBRARY_H
#define LUNATIK_LIBRARY_H

/*
 * Bytes of a name, with its zero. With what is around it in the name of a chunk, that is a short string of Lua, and
 * one that messages show whole.
 */
#define LUNATIK_LIBRARY_NAME 33

/* In a fixed buffer the code lies as it is used, at this alignment. */
#define LUNATIK_LIBRARY_ALIGN 8

struct lunatik_library {
	char name[LUNATIK_LIBRARY_NAME];
	/* Where its code is, and how many bytes. */
	unsigned int offset;
	unsigned int size;
};

extern const unsigned int lunatik_library_count;
extern const struct lunatik_library lunatik_libraries[];
extern const unsigned char lunatik_library_code[];

#endif
