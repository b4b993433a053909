/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Searches a text for another one. Both may have any length. The time is proportional to their lengths (Rabin and
 * Karp), and the search can be interrupted. C's strstr takes time proportional to the product, and the kernel's
 * reads the whole text at each call.
 */

#include <stddef.h>

#include "lua.h"

/* Odd; the hash of a text is a polynomial in it. */
#define BASE 0x9e3779b97f4a7c15UL

static unsigned long hash(lua_State *L, const char *text, size_t length)
{
	unsigned long sum = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		lunatik_pollsometimes(L, i);
		sum = sum * BASE + (unsigned char)text[i];
	}
	return sum;
}

void lunatik_prepare(lua_State *L, lunatik_pattern *pattern, const char *text, size_t length)
{
	size_t i;

	pattern->text = text;
	pattern->length = length;
	pattern->hash = hash(L, text, length);
	pattern->weight = 1;
	for (i = 1; i < length; i++) {
		lunatik_pollsometimes(L, i);
		pattern->weight *= BASE;
	}
}

/* The first occurrence of the pattern in the text, or NULL. An empty pattern does not occur. */
const char *lunatik_search(lua_State *L, const lunatik_pattern *pattern, const char *text,
			   size_t size)
{
	size_t length = pattern->length;
	unsigned long sum;
	size_t i;

	if (length == 0 || size < length)
		return NULL;
	if (length == 1)
		return lunatik_find(L, text, pattern->text[0], size);
	sum = hash(L, text, length);
	for (i = 0;; i++) {
		lunatik_pollsometimes(L, i);
		if (sum == pattern->hash &&
		    lunatik_compare(L, text + i, pattern->text, length) == 0)
			return text + i;
		if (i == size - length)
			return NULL;
		sum -= (unsigned char)text[i] * pattern->weight;
		sum = sum * BASE + (unsigned char)text[i + length];
	}
}
