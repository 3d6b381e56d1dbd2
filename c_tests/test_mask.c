/* webstr_websocket_mask: every length and phase, between pages that fault, in place and not, at every alignment. */
#include <webstr.h>

#include <string.h>

#include "harness.h"

enum { LONGEST = 700 };

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

static void naive_mask(const uint8_t *src, size_t len, unsigned phase, uint8_t *dst)
{
    for (size_t i = 0; i < len; i++)
        dst[i] = src[i] ^ key[(phase + i) % 4];
}

static void mask_every_length(void)
{
    static uint8_t payload[LONGEST], expected[LONGEST];
    struct guarded source = guarded_new(LONGEST), destination = guarded_new(LONGEST);

    at.function = "webstr_websocket_mask";
    for (size_t i = 0; i < LONGEST; i++)
        payload[i] = (uint8_t)(i * 11 + 5);
    for (size_t len = 0; len <= LONGEST; len++)
        for (unsigned phase = 0; phase < 4; phase++)
            for (unsigned place = 0; place < 4; place++) {
                uint8_t *src = place % 2 ? source.end - len : source.start;
                uint8_t *dst = place / 2 ? destination.end - len : destination.start;

                at.length = len;
                at.place = place / 2 ? "destination before a guard page" : "destination after a guard page";
                naive_mask(payload, len, phase, expected);
                memcpy(src, payload, len);
                check_number("phase", (phase + len) % 4, webstr_websocket_mask(src, len, key, phase, dst));
                check_bytes("output", expected, dst, len);
                check_bytes("source", payload, src, len);
                webstr_websocket_mask(src, len, key, phase, src);
                check_bytes("output in place", expected, src, len);
            }
    at.length = 0;
    check_number("phase", 3, webstr_websocket_mask(NULL, 0, key, 3, NULL));
    guarded_free(destination);
    guarded_free(source);
}

static void mask_every_shift(void)
{
    static uint8_t payload[64 + LONGEST], expected[LONGEST];

    at.function = "webstr_websocket_mask";
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7 + 1);
    for (at.src_shift = 0; at.src_shift < 64; at.src_shift++)
        for (at.dst_shift = 0; at.dst_shift < 64; at.dst_shift += quick ? 13 : 1)
            for (size_t len = 1; len <= LONGEST; len += 1 + len / 3) {
                uint8_t *dst = fenced_open(at.dst_shift, len);
                unsigned phase = random_below(4);

                at.length = len;
                naive_mask(payload + at.src_shift, len, phase, expected);
                webstr_websocket_mask(payload + at.src_shift, len, key, phase, dst);
                check_bytes("output", expected, dst, len);
                fenced_check(dst, len);
            }
}

/* RFC 6455, 5.7: the masked "Hello". */
static void mask_known(void)
{
    uint8_t hello[5] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};

    at.function = "webstr_websocket_mask";
    check_number("phase", 1, webstr_websocket_mask(hello, 5, key, 0, hello));
    check_bytes("output", "Hello", hello, 5);
}

const struct test mask_tests[] = {
    {"mask_every_length", mask_every_length, NULL},
    {"mask_every_shift", mask_every_shift, NULL},
    {"mask_known", mask_known, NULL},
    {NULL, NULL, NULL},
};
