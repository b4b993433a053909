/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The part of C's time.h that Lua uses. Implemented in rust/stdio/.
 *
 * The kernel knows no time zones: local time is UTC.
 */
#ifndef LUNATIK_TIME_H
#define LUNATIK_TIME_H

#include <stddef.h>

struct lua_State;

typedef long time_t;
typedef long clock_t;

#define CLOCKS_PER_SEC		((clock_t)1000000)

/* 'struct CalendarTime' in rust/stdio/calendar.rs has the same layout. */
struct tm {
	int tm_sec;
	int tm_min;
	int tm_hour;
	int tm_mday;
	int tm_mon;
	int tm_year;
	int tm_wday;
	int tm_yday;
	int tm_isdst;
	/* Set by gmtime, not by localtime: "%Z" is then "GMT", not "UTC". */
	int tm_is_gmt;
};

time_t lunatik_time(time_t *seconds);
time_t lunatik_mktime(struct tm *calendar);
struct tm *lunatik_gmtime(const time_t *seconds, struct tm *calendar);
struct tm *lunatik_localtime(const time_t *seconds, struct tm *calendar);
size_t lunatik_strftime(char *text, size_t size, const char *format,
			const struct tm *calendar);

/* Microseconds of processor time that the VM has used. */
clock_t lunatik_cpu_clock(struct lua_State *L);

/* User Mode Linux renames it. */
#undef mktime

#define time			lunatik_time
#define mktime			lunatik_mktime
#define l_gmtime(seconds, calendar)	lunatik_gmtime(seconds, calendar)
#define l_localtime(seconds, calendar)	lunatik_localtime(seconds, calendar)
#define strftime		lunatik_strftime
#define clock()			lunatik_cpu_clock(L)

/* Subtracts without a sign, so that no two times overflow. */
static inline double difftime(time_t end, time_t start)
{
	if (end >= start)
		return (double)((unsigned long)end - (unsigned long)start);
	return -(double)((unsigned long)start - (unsigned long)end);
}

#endif
