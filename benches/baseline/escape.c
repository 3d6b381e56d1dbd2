#include "escape.h"

#include <stdint.h>

static const char HEX[] = "0123456789abcdef";

#define SHORT_ESCAPES                                                                              \
    ESCAPE('"', '"')                                                                               \
    ESCAPE('\\', '\\')                                                                             \
    ESCAPE('\b', 'b')                                                                              \
    ESCAPE('\f', 'f')                                                                              \
    ESCAPE('\n', 'n')                                                                              \
    ESCAPE('\r', 'r')                                                                              \
    ESCAPE('\t', 't')

/* `\uxxxx` as six units of T at out[n]. */
#define PUT_HEX(c)                                                                                 \
    do {                                                                                           \
        out[n++] = '\\';                                                                           \
        out[n++] = 'u';                                                                            \
        out[n++] = HEX[(c) >> 12 & 15];                                                            \
        out[n++] = HEX[(c) >> 8 & 15];                                                             \
        out[n++] = HEX[(c) >> 4 & 15];                                                             \
        out[n++] = HEX[(c) & 15];                                                                  \
    } while (0)

#define DEFINE(UCS, T)                                                                             \
    size_t baseline_##UCS##_size(const void *src, size_t len)                                      \
    {                                                                                              \
        const T *in = src;                                                                         \
        size_t n = 2;                                                                              \
        for (size_t i = 0; i < len; i++) {                                                         \
            switch (in[i]) {                                                                       \
            case '"': case '\\': case '\b': case '\f': case '\n': case '\r': case '\t':           \
                n += 2;                                                                            \
                break;                                                                             \
            default:                                                                               \
                n += in[i] < 0x20 ? 6 : 1;                                                         \
            }                                                                                      \
        }                                                                                          \
        return n > PTRDIFF_MAX ? 0 : n;                                                            \
    }                                                                                              \
                                                                                                   \
    size_t baseline_##UCS(const void *src, size_t len, void *dst)                                  \
    {                                                                                              \
        const T *in = src;                                                                         \
        T *out = dst;                                                                              \
        size_t n = 0;                                                                              \
        out[n++] = '"';                                                                            \
        for (size_t i = 0; i < len; i++) {                                                         \
            T c = in[i];                                                                           \
            switch (c) {                                                                           \
                SHORT_ESCAPES                                                                      \
            default:                                                                               \
                if (c < 0x20)                                                                      \
                    PUT_HEX(c);                                                                    \
                else                                                                               \
                    out[n++] = c;                                                                  \
            }                                                                                      \
        }                                                                                          \
        out[n++] = '"';                                                                            \
        return n;                                                                                  \
    }                                                                                              \
                                                                                                   \
    size_t baseline_ascii_##UCS##_size(const void *src, size_t len)                                \
    {                                                                                              \
        const T *in = src;                                                                         \
        size_t n = 2;                                                                              \
        for (size_t i = 0; i < len; i++) {                                                         \
            uint32_t c = in[i];                                                                    \
            switch (c) {                                                                           \
            case '"': case '\\': case '\b': case '\f': case '\n': case '\r': case '\t':           \
                n += 2;                                                                            \
                break;                                                                             \
            default:                                                                               \
                if (c >= 0x20 && c < 0x7f)                                                         \
                    n += 1;                                                                        \
                else                                                                               \
                    n += c >= 0x10000 && c < 0x110000 ? 12 : 6;                                    \
            }                                                                                      \
        }                                                                                          \
        return n > PTRDIFF_MAX ? 0 : n;                                                            \
    }                                                                                              \
                                                                                                   \
    size_t baseline_ascii_##UCS(const void *src, size_t len, void *dst)                            \
    {                                                                                              \
        const T *in = src;                                                                         \
        char *out = dst;                                                                           \
        size_t n = 0;                                                                              \
        out[n++] = '"';                                                                            \
        for (size_t i = 0; i < len; i++) {                                                         \
            uint32_t c = in[i];                                                                    \
            switch (c) {                                                                           \
                SHORT_ESCAPES                                                                      \
            default:                                                                               \
                if (c >= 0x20 && c < 0x7f) {                                                       \
                    out[n++] = (char)c;                                                            \
                } else if (c < 0x10000) {                                                          \
                    PUT_HEX(c);                                                                    \
                } else if (c < 0x110000) {                                                         \
                    uint32_t high = 0xd800 + ((c - 0x10000) >> 10);                                \
                    uint32_t low = 0xdc00 + (c & 0x3ff);                                           \
                    PUT_HEX(high);                                                                 \
                    PUT_HEX(low);                                                                  \
                } else {                                                                           \
                    PUT_HEX(0xfffd);                                                               \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        out[n++] = '"';                                                                            \
        return n;                                                                                  \
    }

#define ESCAPE(code, letter)                                                                       \
    case code:                                                                                     \
        out[n++] = '\\';                                                                           \
        out[n++] = letter;                                                                         \
        break;

DEFINE(ucs1, uint8_t)
DEFINE(ucs2, uint16_t)
DEFINE(ucs4, uint32_t)
