/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The strings that every VM has, such as the names in Lua's libraries, are half of what an idle
 * VM would need. They exist once, in memory that nobody changes.
 *
 * Short strings are compared by address, so a VM must have no string of its own that is shared:
 * it looks here before it makes one. To the garbage collector shared strings look like its fixed
 * ones, which are neither white nor in the list of collectable objects: it never touches them.
 *
 * Strings of a VM are found by a hash with a secret seed of the VM's own. The set of shared ones
 * is the same for all and does not change, so here a few characters will do; the seed of the
 * hashes that their places in tables depend on is that of the VM that they were copied from.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lobject.h"
#include "lstate.h"
#include "lstring.h"

#include "edge.h"

/* A power of two; so many that most of what is looked for in vain meets an empty one. */
#define BUCKETS 1024u

struct shared_strings {
	TString *buckets[BUCKETS];
};

static const struct shared_strings *shared;

static unsigned int bucket_of(const char *text, size_t length)
{
	unsigned int hash = (unsigned int)length;

	if (length != 0) {
		hash = hash * 31 + (unsigned char)text[0];
		hash = hash * 31 + (unsigned char)text[length / 2];
		hash = hash * 31 + (unsigned char)text[length - 1];
	}
	return hash % BUCKETS;
}

struct TString *lunatik_find_shared_string(const char *text, size_t length)
{
	const struct shared_strings *strings = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
	TString *string;

	if (strings == NULL)
		return NULL;
	for (string = strings->buckets[bucket_of(text, length)]; string != NULL;
	     string = string->u.hnext)
		if (length == (size_t)string->shrlen &&
		    memcmp(text, getshrstr(string), length) == 0)
			return string;
	return NULL;
}

static size_t space_of(const TString *string)
{
	size_t alignment = sizeof(void *);

	return (sizestrshr((size_t)string->shrlen) + alignment - 1) / alignment * alignment;
}

size_t lunatik_shared_strings_size(lua_State *L)
{
	const stringtable *table = &G(L)->strt;
	size_t size = sizeof(struct shared_strings);
	const TString *string;

	for (int i = 0; i < table->size; i++)
		for (string = table->hash[i]; string != NULL; string = string->u.hnext)
			size += space_of(string);
	return size;
}

void lunatik_share_strings(lua_State *L, void *block)
{
	const stringtable *table = &G(L)->strt;
	struct shared_strings *strings = block;
	char *next = (char *)(strings + 1);
	const TString *string;

	memset(strings, 0, sizeof(*strings));
	for (int i = 0; i < table->size; i++) {
		for (string = table->hash[i]; string != NULL; string = string->u.hnext) {
			TString *copy = (TString *)next;
			TString **bucket;

			memcpy(copy, string, sizestrshr((size_t)string->shrlen));
			/* As luaC_fix() leaves objects. */
			copy->next = NULL;
			copy->marked = G_OLD;
			bucket = &strings->buckets[bucket_of(getshrstr(copy),
							     (size_t)copy->shrlen)];
			copy->u.hnext = *bucket;
			*bucket = copy;
			next += space_of(string);
		}
	}
	__atomic_store_n(&shared, strings, __ATOMIC_RELEASE);
}

void lunatik_unshare_strings(void)
{
	__atomic_store_n(&shared, NULL, __ATOMIC_RELEASE);
}
