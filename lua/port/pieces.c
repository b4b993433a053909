/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Functions of the C library for strings of any length. Between two pieces, the calling Lua code can be
 * interrupted, which raises an error.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "ldo.h"
#include "lobject.h"
#include "lstate.h"

void lunatik_poll(lua_State *L)
{
	luaD_pollinterrupt(L);
}

static size_t next_piece(lua_State *L, size_t size)
{
	if (size <= LUNATIK_PIECE)
		return size;
	if (L != NULL)
		lunatik_poll(L);
	return LUNATIK_PIECE;
}

void lunatik_copy_pieces(lua_State *L, void *to, const void *from, size_t size)
{
	char *target = to;
	const char *source = from;

	for (;;) {
		size_t piece = next_piece(L, size);

		memcpy(target, source, piece);
		size -= piece;
		if (size == 0)
			return;
		target += piece;
		source += piece;
	}
}

int lunatik_copy_quiet(lua_State *L, void *to, const void *from, size_t size)
{
	char *target = to;
	const char *source = from;

	while (size > 0) {
		size_t piece = size < LUNATIK_PIECE ? size : LUNATIK_PIECE;

		if (luaD_ended(G(L)))
			return 0;
		memcpy(target, source, piece);
		target += piece;
		source += piece;
		size -= piece;
	}
	return 1;
}

void lunatik_fill(lua_State *L, void *to, int byte, size_t size)
{
	char *target = to;

	while (size > 0) {
		size_t piece = next_piece(L, size);

		memset(target, byte, piece);
		target += piece;
		size -= piece;
	}
}

const void *lunatik_find(lua_State *L, const void *block, int byte, size_t size)
{
	const char *rest = block;

	while (size > 0) {
		size_t piece = next_piece(L, size);
		const void *found = memchr(rest, byte, piece);

		if (found != NULL)
			return found;
		rest += piece;
		size -= piece;
	}
	return NULL;
}

int lunatik_compare(lua_State *L, const void *a, const void *b, size_t size)
{
	const char *first = a, *second = b;

	while (size > 0) {
		size_t piece = next_piece(L, size);
		int order = memcmp(first, second, piece);

		if (order != 0)
			return order;
		first += piece;
		second += piece;
		size -= piece;
	}
	return 0;
}

size_t lunatik_length(lua_State *L, const char *text)
{
	const char *rest = text;

	for (;;) {
		size_t piece = strnlen(rest, LUNATIK_PIECE);

		rest += piece;
		if (piece < LUNATIK_PIECE)
			return (size_t)(rest - text);
		lunatik_poll(L);
	}
}

size_t lunatik_length_quiet(lua_State *L, const char *text)
{
	const char *rest = text;
	size_t piece;

	do {
		piece = strnlen(rest, LUNATIK_PIECE);
		rest += piece;
	} while (piece == LUNATIK_PIECE && !luaD_ended(G(L)));
	return (size_t)(rest - text);
}

int lunatik_same(lua_State *L, const char *a, const char *b)
{
	size_t length = lunatik_length(L, a);

	return length == lunatik_length(L, b) && lunatik_compare(L, a, b, length) == 0;
}
