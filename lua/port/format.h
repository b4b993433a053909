/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What rust/float/ provides for snprintf.c. */
#ifndef LUNATIK_FORMAT_H
#define LUNATIK_FORMAT_H

#include <stddef.h>

/*
 * Formats the double with these bits as printf does: conversion is one of
 * e E f F g G a A; flags: 1 '-', 2 '+', 4 ' ', 8 '#', 16 '0'; precision -1 if
 * none was given. Writes at most 'size' bytes, no terminator, and returns how
 * many the whole text has.
 */
int lunatik_format_double(char *buffer, size_t size, char conversion, unsigned int flags,
			  int width, int precision, unsigned long bits);

#endif
