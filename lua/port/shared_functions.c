/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Tables of functions, which luaL_setfuncs() fills. Their keys are shared strings, whose hashes are the same in all
 * VMs, and their values need no memory. So such a table has the same nodes in all VMs. Copying the nodes takes a
 * fraction of the time that two hundred insertions take.
 *
 * The nodes are noted when the first state with shared strings opens its libraries.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lapi.h"
#include "lauxlib.h"
#include "lobject.h"
#include "lstate.h"
#include "lstring.h"
#include "ltable.h"
#include "ltm.h"

#include "edge.h"
#include "exported_functions.h"

/* Lua's libraries have ten lists of functions that are in tables of their own. */
#define LISTS 16
#define NODES 512

struct list {
	const luaL_Reg *functions;
	unsigned int size;
	unsigned int first_node;
};

struct shared_functions {
	unsigned int count;
	unsigned int nodes_used;
	struct list lists[LISTS];
	Node nodes[NODES];
};

/* The nodes while they are noted; afterwards the nodes that are copied. */
static struct shared_functions *noting;
static const struct shared_functions *shared;

static int is_fresh(Table *table)
{
	unsigned int size = sizenode(table);

	if (isdummy(table) || table->asize != 0 || table->metatable != NULL)
		return 0;
	for (unsigned int i = 0; i < size; i++)
		if (!keyisnil(gnode(table, i)))
			return 0;
	return 1;
}

int lunatik_copy_functions(lua_State *L, const luaL_Reg *functions)
{
	const struct shared_functions *all = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
	Table *table;

	if (all == NULL || !ttistable(s2v(L->top.p - 1)))
		return 0;
	table = hvalue(s2v(L->top.p - 1));
	for (unsigned int i = 0; i < all->count; i++) {
		const struct list *list = &all->lists[i];

		if (list->functions != functions)
			continue;
		if (list->size != sizenode(table) || !is_fresh(table))
			return 0;
		/*
		 * The place where Lua searches for free nodes next stays at the end, from where it finds all of
		 * them. No barrier: shared strings and C functions are not collected.
		 */
		memcpy(gnode(table, 0), &all->nodes[list->first_node], list->size * sizeof(Node));
		invalidateTMcache(table);
		return 1;
	}
	return 0;
}

/* Whether the table has only these nodes, and they are the same in each VM. */
static int is_the_same_everywhere(Table *table, int count)
{
	unsigned int size = sizenode(table);

	if (isdummy(table) || table->asize != 0 || table->metatable != NULL)
		return 0;
	for (unsigned int i = 0; i < size; i++) {
		const Node *node = gnode(table, i);
		const TString *key;

		if (keyisnil(node))
			continue;
		if (!keyisshrstr(node) || !(ttislcf(gval(node)) || ttisfalse(gval(node))))
			return 0;
		key = keystrval(node);
		if (lunatik_find_shared_string(getshrstr(key), (size_t)key->shrlen) != key)
			return 0;
		count--;
	}
	return count == 0;
}

void lunatik_note_functions(lua_State *L, const luaL_Reg *functions, int count)
{
	struct list *list;
	Table *table;
	unsigned int size;

	if (noting != NULL)
		lunatik_export_functions(functions);
	if (noting == NULL || noting->count >= LISTS || !ttistable(s2v(L->top.p - 1)))
		return;
	table = hvalue(s2v(L->top.p - 1));
	size = sizenode(table);
	if (size > NODES - noting->nodes_used || !is_the_same_everywhere(table, count))
		return;
	list = &noting->lists[noting->count++];
	list->functions = functions;
	list->size = size;
	list->first_node = noting->nodes_used;
	memcpy(&noting->nodes[noting->nodes_used], gnode(table, 0), size * sizeof(Node));
	noting->nodes_used += size;
}

size_t lunatik_shared_functions_size(void)
{
	return sizeof(struct shared_functions);
}

void lunatik_note_shared_functions(void *block)
{
	noting = block;
	memset(noting, 0, sizeof(*noting));
}

void lunatik_share_functions(void)
{
	__atomic_store_n(&shared, noting, __ATOMIC_RELEASE);
	noting = NULL;
}

void lunatik_unshare_functions(void)
{
	noting = NULL;
	__atomic_store_n(&shared, NULL, __ATOMIC_RELEASE);
}
