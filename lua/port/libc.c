/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Small functions of the C library that the kernel does not export. */

#include <locale.h>
#include <stddef.h>
#include <string.h>

const char *lunatik_setlocale(int category, const char *name)
{
	(void)category;
	if (name == NULL || *name == '\0' || strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0)
		return "C";
	return NULL;
}

const char *lunatik_strerror(int error)
{
	static const char *const texts[] = {
		[0] = "Success",
		[1] = "Operation not permitted",
		[2] = "No such file or directory",
		[3] = "No such process",
		[4] = "Interrupted system call",
		[5] = "Input/output error",
		[6] = "No such device or address",
		[7] = "Argument list too long",
		[8] = "Exec format error",
		[9] = "Bad file descriptor",
		[10] = "No child processes",
		[11] = "Resource temporarily unavailable",
		[12] = "Cannot allocate memory",
		[13] = "Permission denied",
		[14] = "Bad address",
		[15] = "Block device required",
		[16] = "Device or resource busy",
		[17] = "File exists",
		[18] = "Invalid cross-device link",
		[19] = "No such device",
		[20] = "Not a directory",
		[21] = "Is a directory",
		[22] = "Invalid argument",
		[23] = "Too many open files in system",
		[24] = "Too many open files",
		[25] = "Inappropriate ioctl for device",
		[26] = "Text file busy",
		[27] = "File too large",
		[28] = "No space left on device",
		[29] = "Illegal seek",
		[30] = "Read-only file system",
		[31] = "Too many links",
		[32] = "Broken pipe",
		[33] = "Numerical argument out of domain",
		[34] = "Numerical result out of range",
		[35] = "Resource deadlock avoided",
		[36] = "File name too long",
		[37] = "No locks available",
		[38] = "Function not implemented",
		[39] = "Directory not empty",
		[40] = "Too many levels of symbolic links",
		[75] = "Value too large for defined data type",
		[95] = "Operation not supported",
		[110] = "Connection timed out",
		[116] = "Stale file handle",
		[122] = "Disk quota exceeded",
		[125] = "Operation canceled",
	};

	if (error >= 0 && (size_t)error < sizeof(texts) / sizeof(texts[0]) && texts[error] != NULL)
		return texts[error];
	return "Unknown error";
}
