/* What the escape kernels are measured against. Same results as the functions of webstr.h of the
 * same ending, one unit at a time. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One body for all variants: flags, form and width are constants wherever it is inlined, so each
 * variant is compiled as if it were written out. */
#define INLINE static inline __attribute__((always_inline))

/* In what a variant differs from CPython's first form. */
enum {
    FULL_SWITCH = 1, /* every escaped code is a case, instead of a range tested under `default` */
    LATE_CHECK = 2,  /* the size is checked for overflow only where it can overflow */
    COPY_RUNS = 4,   /* what is between the first eight escapes is copied by memcpy */
    TYPED = 8,       /* the source is a pointer to its units, not looked at by kind */
    PLAIN_LAST = 16, /* ASCII form: what needs no escape is tested last, not first */
};

enum { STORED = 8 };

struct escapes {
    size_t count;
    size_t at[STORED];
};

#define SHORT                                                                                      \
    case '"': case '\\': case '\b': case '\f': case '\n': case '\r': case '\t'
#define FOUR(c)                                                                                    \
    case (c): case (c) + 1: case (c) + 2: case (c) + 3
#define LONG                                                                                       \
    FOUR(0x00): FOUR(0x04): case 0x0b: case 0x0e: case 0x0f:                                       \
    FOUR(0x10): FOUR(0x14): FOUR(0x18): FOUR(0x1c)

/* As PyUnicode_READ and PyUnicode_WRITE. */
INLINE uint32_t get(int width, const void *src, size_t i)
{
    return width == 1   ? ((const uint8_t *)src)[i]
           : width == 2 ? ((const uint16_t *)src)[i]
                        : ((const uint32_t *)src)[i];
}

INLINE size_t put(int width, void *dst, size_t n, uint32_t c)
{
    if (width == 1)
        ((uint8_t *)dst)[n] = (uint8_t)c;
    else if (width == 2)
        ((uint16_t *)dst)[n] = (uint16_t)c;
    else
        ((uint32_t *)dst)[n] = c;
    return n + 1;
}

INLINE size_t put_pair(int width, void *dst, size_t n, char letter)
{
    return put(width, dst, put(width, dst, n, '\\'), (uint32_t)letter);
}

INLINE size_t put_hex(int width, void *dst, size_t n, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";

    n = put_pair(width, dst, n, 'u');
    n = put(width, dst, n, (uint32_t)hex[c >> 12 & 15]);
    n = put(width, dst, n, (uint32_t)hex[c >> 8 & 15]);
    n = put(width, dst, n, (uint32_t)hex[c >> 4 & 15]);
    return put(width, dst, n, (uint32_t)hex[c & 15]);
}

/* `\uxxxx`, above U+FFFF as a surrogate pair, U+FFFD for what is no character. */
INLINE size_t put_unicode(int width, void *dst, size_t n, uint32_t c)
{
    if (c < 0x10000)
        return put_hex(width, dst, n, c);
    if (c >= 0x110000)
        return put_hex(width, dst, n, 0xfffd);
    n = put_hex(width, dst, n, 0xd800 + ((c - 0x10000) >> 10));
    return put_hex(width, dst, n, 0xdc00 + (c & 0x3ff));
}

INLINE int is_plain(uint32_t c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* Units that c becomes. */
INLINE size_t units(int flags, int ascii, uint32_t c)
{
    size_t hex = ascii && c >= 0x10000 && c < 0x110000 ? 12 : 6;

    if (flags & FULL_SWITCH) {
        switch (c) {
        SHORT:
            return 2;
        LONG:
            return 6;
        default:
            return ascii && c >= 0x7f ? hex : 1;
        }
    }
    if (ascii && !(flags & PLAIN_LAST) && is_plain(c))
        return 1;
    switch (c) {
    SHORT:
        return 2;
    default:
        return c >= 0x20 && (!ascii || c < 0x7f) ? 1 : hex;
    }
}

INLINE size_t put_escaped(int flags, int ascii, int width, void *dst, size_t n, uint32_t c)
{
    if (ascii && !(flags & (FULL_SWITCH | PLAIN_LAST)) && is_plain(c))
        return put(width, dst, n, c);
    switch (c) {
    case '"': return put_pair(width, dst, n, '"');
    case '\\': return put_pair(width, dst, n, '\\');
    case '\b': return put_pair(width, dst, n, 'b');
    case '\f': return put_pair(width, dst, n, 'f');
    case '\n': return put_pair(width, dst, n, 'n');
    case '\r': return put_pair(width, dst, n, 'r');
    case '\t': return put_pair(width, dst, n, 't');
    default: break;
    }
    if (flags & FULL_SWITCH) {
        switch (c) {
        LONG:
            return put_hex(width, dst, n, c);
        default:
            return ascii && c >= 0x7f ? put_unicode(width, dst, n, c) : put(width, dst, n, c);
        }
    }
    if (c >= 0x20 && (!ascii || c < 0x7f))
        return put(width, dst, n, c);
    return put_unicode(width, dst, n, c);
}

INLINE size_t count(int flags, int ascii, int check, int width, const void *src, size_t len,
                    struct escapes *escapes)
{
    size_t size = 2;
    for (size_t i = 0; i < len; i++) {
        size_t n = units(flags, ascii, get(width, src, i));
        if (check && size > PTRDIFF_MAX - n)
            return 0;
        size += n;
        if (flags & COPY_RUNS && n != 1) {
            if (escapes->count < STORED)
                escapes->at[escapes->count] = i;
            escapes->count++;
        }
    }
    return size;
}

/* First pass: the size of the result, 0 if it would be above PTRDIFF_MAX. */
INLINE size_t measure(int flags, int ascii, int width, const void *src, size_t len,
                      struct escapes *escapes)
{
    /* One unit becomes at most 6, or 12 where a pair is written. */
    if (flags & LATE_CHECK && len <= PTRDIFF_MAX >> (ascii ? 4 : 3))
        return count(flags, ascii, 0, width, src, len, escapes);
    return count(flags, ascii, 1, width, src, len, escapes);
}

INLINE size_t copy_run(int ascii, int width, const void *src, size_t from, size_t to, void *dst,
                       size_t n)
{
    if (!ascii || width == 1) {
        memcpy((char *)dst + n * (size_t)width, (const char *)src + from * (size_t)width,
               (to - from) * (size_t)width);
        return n + (to - from);
    }
    for (; from < to; from++)
        n = put(1, dst, n, get(width, src, from));
    return n;
}

/* Second pass: writes the result, returns its units. */
INLINE size_t write_out(int flags, int ascii, int width, const void *src, size_t len, void *dst,
                        const struct escapes *escapes)
{
    int to = ascii ? 1 : width;
    size_t n = put(to, dst, 0, '"');
    if (flags & COPY_RUNS && escapes->count <= STORED) {
        size_t from = 0;
        for (size_t k = 0; k < escapes->count; k++) {
            size_t i = escapes->at[k];
            n = copy_run(ascii, width, src, from, i, dst, n);
            n = put_escaped(flags, ascii, to, dst, n, get(width, src, i));
            from = i + 1;
        }
        n = copy_run(ascii, width, src, from, len, dst, n);
    } else {
        for (size_t i = 0; i < len; i++)
            n = put_escaped(flags, ascii, to, dst, n, get(width, src, i));
    }
    return put(to, dst, n, '"');
}

INLINE size_t both(int flags, int ascii, int width, const void *src, size_t len, void *dst,
                   size_t room)
{
    struct escapes escapes;
    escapes.count = 0;
    size_t size = measure(flags, ascii, width, src, len, &escapes);
    if (size == 0 || size > room)
        return 0;
    /* CPython writes through pointers of the right type from the start. */
    switch (width) {
    case 1: return write_out(flags, ascii, 1, src, len, dst, &escapes);
    case 2: return write_out(flags, ascii, 2, src, len, dst, &escapes);
    default: return write_out(flags, ascii, 4, src, len, dst, &escapes);
    }
}

INLINE size_t rung(int flags, int ascii, int width, const void *src, size_t len, void *dst,
                   size_t room)
{
    if (!(flags & TYPED))
        return both(flags, ascii, width, src, len, dst, room);
    switch (width) {
    case 1: return both(flags, ascii, 1, src, len, dst, room);
    case 2: return both(flags, ascii, 2, src, len, dst, room);
    default: return both(flags, ascii, 4, src, len, dst, room);
    }
}

/* From CPython's escape_unicode() and ascii_escape_unicode() (Modules/_json.c up to 3.14) one step
 * at a time to the best that plain C reached, each step on top of those before. Both passes in one
 * call: `len` units of `width` bytes (PyUnicode_KIND) at src; the result is written to dst if it
 * has at most `room` units. Returns its units, or 0 if it has more. */
#define RUNG(NAME, FLAGS)                                                                          \
    size_t ladder_##NAME(int width, const void *src, size_t len, void *dst, size_t room)           \
    {                                                                                              \
        return rung(FLAGS, 0, width, src, len, dst, room);                                         \
    }                                                                                              \
                                                                                                   \
    size_t ladder_ascii_##NAME(int width, const void *src, size_t len, void *dst, size_t room)     \
    {                                                                                              \
        return rung(FLAGS, 1, width, src, len, dst, room);                                         \
    }

RUNG(original, 0)
RUNG(full_switch, FULL_SWITCH)
RUNG(late_check, FULL_SWITCH | LATE_CHECK)
RUNG(copy_runs, FULL_SWITCH | LATE_CHECK | COPY_RUNS)
RUNG(typed, FULL_SWITCH | LATE_CHECK | COPY_RUNS | TYPED)

/* Plain two-pass loops, each pass a function as in webstr.h. */
#define BASELINE (LATE_CHECK | TYPED | PLAIN_LAST)

#define DEFINE(FORM, ASCII, UCS, WIDTH)                                                            \
    size_t baseline_##FORM##UCS##_size(const void *src, size_t len)                                \
    {                                                                                              \
        return measure(BASELINE, ASCII, WIDTH, src, len, NULL);                                    \
    }                                                                                              \
                                                                                                   \
    size_t baseline_##FORM##UCS(const void *src, size_t len, void *dst)                            \
    {                                                                                              \
        return write_out(BASELINE, ASCII, WIDTH, src, len, dst, NULL);                             \
    }

DEFINE(, 0, ucs1, 1)
DEFINE(, 0, ucs2, 2)
DEFINE(, 0, ucs4, 4)
DEFINE(ascii_, 1, ucs1, 1)
DEFINE(ascii_, 1, ucs2, 2)
DEFINE(ascii_, 1, ucs4, 4)
