/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The compiled functions of lua/lib/ (Lua calls them prototypes) are the same in all VMs and do not change. So they
 * exist once, in memory that nobody writes to, and a VM makes closures of them.
 *
 * Shared prototypes are neither white nor in a list of collectable objects, as shared strings are
 * (shared_strings.c). So the garbage collector neither follows nor frees them. Therefore everything that they refer
 * to must be shared. Their short strings are shared, and their code and lines are in the module's read-only data.
 * Long strings cannot be shared, because a VM hashes them with its own seed. A function with a long string in it,
 * and the functions around it, are *own*: each VM makes a copy. In the copy, the text of a long string is still in
 * the read-only data.
 */

#define LUA_CORE

#include <string.h>

#include "lua.h"

#include "lapi.h"
#include "lauxlib.h"
#include "ldo.h"
#include "lfunc.h"
#include "lgc.h"
#include "lmem.h"
#include "lobject.h"
#include "lstate.h"
#include "lstring.h"

#include "edge.h"
#include "library.h"
#include "operation.h"
#include "shared_code.h"
#include "undump.h"

/* The prototypes of the main functions, one for each library, which VMs share or copy. */
static Proto *const *shared;

/* The levels of functions within functions. A library with more levels is not shared. */
#define DEPTH 16

/* Memory that is handed out in parts. Without a start, the parts are only counted. */
struct block {
	char *start;
	size_t used;
	/* Something cannot be shared for a reason that should not exist. */
	int failed;
};

static void *take(struct block *block, size_t size)
{
	size_t offset = block->used;

	block->used += (size + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
	return block->start == NULL ? NULL : block->start + offset;
}

static void *take_copy(struct block *block, const void *from, int count, size_t size)
{
	void *copy = take(block, (size_t)count * size);

	if (copy != NULL && count > 0)
		memcpy(copy, from, (size_t)count * size);
	return copy;
}

/* The collector never sees an own prototype, because no VM refers to it. */
static int is_own(const Proto *image)
{
	return image->marked != G_OLD;
}

/* The string that images refer to: a shared one, or the head of a long one, which VMs copy. */
static TString *image_of_string(struct block *block, const TString *string, int *own)
{
	TString *image;

	if (string == NULL)
		return NULL;
	if (strisshr(string)) {
		image = lunatik_find_shared_string(getshrstr(string), (size_t)string->shrlen);
		if (image == NULL)
			block->failed = 1;
		return image;
	}
	*own = 1;
	if (string->shrlen != LSTRFIX)
		block->failed = 1;
	return take_copy(block, string, 1, luaS_sizelngstr(0, LSTRFIX));
}

/* A function whose image is being made. */
struct imaging {
	const Proto *from;
	Proto *image;
	int children;
	int own;
};

static void begin_image(struct imaging *imaging, struct block *block, const Proto *from)
{
	Proto *image = take_copy(block, from, 1, sizeof(*from));
	TValue *k = take_copy(block, from->k, from->sizek, sizeof(*from->k));
	Upvaldesc *upvalues = take_copy(block, from->upvalues, from->sizeupvalues,
					sizeof(*from->upvalues));
	LocVar *locvars = take_copy(block, from->locvars, from->sizelocvars,
				    sizeof(*from->locvars));
	Proto **children = take_copy(block, from->p, from->sizep, sizeof(*from->p));
	TString *source;
	int i;

	*imaging = (struct imaging){ .from = from, .image = image };
	source = image_of_string(block, from->source, &imaging->own);
	for (i = 0; i < from->sizek; i++) {
		TString *string;

		if (!ttisstring(&from->k[i]))
			continue;
		string = image_of_string(block, tsvalue(&from->k[i]), &imaging->own);
		if (image != NULL)
			val_(&k[i]).gc = obj2gco(string);
	}
	for (i = 0; i < from->sizeupvalues; i++) {
		TString *string = image_of_string(block, from->upvalues[i].name, &imaging->own);

		if (image != NULL)
			upvalues[i].name = string;
	}
	for (i = 0; i < from->sizelocvars; i++) {
		TString *string = image_of_string(block, from->locvars[i].varname, &imaging->own);

		if (image != NULL)
			locvars[i].varname = string;
	}
	if (image == NULL)
		return;
	image->next = NULL;
	image->gclist = NULL;
	image->k = k;
	image->p = children;
	image->upvalues = upvalues;
	image->locvars = locvars;
	image->source = source;
}

/*
 * Makes the images of a function and of the functions in it. It does not recurse: a recursion would have to check
 * the stack.
 */
static Proto *make_images(struct block *block, const Proto *main)
{
	struct imaging levels[DEPTH], *level = levels;

	block->failed = 0;
	begin_image(level, block, main);
	for (;;) {
		if (level->children < level->from->sizep) {
			const Proto *child = level->from->p[level->children++];

			if (level == &levels[DEPTH - 1])
				return NULL;
			begin_image(++level, block, child);
			continue;
		}
		if (level->image != NULL)
			level->image->marked = level->own ? 0 : G_OLD;
		if (level == levels)
			break;
		level[-1].own |= level->own;
		if (level->image != NULL)
			level[-1].image->p[level[-1].children - 1] = level->image;
		level--;
	}
	return block->failed ? NULL : level->image;
}

/*
 * Makes all images. The main functions are the values from 'first' on; the list of their images precedes the
 * images.
 */
static Proto **make_all_images(lua_State *L, struct block *block, int first)
{
	Proto **all = take(block, lunatik_library_count * sizeof(*all));
	unsigned int i;

	for (i = 0; i < lunatik_library_count; i++) {
		const LClosure *main = clLvalue(s2v(L->ci->func.p + first + (int)i));
		Proto *image = make_images(block, main->p);

		if (all != NULL)
			all[i] = image;
	}
	return all;
}

static void load_libraries(lua_State *L, void *ud)
{
	unsigned int i;

	(void)ud;
	luaL_checkstack(L, (int)lunatik_library_count + LUA_MINSTACK, NULL);
	for (i = 0; i < lunatik_library_count; i++) {
		const struct lunatik_library *library = &lunatik_libraries[i];

		lunatik_undump(L, (const char *)lunatik_library_code + library->offset,
			       library->size, 1);
	}
	/* Keeps this string, so that it is shared: lunatik_has_pairs() looks for it where it cannot make it. */
	lua_pushboolean(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "__pairs");
}

int lunatik_try_load_libraries(lua_State *L)
{
	return try_operation(L, load_libraries, NULL);
}

size_t lunatik_shared_code_size(lua_State *L, int first)
{
	struct block block = { NULL };

	make_all_images(L, &block, first);
	return block.used;
}

void lunatik_share_code(lua_State *L, int first, void *memory)
{
	struct block block = { .start = memory };

	__atomic_store_n(&shared, make_all_images(L, &block, first), __ATOMIC_RELEASE);
}

void lunatik_unshare_code(void)
{
	__atomic_store_n(&shared, NULL, __ATOMIC_RELEASE);
}

/* Puts a VM's own copy of an image's string into a part of a prototype of its own. */
static void copy_string(lua_State *L, Proto *owner, TString **to, TString *image)
{
	if (image != NULL && !strisshr(image)) {
		*to = luaS_newextlstr(L, image->contents, image->u.lnglen, NULL, NULL);
		luaC_objbarrier(L, owner, *to);
	} else {
		*to = image;
	}
}

/* Fills the copy in the order of the loader: at each allocation the collector may visit it. */
static void fill_copy(lua_State *L, Proto *copy, const Proto *image)
{
	int i;

	copy->numparams = image->numparams;
	copy->flag = image->flag;
	copy->maxstacksize = image->maxstacksize;
	copy->linedefined = image->linedefined;
	copy->lastlinedefined = image->lastlinedefined;
	/* Fixed, as the flag says. */
	copy->code = image->code;
	copy->sizecode = image->sizecode;
	copy->lineinfo = image->lineinfo;
	copy->sizelineinfo = image->sizelineinfo;
	copy->abslineinfo = image->abslineinfo;
	copy->sizeabslineinfo = image->sizeabslineinfo;

	copy->k = luaM_newvectorchecked(L, image->sizek, TValue);
	copy->sizek = image->sizek;
	for (i = 0; i < copy->sizek; i++)
		setnilvalue(&copy->k[i]);
	copy->upvalues = luaM_newvectorchecked(L, image->sizeupvalues, Upvaldesc);
	copy->sizeupvalues = image->sizeupvalues;
	for (i = 0; i < copy->sizeupvalues; i++) {
		copy->upvalues[i] = image->upvalues[i];
		copy->upvalues[i].name = NULL;
	}
	copy->locvars = luaM_newvectorchecked(L, image->sizelocvars, LocVar);
	copy->sizelocvars = image->sizelocvars;
	for (i = 0; i < copy->sizelocvars; i++) {
		copy->locvars[i] = image->locvars[i];
		copy->locvars[i].varname = NULL;
	}
	copy->p = luaM_newvectorchecked(L, image->sizep, Proto *);
	copy->sizep = image->sizep;
	for (i = 0; i < copy->sizep; i++)
		copy->p[i] = NULL;

	copy_string(L, copy, &copy->source, image->source);
	for (i = 0; i < copy->sizek; i++) {
		const TValue *constant = &image->k[i];
		TString *string;

		if (!ttisstring(constant) || strisshr(tsvalue(constant))) {
			/* No barrier: shared objects are not collected. */
			setobj(L, &copy->k[i], constant);
			continue;
		}
		string = tsvalue(constant);
		string = luaS_newextlstr(L, string->contents, string->u.lnglen, NULL, NULL);
		setsvalue2n(L, &copy->k[i], string);
		luaC_objbarrier(L, copy, string);
	}
	for (i = 0; i < copy->sizeupvalues; i++)
		copy_string(L, copy, &copy->upvalues[i].name, image->upvalues[i].name);
	for (i = 0; i < copy->sizelocvars; i++)
		copy_string(L, copy, &copy->locvars[i].varname, image->locvars[i].varname);
}

/* A function that is copied. */
struct copying {
	const Proto *image;
	Proto *copy;
	int children;
};

/* Gives a closure, which is on the stack, a copy of an own image and of the own images in it. */
static void copy_images(lua_State *L, LClosure *closure, const Proto *main)
{
	struct copying levels[DEPTH], *level = levels;

	*level = (struct copying){ .image = main, .copy = luaF_newproto(L) };
	closure->p = level->copy;
	luaC_objbarrier(L, closure, level->copy);
	fill_copy(L, level->copy, main);
	for (;;) {
		Proto *owner = level->copy;
		Proto *child;
		int place = level->children++;

		if (place >= owner->sizep) {
			if (level == levels)
				return;
			level--;
			continue;
		}
		child = level->image->p[place];
		if (is_own(child)) {
			/* Not deeper than the images. */
			*++level = (struct copying){ .image = child, .copy = luaF_newproto(L) };
			child = level->copy;
		}
		owner->p[place] = child;
		luaC_objbarrier(L, owner, child);
		if (child == level->copy)
			fill_copy(L, child, level->image);
	}
}

int lunatik_push_shared_code(lua_State *L, unsigned int number)
{
	Proto *const *all = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
	LClosure *closure;
	Proto *image;

	if (all == NULL || all[number] == NULL)
		return 0;
	image = all[number];
	luaL_checkstack(L, LUA_MINSTACK, NULL);
	closure = luaF_newLclosure(L, image->sizeupvalues);
	setclLvalue2s(L, L->top.p, closure);
	L->top.p++;
	if (is_own(image))
		copy_images(L, closure, image);
	else
		closure->p = image;
	lunatik_init_upvalues(L, closure);
	return 1;
}
