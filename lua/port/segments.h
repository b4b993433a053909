/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Calls that continue on another stack segment. Included by ldo.h.
 *
 * An error ends on the segment where it was raised, and the caller raises it again.
 */
#ifndef LUNATIK_SEGMENTS_H
#define LUNATIK_SEGMENTS_H

/*
 * For a caller that has found the stack low: runs `f` on another segment. Returns 0 if there is no segment, but
 * enough stack to go on without one. Raises if there is neither.
 */
LUAI_FUNC int luaD_onsegment(lua_State *L, Pfunc f, void *ud);
/* The same as a protected call; after an error, `ci` continues. Returns 0 if there is no segment. */
LUAI_FUNC int luaD_rawonsegment(lua_State *L, Pfunc f, void *ud, CallInfo *ci,
				volatile TStatus *status);
/* Raises if the stack is too low to continue without a segment. */
LUAI_FUNC void luaD_checkstackleft(lua_State *L);
/* A protected call for which there is neither stack nor a segment: "error in error handling". */
LUAI_FUNC TStatus luaD_nostack(lua_State *L, ptrdiff_t old_top);

/*
 * LUNATIK_ONSEGMENT(function, (type, name)...) defines function_onsegment(L, ...) for a static function that
 * returns nothing. It calls the function by luaD_onsegment(), and returns whether it did. LUNATIK_ONSEGMENT_RESULT
 * is for a function that returns `type`: the last argument is a pointer for the result.
 */
#define LUNATIK_ONSEGMENT(function, ...)					\
	static void function(LUNATIK_EACH(LUNATIK_PARAMETER, __VA_ARGS__));	\
	LUNATIK_CALL_(function, , function(LUNATIK_EACH(LUNATIK_PASS, __VA_ARGS__)), __VA_ARGS__) \
	static l_noinline int function##_onsegment(lua_State *state_,		\
		LUNATIK_EACH(LUNATIK_PARAMETER, __VA_ARGS__))			\
	{									\
		struct function##_call call_ = { LUNATIK_EACH(LUNATIK_SET, __VA_ARGS__) }; \
										\
		return luaD_onsegment(state_, function##_here, &call_);		\
	}

#define LUNATIK_ONSEGMENT_RESULT(type, function, ...)				\
	static type function(LUNATIK_EACH(LUNATIK_PARAMETER, __VA_ARGS__));	\
	LUNATIK_CALL_(function, type result_;,					\
		      call_->result_ = function(LUNATIK_EACH(LUNATIK_PASS, __VA_ARGS__)), __VA_ARGS__) \
	static l_noinline int function##_onsegment(lua_State *state_,		\
		LUNATIK_EACH(LUNATIK_PARAMETER, __VA_ARGS__), type *result_)	\
	{									\
		struct function##_call call_ = { LUNATIK_EACH(LUNATIK_SET, __VA_ARGS__) }; \
										\
		if (!luaD_onsegment(state_, function##_here, &call_))		\
			return 0;						\
		*result_ = call_.result_;					\
		return 1;							\
	}

#define LUNATIK_CALL_(function, result, statement, ...)				\
	struct function##_call {						\
		LUNATIK_EACH_FIELD(__VA_ARGS__)					\
		result								\
	};									\
	static void function##_here(lua_State *state_, void *ud)		\
	{									\
		struct function##_call *call_ = ud;				\
										\
		(void)state_;							\
		statement;							\
	}

#define LUNATIK_PARAMETER(type, name) type name
#define LUNATIK_PASS(type, name) call_->name
#define LUNATIK_SET(type, name) .name = name
#define LUNATIK_FIELD(type, name) type name;

/* what(type, name) for each of up to five pairs, with commas in between, or as fields. */
#define LUNATIK_EACH(what, ...) \
	LUNATIK_PICK(__VA_ARGS__, LUNATIK_5, LUNATIK_4, LUNATIK_3, LUNATIK_2, LUNATIK_1)(what, __VA_ARGS__)
#define LUNATIK_PICK(a, b, c, d, e, chosen, ...) chosen
#define LUNATIK_1(what, a) what a
#define LUNATIK_2(what, a, ...) what a, LUNATIK_1(what, __VA_ARGS__)
#define LUNATIK_3(what, a, ...) what a, LUNATIK_2(what, __VA_ARGS__)
#define LUNATIK_4(what, a, ...) what a, LUNATIK_3(what, __VA_ARGS__)
#define LUNATIK_5(what, a, ...) what a, LUNATIK_4(what, __VA_ARGS__)
#define LUNATIK_EACH_FIELD(...) \
	LUNATIK_PICK(__VA_ARGS__, LUNATIK_F5, LUNATIK_F4, LUNATIK_F3, LUNATIK_F2, LUNATIK_F1)(__VA_ARGS__)
#define LUNATIK_F1(a) LUNATIK_FIELD a
#define LUNATIK_F2(a, ...) LUNATIK_FIELD a LUNATIK_F1(__VA_ARGS__)
#define LUNATIK_F3(a, ...) LUNATIK_FIELD a LUNATIK_F2(__VA_ARGS__)
#define LUNATIK_F4(a, ...) LUNATIK_FIELD a LUNATIK_F3(__VA_ARGS__)
#define LUNATIK_F5(a, ...) LUNATIK_FIELD a LUNATIK_F4(__VA_ARGS__)

#endif
