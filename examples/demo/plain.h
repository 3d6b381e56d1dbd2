/* The two jobs in plain C, for the demo to compare with. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The JSON string of `len` bytes, one at a time, into room for the longest result. */
static size_t plain_escape(const void *src, size_t len, void *dst)
{
    const unsigned char *text = src;
    char *json = dst, *end = json;

    *end++ = '"';
    for (size_t i = 0; i < len; i++) {
        unsigned char c = text[i];
        char letter = 'u';

        if (c >= 0x20 && c != '"' && c != '\\') {
            *end++ = (char)c;
            continue;
        }
        switch (c) {
        case '"': letter = '"'; break;
        case '\\': letter = '\\'; break;
        case '\b': letter = 'b'; break;
        case '\f': letter = 'f'; break;
        case '\n': letter = 'n'; break;
        case '\r': letter = 'r'; break;
        case '\t': letter = 't'; break;
        }
        *end++ = '\\';
        *end++ = letter;
        if (letter == 'u') {
            *end++ = '0';
            *end++ = '0';
            *end++ = "01"[c >> 4];
            *end++ = "0123456789abcdef"[c & 15];
        }
    }
    *end++ = '"';
    return (size_t)(end - json);
}

/* SHA-1 (FIPS 180-4 §6.1) of one block. The schedule is a ring of 16 words. */
static void plain_sha1_block(uint32_t hash[5], const unsigned char block[64])
{
    uint32_t w[16], a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4];

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define ROUND(f, k)                                                                                \
    do {                                                                                           \
        if (t >= 16) {                                                                             \
            uint32_t x = w[(t + 13) % 16] ^ w[(t + 8) % 16] ^ w[(t + 2) % 16] ^ w[t % 16];         \
            w[t % 16] = ROTATE(x, 1);                                                              \
        }                                                                                          \
        uint32_t next = ROTATE(a, 5) + (f) + e + (k) + w[t % 16];                                  \
        e = d, d = c, c = ROTATE(b, 30), b = a, a = next;                                          \
    } while (0)

    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
               (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
    for (int t = 0; t < 20; t++)
        ROUND(d ^ (b & (c ^ d)), 0x5a827999);
    for (int t = 20; t < 40; t++)
        ROUND(b ^ c ^ d, 0x6ed9eba1);
    for (int t = 40; t < 60; t++)
        ROUND((b & c) | (d & (b | c)), 0x8f1bbcdc);
    for (int t = 60; t < 80; t++)
        ROUND(b ^ c ^ d, 0xca62c1d6);
    hash[0] += a, hash[1] += b, hash[2] += c, hash[3] += d, hash[4] += e;
}

/* base64(SHA-1(key + GUID)), RFC 6455 §4.2.2: a message of 60 bytes, padded to two blocks. */
static void plain_accept(const void *key, void *value)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t hash[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    unsigned char message[128] = {0}, digest[21] = {0};
    char *out = value;

    memcpy(message, key, 24);
    memcpy(message + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    message[60] = 0x80;
    message[126] = 60 * 8 >> 8;
    message[127] = 60 * 8 & 0xff;
    plain_sha1_block(hash, message);
    plain_sha1_block(hash, message + 64);
    for (int i = 0; i < 20; i++)
        digest[i] = (unsigned char)(hash[i / 4] >> (24 - 8 * (i % 4)));
    for (const unsigned char *three = digest; three < digest + 21; three += 3) {
        *out++ = digits[three[0] >> 2];
        *out++ = digits[(three[0] & 3) << 4 | three[1] >> 4];
        *out++ = digits[(three[1] & 15) << 2 | three[2] >> 6];
        *out++ = digits[three[2] & 63];
    }
    out[-1] = '=';
}
