/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The part of C's stdio.h that Lua uses, over the kernel's files.
 *
 * Implemented in rust/stdio/. Functions that make a stream or use a path need the VM, for its limit on open files
 * and its errno. So these macros take 'L' from the scope of their caller.
 */
#ifndef LUNATIK_STDIO_H
#define LUNATIK_STDIO_H

#include <stddef.h>

struct lua_State;

typedef struct lunatik_file FILE;

#define EOF			(-1)

#define SEEK_SET		0
#define SEEK_CUR		1
#define SEEK_END		2

#define _IOFBF			0
#define _IOLBF			1
#define _IONBF			2

/* lauxlib.c has a buffer of this size on the stack, so it must be small here. */
#define BUFSIZ			256

#define FOPEN_MAX		64
#define FILENAME_MAX		4096
#define L_tmpnam		20

FILE *lunatik_stdin(struct lua_State *L);
FILE *lunatik_stdout(struct lua_State *L);
FILE *lunatik_stderr(struct lua_State *L);

FILE *lunatik_fopen(struct lua_State *L, const char *path, const char *mode);
FILE *lunatik_freopen(struct lua_State *L, const char *path, const char *mode, FILE *file);
FILE *lunatik_tmpfile(struct lua_State *L);
int lunatik_fclose(FILE *file);

size_t lunatik_fread(void *data, size_t size, size_t count, FILE *file);
size_t lunatik_fwrite(const void *data, size_t size, size_t count, FILE *file);
int lunatik_getc(FILE *file);
int lunatik_ungetc(int c, FILE *file);
char *lunatik_fgets(char *line, int size, FILE *file);

/* Supports only a single "%s", which is all that lua_writestringerror needs. */
int lunatik_fprintf(FILE *file, const char *format, const char *argument);

int lunatik_feof(FILE *file);
int lunatik_ferror(FILE *file);
void lunatik_clearerr(FILE *file);

int lunatik_fflush(FILE *file);
int lunatik_fseek(FILE *file, long offset, int whence);
long lunatik_ftell(FILE *file);
int lunatik_setvbuf(FILE *file, char *buffer, int mode, size_t size);

int lunatik_remove(struct lua_State *L, const char *path);
int lunatik_rename(struct lua_State *L, const char *from, const char *to);

/* Creates an empty file under /tmp, as mkstemp does, and stores its name. */
char *lunatik_tmpnam(struct lua_State *L, char *name);

/* These ask for permission, and raise an error if it is denied; see permission.c. */
FILE *lunatik_checked_fopen(struct lua_State *L, const char *path, const char *mode);
FILE *lunatik_checked_freopen(struct lua_State *L, const char *path, const char *mode,
			      FILE *file);
FILE *lunatik_checked_tmpfile(struct lua_State *L);
int lunatik_checked_remove(struct lua_State *L, const char *path);
int lunatik_checked_rename(struct lua_State *L, const char *from, const char *to);
char *lunatik_checked_tmpnam(struct lua_State *L, char *name);

#define stdin			lunatik_stdin(L)
#define stdout			lunatik_stdout(L)
#define stderr			lunatik_stderr(L)

#define fopen(path, mode)	lunatik_checked_fopen(L, path, mode)
#define freopen(path, mode, file) lunatik_checked_freopen(L, path, mode, file)
#define tmpfile()		lunatik_checked_tmpfile(L)
#define fclose			lunatik_fclose

#define fread			lunatik_fread
#define fwrite			lunatik_fwrite
#define getc			lunatik_getc
#define ungetc			lunatik_ungetc
#define fgets			lunatik_fgets
#define fprintf			lunatik_fprintf

#define feof			lunatik_feof
#define ferror			lunatik_ferror
#define clearerr		lunatik_clearerr

#define fflush			lunatik_fflush
#define fseek			lunatik_fseek
#define ftell			lunatik_ftell
#define setvbuf			lunatik_setvbuf

#define remove(path)		lunatik_checked_remove(L, path)
#define rename(from, to)	lunatik_checked_rename(L, from, to)
#define tmpnam(name)		lunatik_checked_tmpnam(L, name)

int snprintf(char *buffer, size_t size, const char *format, ...);

#endif
