/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* There is one locale, "C". */
#ifndef LUNATIK_LOCALE_H
#define LUNATIK_LOCALE_H

#define LC_ALL 0
#define LC_COLLATE 1
#define LC_CTYPE 2
#define LC_MONETARY 3
#define LC_NUMERIC 4
#define LC_TIME 5

struct lconv {
	const char *decimal_point;
};

const char *lunatik_setlocale(int category, const char *name);
#define setlocale lunatik_setlocale

#endif
