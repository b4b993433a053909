/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * snprintf with small stack frames, for the conversions that Lua uses.
 *
 * Conversions: d i u c x X o s p and the floating-point ones, with flags, width,
 * precision and the length modifiers h, l, ll, z. The results equal those of the
 * GNU C library.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

enum { MINUS = 1, PLUS = 2, SPACE = 4, ALTERNATE = 8, ZERO = 16 };

struct output {
	char *at;
	size_t room;
	size_t total;
};

struct conversion {
	unsigned int flags;
	int width;
	int precision;
};

static void put(struct output *out, const char *text, size_t length)
{
	size_t kept = length < out->room ? length : out->room;

	memcpy(out->at, text, kept);
	out->at += kept;
	out->room -= kept;
	out->total += length;
}

static void fill(struct output *out, char c, int count)
{
	for (; count > 0; count--)
		put(out, &c, 1);
}

static void put_padded(struct output *out, const struct conversion *conversion,
		       const char *text, size_t length)
{
	int rest = conversion->width - (int)length;

	if (!(conversion->flags & MINUS))
		fill(out, ' ', rest);
	put(out, text, length);
	if (conversion->flags & MINUS)
		fill(out, ' ', rest);
}

static void put_integer(struct output *out, const struct conversion *conversion,
			unsigned long long value, int negative, int is_signed,
			unsigned int base, const char *digits)
{
	char buffer[24];
	char prefix[3];
	size_t length = 0;
	size_t prefixed = 0;
	int zeros;
	int rest;
	int is_zero = value == 0;

	while (value != 0) {
		buffer[sizeof(buffer) - ++length] = digits[value % base];
		value /= base;
	}
	zeros = (conversion->precision < 0 ? 1 : conversion->precision) - (int)length;
	if (zeros < 0)
		zeros = 0;
	if (is_signed && negative)
		prefix[prefixed++] = '-';
	else if (is_signed && (conversion->flags & PLUS))
		prefix[prefixed++] = '+';
	else if (is_signed && (conversion->flags & SPACE))
		prefix[prefixed++] = ' ';
	if ((conversion->flags & ALTERNATE) && base == 16 && !is_zero) {
		prefix[prefixed++] = '0';
		prefix[prefixed++] = digits[10] == 'A' ? 'X' : 'x';
	}
	if ((conversion->flags & ALTERNATE) && base == 8 && zeros == 0 &&
	    (length > 0 || conversion->precision == 0))
		zeros = 1;
	rest = conversion->width - (int)prefixed - zeros - (int)length;
	if (rest > 0 && (conversion->flags & ZERO) && !(conversion->flags & MINUS) &&
	    conversion->precision < 0) {
		zeros += rest;
		rest = 0;
	}
	if (!(conversion->flags & MINUS))
		fill(out, ' ', rest);
	put(out, prefix, prefixed);
	fill(out, '0', zeros);
	put(out, buffer + sizeof(buffer) - length, length);
	if (conversion->flags & MINUS)
		fill(out, ' ', rest);
}

static void put_double(struct output *out, const struct conversion *conversion,
		       char kind, unsigned long bits)
{
	/* The formatter writes what fits and returns what it would have written. */
	int length = lunatik_format_double(out->at, out->room, kind, conversion->flags,
					   conversion->width, conversion->precision, bits);
	size_t written = (size_t)length < out->room ? (size_t)length : out->room;

	out->at += written;
	out->room -= written;
	out->total += (size_t)length;
}

static int digits_of(const char **format)
{
	int value = 0;

	for (; **format >= '0' && **format <= '9'; (*format)++)
		if (value < 100000)
			value = value * 10 + (**format - '0');
	return value;
}

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

static unsigned int flag_of(char c)
{
	switch (c) {
	case '-':
		return MINUS;
	case '+':
		return PLUS;
	case ' ':
		return SPACE;
	case '#':
		return ALTERNATE;
	case '0':
		return ZERO;
	default:
		return 0;
	}
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
	struct output out = { buffer, size > 0 ? size - 1 : 0, 0 };
	va_list arguments;

	va_start(arguments, format);
	while (*format != '\0') {
		struct conversion conversion = { 0, 0, -1 };
		const char *text;
		unsigned int flag;
		long long number;
		int longs = 0;

		text = format;
		while (*format != '\0' && *format != '%')
			format++;
		put(&out, text, (size_t)(format - text));
		if (*format == '\0')
			break;
		format++;
		for (; (flag = flag_of(*format)) != 0; format++)
			conversion.flags |= flag;
		if (*format == '*') {
			conversion.width = va_arg(arguments, int);
			format++;
			if (conversion.width < 0) {
				conversion.flags |= MINUS;
				conversion.width = -conversion.width;
			}
		} else {
			conversion.width = digits_of(&format);
		}
		if (*format == '.') {
			format++;
			if (*format == '*') {
				conversion.precision = va_arg(arguments, int);
				format++;
			} else {
				conversion.precision = digits_of(&format);
			}
		}
		for (; *format == 'l' || *format == 'h' || *format == 'z'; format++)
			longs += *format != 'h';
		switch (*format) {
		case 'd':
		case 'i':
			number = longs ? va_arg(arguments, long long) : va_arg(arguments, int);
			put_integer(&out, &conversion,
				    number < 0 ? -(unsigned long long)number : (unsigned long long)number,
				    number < 0, 1, 10, lower_digits);
			break;
		case 'u':
		case 'o':
		case 'x':
		case 'X':
			number = longs ? va_arg(arguments, long long)
				       : (long long)va_arg(arguments, unsigned int);
			put_integer(&out, &conversion, (unsigned long long)number, 0, 0,
				    *format == 'u' ? 10 : *format == 'o' ? 8 : 16,
				    *format == 'X' ? upper_digits : lower_digits);
			break;
		case 'p':
			text = va_arg(arguments, const char *);
			if (text == NULL) {
				put_padded(&out, &conversion, "(nil)", 5);
			} else {
				conversion.flags |= ALTERNATE;
				put_integer(&out, &conversion, (unsigned long long)text, 0, 0,
					    16, lower_digits);
			}
			break;
		case 'c': {
			char c = (char)va_arg(arguments, int);

			put_padded(&out, &conversion, &c, 1);
			break;
		}
		case 's': {
			size_t length;

			text = va_arg(arguments, const char *);
			if (conversion.precision < 0) {
				length = strlen(text);
			} else {
				for (length = 0; length < (size_t)conversion.precision &&
						 text[length] != '\0'; length++)
					;
			}
			put_padded(&out, &conversion, text, length);
			break;
		}
		case 'e':
		case 'E':
		case 'f':
		case 'F':
		case 'g':
		case 'G':
		case 'a':
		case 'A':
			/*
			 * Not va_arg(double): callers pass doubles in general
			 * registers here, but va_arg would read vector ones.
			 */
			put_double(&out, &conversion, *format, va_arg(arguments, unsigned long));
			break;
		case '%':
			put(&out, "%", 1);
			break;
		default:
			/* Lua checks its formats first, so this is never reached. */
			break;
		}
		if (*format != '\0')
			format++;
	}
	va_end(arguments);
	if (size > 0)
		*out.at = '\0';
	return (int)out.total;
}
