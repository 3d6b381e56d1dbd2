/* The plain function that the handshake is measured against: a general SHA-1 that takes its message
 * in pieces, then a general base64 encoder. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sha1 {
    uint32_t state[5];
    uint8_t block[64];
    size_t used;
    uint64_t length;
};

static uint32_t rotate_left(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

/* The schedule is a ring of sixteen words: a loop over all eighty gcc turns into vectors, which
 * more than doubles the time. */
#define ROUND(f, k)                                                                                \
    do {                                                                                           \
        if (t >= 16)                                                                               \
            w[t % 16] = rotate_left(                                                               \
                w[(t + 13) % 16] ^ w[(t + 8) % 16] ^ w[(t + 2) % 16] ^ w[t % 16], 1);              \
        uint32_t next = rotate_left(a, 5) + (f) + e + (k) + w[t % 16];                             \
        e = d;                                                                                     \
        d = c;                                                                                     \
        c = rotate_left(b, 30);                                                                    \
        b = a;                                                                                     \
        a = next;                                                                                  \
    } while (0)

static void compress(struct sha1 *sha1)
{
    uint32_t w[16];
    for (int t = 0; t < 16; t++) {
        const uint8_t *p = sha1->block + 4 * t;
        w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    uint32_t a = sha1->state[0], b = sha1->state[1], c = sha1->state[2], d = sha1->state[3],
             e = sha1->state[4];
    int t = 0;
    for (; t < 20; t++)
        ROUND(d ^ (b & (c ^ d)), 0x5a827999);
    for (; t < 40; t++)
        ROUND(b ^ c ^ d, 0x6ed9eba1);
    for (; t < 60; t++)
        ROUND((b & c) | (d & (b | c)), 0x8f1bbcdc);
    for (; t < 80; t++)
        ROUND(b ^ c ^ d, 0xca62c1d6);
    sha1->state[0] += a;
    sha1->state[1] += b;
    sha1->state[2] += c;
    sha1->state[3] += d;
    sha1->state[4] += e;
    sha1->used = 0;
}

static void update(struct sha1 *sha1, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    sha1->length += len;
    while (len > 0) {
        size_t n = sizeof sha1->block - sha1->used;
        if (n > len)
            n = len;
        memcpy(sha1->block + sha1->used, bytes, n);
        sha1->used += n;
        bytes += n;
        len -= n;
        if (sha1->used == sizeof sha1->block)
            compress(sha1);
    }
}

static void finish(struct sha1 *sha1, uint8_t digest[20])
{
    uint64_t bits = 8 * sha1->length;
    sha1->block[sha1->used++] = 0x80;
    if (sha1->used > 56) {
        memset(sha1->block + sha1->used, 0, sizeof sha1->block - sha1->used);
        compress(sha1);
    }
    memset(sha1->block + sha1->used, 0, 56 - sha1->used);
    for (int i = 0; i < 8; i++)
        sha1->block[56 + i] = (uint8_t)(bits >> (56 - 8 * i));
    compress(sha1);
    for (int i = 0; i < 20; i++)
        digest[i] = (uint8_t)(sha1->state[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const uint8_t *src, size_t len, char *dst)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; len >= 3; src += 3, len -= 3) {
        *dst++ = alphabet[src[0] >> 2];
        *dst++ = alphabet[(src[0] & 3) << 4 | src[1] >> 4];
        *dst++ = alphabet[(src[1] & 15) << 2 | src[2] >> 6];
        *dst++ = alphabet[src[2] & 63];
    }
    if (len > 0) {
        int second = len == 2 ? src[1] : 0;
        *dst++ = alphabet[src[0] >> 2];
        *dst++ = alphabet[(src[0] & 3) << 4 | second >> 4];
        *dst++ = len == 2 ? alphabet[(second & 15) << 2] : '=';
        *dst++ = '=';
    }
}

/* RFC 6455 §4.2.2: 24 bytes at key -> 28 characters at value. */
void baseline_accept(const void *key, void *value)
{
    uint8_t digest[20];
    struct sha1 sha1 = {
        .state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
    };
    update(&sha1, key, 24);
    update(&sha1, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    finish(&sha1, digest);
    base64(digest, sizeof digest, value);
}
