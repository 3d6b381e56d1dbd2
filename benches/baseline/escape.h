/* What the escape kernels are measured against. Same results as the functions of webstr.h of the
 * same ending, one unit at a time. */
#ifndef BASELINE_ESCAPE_H
#define BASELINE_ESCAPE_H

#include <stddef.h>

/* Plain two-pass loops, each pass a function as in webstr.h. */
#define BASELINE_DECLARE(UCS)                                                                      \
    size_t baseline_##UCS##_size(const void *src, size_t len);                                     \
    size_t baseline_##UCS(const void *src, size_t len, void *dst);                                 \
    size_t baseline_ascii_##UCS##_size(const void *src, size_t len);                               \
    size_t baseline_ascii_##UCS(const void *src, size_t len, void *dst);

BASELINE_DECLARE(ucs1)
BASELINE_DECLARE(ucs2)
BASELINE_DECLARE(ucs4)

#undef BASELINE_DECLARE

/* From CPython's escape_unicode() and ascii_escape_unicode() (Modules/_json.c up to 3.14) one step
 * at a time to the best that plain C reached, each step on top of those before. Both passes in one
 * call: `len` units of `width` bytes (PyUnicode_KIND) at src; the result is written to dst if it
 * has at most `room` units. Returns its units, or 0 if it has more. */
#define LADDER_DECLARE(NAME)                                                                       \
    size_t ladder_##NAME(int width, const void *src, size_t len, void *dst, size_t room);          \
    size_t ladder_ascii_##NAME(int width, const void *src, size_t len, void *dst, size_t room);

LADDER_DECLARE(original)    /* a size checked for overflow at each unit, then a switch and an if */
LADDER_DECLARE(full_switch) /* all codes that are escaped are cases of the switch */
LADDER_DECLARE(late_check)  /* the size is checked only where it can overflow */
LADDER_DECLARE(copy_runs)   /* the runs between the first eight escapes by memcpy; the loop if more */
LADDER_DECLARE(typed)       /* a pointer of the right type instead of a look at the kind */

#undef LADDER_DECLARE
#endif
