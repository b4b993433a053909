/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Guards of the library io and of the methods of files. Included by liolib.c before its tables. */

#include "guard.h"

LUNATIK_SLEEPS(io_close)
#define io_close guarded_io_close
LUNATIK_SLEEPS(io_flush)
#define io_flush guarded_io_flush
LUNATIK_SLEEPS(io_input)
#define io_input guarded_io_input
LUNATIK_SLEEPS(io_lines)
#define io_lines guarded_io_lines
LUNATIK_SLEEPS(io_open)
#define io_open guarded_io_open
LUNATIK_SLEEPS(io_output)
#define io_output guarded_io_output
LUNATIK_SLEEPS(io_read)
#define io_read guarded_io_read
LUNATIK_SLEEPS(io_tmpfile)
#define io_tmpfile guarded_io_tmpfile
LUNATIK_SLEEPS(io_type)
#define io_type guarded_io_type
LUNATIK_SLEEPS(io_write)
#define io_write guarded_io_write
LUNATIK_SLEEPS(f_close)
#define f_close guarded_f_close
LUNATIK_SLEEPS(f_flush)
#define f_flush guarded_f_flush
LUNATIK_SLEEPS(f_gc)
#define f_gc guarded_f_gc
LUNATIK_SLEEPS(f_lines)
#define f_lines guarded_f_lines
LUNATIK_SLEEPS(f_read)
#define f_read guarded_f_read
LUNATIK_SLEEPS(f_seek)
#define f_seek guarded_f_seek
LUNATIK_SLEEPS(f_setvbuf)
#define f_setvbuf guarded_f_setvbuf
LUNATIK_SLEEPS(f_write)
#define f_write guarded_f_write
