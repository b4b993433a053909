/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The strings that every VM has, such as the names in Lua's libraries, would be half of an idle VM's memory. They
 * exist once, in memory that nobody changes.
 *
 * Short strings are compared by address, so a VM must not have a copy of a shared string: it searches here before
 * it makes a string. Shared strings are neither white nor in the list of collectable objects, as fixed strings are,
 * so the garbage collector never touches them.
 *
 * Strings of a VM are found by a hash with the VM's own secret seed. The set of shared strings is the same for all
 * VMs and does not change, so a hash of a few characters suffices here. Their hashes for tables have the seed of
 * the VM that they were copied from.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lobject.h"
#include "lstate.h"
#include "lstring.h"

#include "edge.h"

/* A power of two, large enough that most unsuccessful searches meet an empty bucket. */
#define BUCKETS 1024u

struct shared_strings {
	TString *buckets[BUCKETS];
	/* "__pairs", which messages look for in each metatable. */
	TString *pairs;
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

struct TString *lunatik_shared_pairs(void)
{
	const struct shared_strings *strings = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);

	return strings == NULL ? NULL : strings->pairs;
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
			/* The state in which luaC_fix() leaves objects. */
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
	/* Found only now. No other state exists yet that could look for it. */
	strings->pairs = lunatik_find_shared_string("__pairs", strlen("__pairs"));
}

void lunatik_unshare_strings(void)
{
	__atomic_store_n(&shared, NULL, __ATOMIC_RELEASE);
}
