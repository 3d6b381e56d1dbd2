/* UTF-8 that nobody has checked, a character or a maximal ill-formed subpart at a time, as a loop in C does it:
 * what escape_json_utf8_into and escape_json_ascii_utf8_into return, and webstr_utf8_valid_up_to. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { ILL_FORMED = 0xfffd, CUT_OFF = 0x110000 };

/* The first character of `left` > 0 bytes, or what stands for an ill-formed one; its bytes (Unicode 3.9, table 3-7). */
INLINE size_t decode(const uint8_t *s, size_t left, uint32_t *code, int *well_formed)
{
    uint8_t lead = s[0], least = 0x80, most = 0xbf;
    size_t length, i;

    *well_formed = 1;
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    *well_formed = 0;
    *code = ILL_FORMED;
    if (lead < 0xc2 || lead > 0xf4)
        return 1;
    length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead == 0xe0)
        least = 0xa0;
    else if (lead == 0xed)
        most = 0x9f;
    else if (lead == 0xf0)
        least = 0x90;
    else if (lead == 0xf4)
        most = 0x8f;
    uint32_t c = lead & (0x7f >> length);
    for (i = 1; i < length; i++) {
        if (i == left) {
            *code = CUT_OFF;
            return i;
        }
        if (s[i] < least || s[i] > most)
            return i;
        c = c << 6 | (s[i] & 0x3f);
        least = 0x80;
        most = 0xbf;
    }
    *well_formed = 1;
    *code = c;
    return length;
}

INLINE size_t hex(uint8_t *text, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";

    text[0] = '\\';
    text[1] = 'u';
    text[2] = digits[unit >> 12];
    text[3] = digits[unit >> 8 & 15];
    text[4] = digits[unit >> 4 & 15];
    text[5] = digits[unit & 15];
    return 6;
}

/* Writes the text of a character that is not a letter. */
INLINE size_t put(uint8_t *text, uint32_t c, int ascii)
{
    static const char letters[] = "btn\0fr";

    if (c == '"' || c == '\\' || (c >= 8 && c <= 13 && c != 11)) {
        text[0] = '\\';
        text[1] = c < 0x20 ? (uint8_t)letters[c - 8] : (uint8_t)c;
        return 2;
    }
    if (c < 0x20 || (ascii && c < 0x10000))
        return hex(text, c);
    if (ascii) {
        hex(text, 0xd7c0 + (c >> 10));
        return 6 + hex(text + 6, 0xdc00 | (c & 0x3ff));
    }
    if (c < 0x80) {
        text[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        text[0] = (uint8_t)(0xc0 | c >> 6);
        text[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        text[0] = (uint8_t)(0xe0 | c >> 12);
        text[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        text[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    text[0] = (uint8_t)(0xf0 | c >> 18);
    text[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    text[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    text[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

INLINE size_t into(const uint8_t *src, size_t len, uint8_t *dst, size_t cap, int ascii)
{
    size_t n = 0, at = 0;
    uint8_t text[12];

    if (cap > 0)
        dst[0] = '"';
    n = 1;
    while (at < len) {
        uint32_t c;
        int well_formed;
        at += decode(src + at, len - at, &c, &well_formed);
        if (c == CUT_OFF)
            c = ILL_FORMED;
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            if (n < cap)
                dst[n] = (uint8_t)c;
            n++;
        } else if (cap > 12 && n < cap - 12) {
            n += put(dst + n, c, ascii);
        } else {
            size_t size = put(text, c, ascii);
            if (size <= cap && n <= cap - size)
                memcpy(dst + n, text, size);
            n += size;
        }
    }
    if (n < cap)
        dst[n] = '"';
    return n + 1;
}

size_t baseline_utf8_into(const void *src, size_t len, void *dst, size_t cap)
{
    return into(src, len, dst, cap, 0);
}

size_t baseline_ascii_utf8_into(const void *src, size_t len, void *dst, size_t cap)
{
    return into(src, len, dst, cap, 1);
}

size_t baseline_utf8_valid_up_to(const void *src, size_t len, size_t *incomplete)
{
    const uint8_t *s = src;
    size_t at = 0, length;
    uint32_t c = 0;
    int well_formed;

    if (incomplete)
        *incomplete = 0;
    while (at < len) {
        length = decode(s + at, len - at, &c, &well_formed);
        if (!well_formed) {
            if (incomplete && c == CUT_OFF)
                *incomplete = length;
            break;
        }
        at += length;
    }
    return at;
}
