/*
 * vsnprintf writes messages as text, which a firmware does not link.
 */
#ifndef BM_FIRMWARE_STDIO_H
#define BM_FIRMWARE_STDIO_H

#include <stdarg.h>
#include <stddef.h>

int vsnprintf(char *text, size_t size, const char *format, va_list args);

#endif
