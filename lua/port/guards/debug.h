/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Guards of the debug library. Included by ldblib.c before its table. */

#include "guard.h"

LUNATIK_SLEEPS(db_debug)
#define db_debug guarded_db_debug
