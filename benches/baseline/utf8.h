#ifndef UTF8_BASELINE_H
#define UTF8_BASELINE_H

#include <stddef.h>

/* UTF-8 that nobody has checked, a character or a maximal ill-formed subpart at a time, as a loop in C does it:
 * what escape_json_utf8_into and escape_json_ascii_utf8_into return, and webstr_utf8_valid_up_to. */
size_t baseline_utf8_into(const void *src, size_t len, void *dst, size_t cap);
size_t baseline_ascii_utf8_into(const void *src, size_t len, void *dst, size_t cap);
size_t baseline_utf8_valid_up_to(const void *src, size_t len, size_t *incomplete);

#endif
