/* The WebSocket functions against answers of Python and a plain SHA-1. */
#include <webstr.h>

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "naive.h"

/* The answers were computed with Python's hashlib and base64; any 24 bytes are a key. */
static const struct {
    const char *key, *value;
} handshakes[] = {
    {"dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
    {"x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="},
    {"AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="},
    {"/////////////////////w==", "XXpj4jYzLM2yUE0C7TIgMwTQh2g="},
    {"+a0/Zz9KbQ7mN4c+XyW2Tg==", "coWNox+vKQ4hZTE/3dv7SDRty5Q="},
    {"not base64, 24 bytes, ok", "Bs/FUAvf/SlvvBVZc+eo8oukX5Y="},
    {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "X7sdFi1aZDLMcFz+yURsFmFjwvU="},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
     "3G4KstNuDDmPazZmhx4O3dW5rzg="},
};

static void random_key(uint8_t key[SEC_WEBSOCKET_KEY_LEN], bool base64)
{
    for (int i = 0; i < SEC_WEBSOCKET_KEY_LEN; i++)
        key[i] = base64 ? (uint8_t)naive_base64[random_below(64)] : (uint8_t)random_below(256);
    if (base64)
        key[22] = key[23] = '=';
}

static void accept_known(void)
{
    for (size_t i = 0; i < COUNT(handshakes); i++) {
        uint8_t naive[SEC_WEBSOCKET_ACCEPT_LEN];
        uint8_t *dst = fenced_open(0, SEC_WEBSOCKET_ACCEPT_LEN);

        at.kind = handshakes[i].value;
        at.function = "sec_websocket_accept";
        sec_websocket_accept(handshakes[i].key, dst);
        check_bytes("value", handshakes[i].value, dst, SEC_WEBSOCKET_ACCEPT_LEN);
        fenced_check(dst, SEC_WEBSOCKET_ACCEPT_LEN);
        at.function = "the naive loop";
        naive_accept(handshakes[i].key, naive);
        check_bytes("value", handshakes[i].value, naive, SEC_WEBSOCKET_ACCEPT_LEN);
    }
}

/* Random keys at every alignment, fenced and in exactly sized blocks. */
static void accept_random(void)
{
    uint8_t source[64 + SEC_WEBSOCKET_KEY_LEN], expected[SEC_WEBSOCKET_ACCEPT_LEN];
    uint8_t *exact_src = must_malloc(SEC_WEBSOCKET_KEY_LEN), *exact_dst = must_malloc(SEC_WEBSOCKET_ACCEPT_LEN);

    at.function = "sec_websocket_accept";
    at.kind = "random key";
    for (unsigned round = 0; round < (quick ? 500u : 20000u); round++) {
        uint8_t *src, *dst;

        at.src_shift = round % 64;
        at.dst_shift = round / 3 % 64;
        src = source + at.src_shift;
        dst = fenced_open(at.dst_shift, SEC_WEBSOCKET_ACCEPT_LEN);
        random_key(src, round % 2 == 0);
        naive_accept(src, expected);
        sec_websocket_accept(src, dst);
        check_bytes("value", expected, dst, SEC_WEBSOCKET_ACCEPT_LEN);
        fenced_check(dst, SEC_WEBSOCKET_ACCEPT_LEN);
        memcpy(exact_src, src, SEC_WEBSOCKET_KEY_LEN);
        sec_websocket_accept(exact_src, exact_dst);
        check_bytes("value in an exactly sized block", expected, exact_dst, SEC_WEBSOCKET_ACCEPT_LEN);
    }
    free(exact_dst);
    free(exact_src);
}

/* The value may be written over the key, at any distance. */
static void accept_overlap(void)
{
    enum { REACH = 40, SIZE = REACH + SEC_WEBSOCKET_ACCEPT_LEN + REACH };
    uint8_t before[SIZE], after[SIZE], expected[SIZE];

    at.function = "sec_websocket_accept";
    at.kind = "overlapping buffers";
    for (int round = 0; round < (quick ? 4 : 200); round++) {
        for (int distance = -REACH; distance <= REACH; distance++) {
            memset(before, CANARY_BYTE, SIZE);
            random_key(before + REACH, true);
            memcpy(after, before, SIZE);
            memcpy(expected, before, SIZE);
            naive_accept(before + REACH, expected + REACH + distance);
            at.src_shift = REACH;
            at.dst_shift = (unsigned)(REACH + distance);
            sec_websocket_accept(after + REACH, after + REACH + distance);
            check_bytes("buffer with key and value", expected, after, SIZE);
        }
    }
}

static void accept_guard_pages(void)
{
    struct guarded source = guarded_new(64 * SEC_WEBSOCKET_KEY_LEN);
    struct guarded destination = guarded_new(64 * SEC_WEBSOCKET_ACCEPT_LEN);
    uint8_t keys[64 * SEC_WEBSOCKET_KEY_LEN], expected[64 * SEC_WEBSOCKET_ACCEPT_LEN];

    for (size_t count = 1; count <= 64; count++) {
        random_key(keys + (count - 1) * SEC_WEBSOCKET_KEY_LEN, true);
        naive_accept(keys + (count - 1) * SEC_WEBSOCKET_KEY_LEN, expected + (count - 1) * SEC_WEBSOCKET_ACCEPT_LEN);
    }
    for (size_t count = 0; count <= 64; count++) {
        size_t src_bytes = count * SEC_WEBSOCKET_KEY_LEN, dst_bytes = count * SEC_WEBSOCKET_ACCEPT_LEN;

        at.length = count;
        for (int place = 0; place < 4; place++) {
            uint8_t *src = place % 2 == 0 ? source.start : source.end - src_bytes;
            uint8_t *dst = place / 2 == 0 ? destination.start : destination.end - dst_bytes;

            at.place = "at a guard page";
            memcpy(src, keys, src_bytes);
            if (count == 1) {
                at.function = "sec_websocket_accept";
                sec_websocket_accept(src, dst);
                check_bytes("value", expected, dst, dst_bytes);
            }
            at.function = "sec_websocket_accept_many";
            memset(dst, CANARY_BYTE, dst_bytes);
            sec_websocket_accept_many(src, dst, count);
            check_bytes("values", expected, dst, dst_bytes);
        }
    }
    guarded_free(destination);
    guarded_free(source);
}

static void accept_many(void)
{
    static uint8_t keys[1000 * SEC_WEBSOCKET_KEY_LEN], singles[1000 * SEC_WEBSOCKET_ACCEPT_LEN];
    size_t prepared = 0;

    at.function = "sec_websocket_accept_many";
    at.kind = "NULL, no keys";
    sec_websocket_accept_many(NULL, NULL, 0);
    at.kind = "random keys";
    for (size_t count = 0; count <= 1000; count = count < 64 ? count + 1 : count * 3 / 2) {
        size_t src_bytes = count * SEC_WEBSOCKET_KEY_LEN, dst_bytes = count * SEC_WEBSOCKET_ACCEPT_LEN;
        uint8_t *exact_src = must_malloc(src_bytes), *exact_dst = must_malloc(dst_bytes), *dst;

        for (; prepared < count; prepared++) {
            uint8_t expected[SEC_WEBSOCKET_ACCEPT_LEN];

            random_key(keys + prepared * SEC_WEBSOCKET_KEY_LEN, prepared % 3 != 0);
            naive_accept(keys + prepared * SEC_WEBSOCKET_KEY_LEN, expected);
            at.function = "sec_websocket_accept";
            sec_websocket_accept(keys + prepared * SEC_WEBSOCKET_KEY_LEN,
                                 singles + prepared * SEC_WEBSOCKET_ACCEPT_LEN);
            check_bytes("value", expected, singles + prepared * SEC_WEBSOCKET_ACCEPT_LEN, SEC_WEBSOCKET_ACCEPT_LEN);
        }
        at.function = "sec_websocket_accept_many";
        at.length = count;
        at.dst_shift = (unsigned)count % 64;
        dst = fenced_open(at.dst_shift, dst_bytes);
        sec_websocket_accept_many(keys, dst, count);
        check_bytes("values", singles, dst, dst_bytes);
        fenced_check(dst, dst_bytes);
        if (count != 0)
            memcpy(exact_src, keys, src_bytes);
        sec_websocket_accept_many(exact_src, exact_dst, count);
        check_bytes("values in an exactly sized block", singles, exact_dst, dst_bytes);
        free(exact_dst);
        free(exact_src);
    }
}

static void key_valid_known(void)
{
    static const struct {
        const char *key;
        bool valid;
    } keys[] = {
        {"dGhlIHNhbXBsZSBub25jZQ==", true},
        {"AAAAAAAAAAAAAAAAAAAAAA==", true},
        {"abcdefghijklmnopqrstuv==", true},
        {"wxyzABCDEFGHIJKLMNOPQR==", true},
        {"STUVWXYZ0123456789+/09==", true},
        {"/////////////////////w==", true},
        /* The spare bits of the last character are not checked. */
        {"dGhlIHNhbXBsZSBub25jZR==", true},
        {"//////////////////////==", true},
        {"", false},
        {"=", false},
        {"dGhlIHNhbXBsZSBub25jZ==", false},
        {"dGhlIHNhbXBsZSBub25jZQQ==", false},
        {"dGhlIHNhbXBsZSBub25jZQ", false},
        {"dGhlIHNhbXBsZSBub25jZQ=", false},
        {"dGhlIHNhbXBsZSBub25jZQ===", false},
        {"dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==", false},
        {"dGhlIHNhbXBsZSBub25jZQA=", false},
        {"dGhlIHNhbXBsZSBub25jZQAA", false},
        {"dGhlIHNhbXBsZSBub25jZQ=A", false},
        {"dGhlIHNhbXBsZSBub25jZ===", false},
        {"=GhlIHNhbXBsZSBub25jZQ==", false},
        {" GhlIHNhbXBsZSBub25jZQ==", false},
        {"dGhlIHNhbXBsZSBub25jZ ==", false},
        {"dGhlIHNhbXBsZSBub25jZ-==", false},
        {"dGhlIHNhbXBs_SBub25jZQ==", false},
        {"dGhlIHNhbXBs.SBub25jZQ==", false},
        {"dGhlIHNhbXBs:SBub25jZQ==", false},
        {"dGhlIHNhbXBs@SBub25jZQ==", false},
        {"dGhlIHNhbXBs[SBub25jZQ==", false},
        {"dGhlIHNhbXBs`SBub25jZQ==", false},
        {"dGhlIHNhbXBs{SBub25jZQ==", false},
        {"dGhlIHNhbXBs*SBub25jZQ==", false},
        {"dGhlIHNhbXBs,SBub25jZQ==", false},
        {"dGhlIHNhbXBs\nSBub25jZQ==", false},
        {"dGhlIHNhbXBs\x7fSBub25jZQ==", false},
        {"dGhlIHNhbXBs\xc3\xa9Sub25jZQ==", false},
        {"dGhlIHNhbXBs\xc1Sub25jZQQ==", false},
    };

    at.function = "sec_websocket_key_valid";
    for (size_t i = 0; i < COUNT(keys); i++) {
        at.kind = keys[i].key;
        at.length = strlen(keys[i].key);
        check_number("valid", keys[i].valid, sec_websocket_key_valid(keys[i].key, at.length));
        at.function = "the naive loop";
        check_number("valid", keys[i].valid, naive_key_valid(keys[i].key, at.length));
        at.function = "sec_websocket_key_valid";
    }
    at.kind = "NUL inside";
    at.length = 24;
    check_number("valid", false, sec_websocket_key_valid("dGhlIHNhbXBs\0SBub25jZQ==", 24));
    at.kind = "NULL";
    at.length = 0;
    check_number("valid", false, sec_websocket_key_valid(NULL, 0));
}

/* Every byte at every position of a valid key, and every length, against a guard page. */
static void key_valid_every_byte(void)
{
    struct guarded source = guarded_new(64);

    at.function = "sec_websocket_key_valid";
    for (int end = 0; end < 2; end++) {
        uint8_t *key = end ? source.end - SEC_WEBSOCKET_KEY_LEN : source.start;

        at.place = end ? "before a guard page" : "after a guard page";
        at.kind = "one byte replaced";
        at.length = SEC_WEBSOCKET_KEY_LEN;
        for (at.position = 0; at.position < SEC_WEBSOCKET_KEY_LEN; at.position++) {
            memcpy(key, handshakes[0].key, SEC_WEBSOCKET_KEY_LEN);
            for (at.unit = 0; at.unit < 256; at.unit++) {
                key[at.position] = (uint8_t)at.unit;
                check_number("valid", naive_key_valid(key, SEC_WEBSOCKET_KEY_LEN),
                             sec_websocket_key_valid(key, SEC_WEBSOCKET_KEY_LEN));
            }
        }
        at.position = NO_POSITION;
        at.unit = NO_UNIT;
        at.kind = "valid key cut or lengthened";
        for (at.length = 0; at.length <= 64; at.length++) {
            key = end ? source.end - at.length : source.start;
            memset(key, '=', at.length);
            memcpy(key, handshakes[0].key, at.length < 24 ? at.length : 24);
            check_number("valid", at.length == 24, sec_websocket_key_valid(key, at.length));
        }
    }
    guarded_free(source);
}

const struct test accept_tests[] = {
    {"accept_known", accept_known, NULL},
    {"accept_random", accept_random, NULL},
    {"accept_overlap", accept_overlap, NULL},
    {"accept_guard_pages", accept_guard_pages, NULL},
    {"accept_many", accept_many, NULL},
    {"key_valid_known", key_valid_known, NULL},
    {"key_valid_every_byte", key_valid_every_byte, NULL},
    {NULL, NULL, NULL},
};
