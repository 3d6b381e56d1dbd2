/* The oracle: RFC 6455 and the string rules of CPython's json module, one unit and one byte at a time.
   Slow and plain on purpose; it shares nothing with the library. C and C++. */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const char naive_base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static inline uint32_t naive_load(const void *buffer, size_t index, unsigned width)
{
    const uint8_t *at = (const uint8_t *)buffer + index * width;
    uint16_t two;
    uint32_t four;

    switch (width) {
    case 1:
        return *at;
    case 2:
        memcpy(&two, at, 2);
        return two;
    default:
        memcpy(&four, at, 4);
        return four;
    }
}

static inline void naive_store(void *buffer, size_t index, unsigned width, uint32_t unit)
{
    uint8_t *at = (uint8_t *)buffer + index * width;
    uint16_t two = (uint16_t)unit;

    switch (width) {
    case 1:
        *at = (uint8_t)unit;
        break;
    case 2:
        memcpy(at, &two, 2);
        break;
    default:
        memcpy(at, &unit, 4);
    }
}

/* Writes \uXXXX into units [n, n + 6) of dst. */
static inline size_t naive_hex_escape(void *dst, size_t n, unsigned width, uint32_t unit)
{
    naive_store(dst, n++, width, '\\');
    naive_store(dst, n++, width, 'u');
    for (int shift = 12; shift >= 0; shift -= 4)
        naive_store(dst, n++, width, (uint8_t)"0123456789abcdef"[unit >> shift & 15]);
    return n;
}

/* Escapes len units of the given width; the output has the same width, or one byte in the ASCII form.
   Returns the number of units written. */
static inline size_t naive_escape(const void *src, size_t len, unsigned width, bool ascii, void *dst)
{
    unsigned out = ascii ? 1 : width;
    size_t n = 0;

    naive_store(dst, n++, out, '"');
    for (size_t i = 0; i < len; i++) {
        uint32_t unit = naive_load(src, i, width);
        char letter = 0;

        switch (unit) {
        case '"': letter = '"'; break;
        case '\\': letter = '\\'; break;
        case '\b': letter = 'b'; break;
        case '\f': letter = 'f'; break;
        case '\n': letter = 'n'; break;
        case '\r': letter = 'r'; break;
        case '\t': letter = 't'; break;
        }
        if (letter) {
            naive_store(dst, n++, out, '\\');
            naive_store(dst, n++, out, (uint8_t)letter);
        } else if (unit < 0x20) {
            n = naive_hex_escape(dst, n, out, unit);
        } else if (!ascii || unit < 0x7f) {
            naive_store(dst, n++, out, unit);
        } else if (unit <= 0xffff) {
            n = naive_hex_escape(dst, n, out, unit);
        } else if (unit <= 0x10ffff) {
            n = naive_hex_escape(dst, n, out, 0xd800 + ((unit - 0x10000) >> 10));
            n = naive_hex_escape(dst, n, out, 0xdc00 + ((unit - 0x10000) & 0x3ff));
        } else {
            n = naive_hex_escape(dst, n, out, 0xfffd);
        }
    }
    naive_store(dst, n++, out, '"');
    return n;
}

/* What a text of UTF-8 begins with, by table 3-7 of the Unicode standard: returns how many bytes it has, 0 at the end.
   *code is the character, or U+FFFD for a maximal subpart; *incomplete whether that is cut off by the end. */
static inline size_t naive_utf8(const uint8_t *text, size_t len, uint32_t *code, bool *incomplete)
{
    uint8_t lead = len ? text[0] : 0, low = 0x80, high = 0xbf;
    size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3, n = 1;

    *incomplete = false;
    *code = 0xfffd;
    if (len == 0)
        return 0;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4)
        return 1;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    for (; n <= more; n++) {
        *incomplete = n == len;
        if (n == len || text[n] < low || text[n] > high)
            return n;
        low = 0x80;
        high = 0xbf;
    }
    *code = more == 0 ? lead : lead & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++)
        *code = *code << 6 | (text[i] & 0x3f);
    return n;
}

/* Escapes UTF-8 in UTF-8 or ASCII; returns the number of bytes written. */
static inline size_t naive_escape_utf8(const void *src, size_t len, bool ascii, void *dst)
{
    const uint8_t *text = (const uint8_t *)src;
    uint8_t *out = (uint8_t *)dst, quoted[2 + 12];
    size_t at = 0, n = 0, length, size;
    uint32_t code;
    bool incomplete;

    out[n++] = '"';
    while ((length = naive_utf8(text + at, len - at, &code, &incomplete)) != 0) {
        if (ascii || code < 0x7f) { /* below U+007F both forms are the same */
            size = naive_escape(&code, 1, 4, true, quoted) - 2;
            memcpy(out + n, quoted + 1, size);
            n += size;
        } else if (code == 0xfffd) {
            memcpy(out + n, "\xef\xbf\xbd", 3);
            n += 3;
        } else {
            memcpy(out + n, text + at, length);
            n += length;
        }
        at += length;
    }
    out[n++] = '"';
    return n;
}

/* 22 characters of the base64 alphabet and "=="; the four spare bits of the 22nd are not looked at. */
static inline bool naive_key_valid(const void *src, size_t len)
{
    const char *key = (const char *)src;

    if (len != 24)
        return false;
    for (int i = 0; i < 22; i++)
        if (key[i] == 0 || strchr(naive_base64, key[i]) == NULL)
            return false;
    return key[22] == '=' && key[23] == '=';
}

static inline uint32_t naive_rotate(uint32_t word, int by)
{
    return word << by | word >> (32 - by);
}

/* FIPS 180-4, section 6.1: one 64-byte block. */
static inline void naive_sha1_block(uint32_t hash[5], const uint8_t block[64])
{
    uint32_t w[80];
    uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];

    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 16; t < 80; t++)
        w[t] = naive_rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (int t = 0; t < 80; t++) {
        uint32_t f, k;

        if (t < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;
        } else if (t < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (t < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        f += naive_rotate(a, 5) + e + k + w[t];
        e = d;
        d = c;
        c = naive_rotate(b, 30);
        b = a;
        a = f;
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
}

/* base64(SHA-1(key + GUID)) of any 24 bytes. */
static inline void naive_accept(const void *key, void *value)
{
    uint32_t hash[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t message[128] = {0};
    uint8_t digest[21] = {0};
    char *out = (char *)value;

    memcpy(message, key, 24);
    memcpy(message + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    message[60] = 0x80;
    message[126] = 60 * 8 >> 8;
    message[127] = 60 * 8 & 0xff;
    naive_sha1_block(hash, message);
    naive_sha1_block(hash, message + 64);
    for (int i = 0; i < 20; i++)
        digest[i] = (uint8_t)(hash[i / 4] >> (24 - i % 4 * 8));
    for (int i = 0; i < 7; i++) {
        uint32_t three = (uint32_t)digest[3 * i] << 16 | (uint32_t)digest[3 * i + 1] << 8 | digest[3 * i + 2];

        for (int j = 0; j < 4; j++)
            out[4 * i + j] = naive_base64[three >> (18 - 6 * j) & 63];
    }
    out[27] = '=';
}

#endif
