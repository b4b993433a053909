/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
#ifndef LUNATIK_EXPORTED_FUNCTIONS_H
#define LUNATIK_EXPORTED_FUNCTIONS_H

struct luaL_Reg;

/* Gives numbers to the functions of a library. There must be only one state. */
void lunatik_export_functions(const struct luaL_Reg *functions);

#endif
