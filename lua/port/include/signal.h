/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef LUNATIK_SIGNAL_H
#define LUNATIK_SIGNAL_H

typedef int sig_atomic_t;

#endif
