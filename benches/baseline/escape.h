/* The plain two-pass loops that the escape kernels are measured against. Same contract as the
 * functions of webstr.h of the same ending, one unit at a time. */
#ifndef BASELINE_ESCAPE_H
#define BASELINE_ESCAPE_H

#include <stddef.h>

#define BASELINE_DECLARE(UCS)                                                                      \
    size_t baseline_##UCS##_size(const void *src, size_t len);                                     \
    size_t baseline_##UCS(const void *src, size_t len, void *dst);                                 \
    size_t baseline_ascii_##UCS##_size(const void *src, size_t len);                               \
    size_t baseline_ascii_##UCS(const void *src, size_t len, void *dst);

BASELINE_DECLARE(ucs1)
BASELINE_DECLARE(ucs2)
BASELINE_DECLARE(ucs4)

#undef BASELINE_DECLARE
#endif
