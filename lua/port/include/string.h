/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The kernel's string functions, and strcoll and strerror of our own. */
#ifndef LUNATIK_STRING_H
#define LUNATIK_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *block, int byte, size_t size);
void *memchr(const void *block, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
char *strstr(const char *text, const char *part);
char *strpbrk(const char *text, const char *set);
size_t strspn(const char *text, const char *set);
size_t strcspn(const char *text, const char *set);
char *strcpy(char *to, const char *from);

/* In the C locale. */
#define strcoll strcmp

/* The texts of the GNU C library; unknown numbers get "Unknown error". */
const char *lunatik_strerror(int error);
#define strerror(error) ((char *)lunatik_strerror(error))

#endif
