/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef LUNATIK_STDLIB_H
#define LUNATIK_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* Never called: lua_newstate() gets its own allocator. */
#define free(block) ((void)(block))
#define realloc(block, size) ((void)(block), (void)(size), (void *)0)

#define abs(number) ((number) < 0 ? -(number) : (number))

/* Unreachable: every call into Lua is protected. */
void abort(void) __attribute__((noreturn));

double strtod(const char *text, char **end);

/* A kernel has no environment. */
#define getenv(name) ((void)(name), (char *)0)

/* There is neither a process to exit nor a shell to call: os.exit and os.execute are removed. */
#define exit(status) ((void)(status))
#define system(command) ((void)(command), 0)

#endif
