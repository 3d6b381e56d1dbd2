/* The six one-pass functions, escape_json_*_into: every room from none to more than enough, between pages that fault
   on both sides of source and destination. test_escape.c calls them on all its strings too. */
#include <webstr.h>

#include <string.h>

#include "harness.h"
#include "naive.h"

enum {
    EVERY_CAP = 130,  /* up to this length every cap is tried */
    LONGEST = 2100,
    BEYOND = 80,      /* units of room that the result does not need */
    EXPANSION = 6 * 4 /* bytes of the result for one unit, at most */
};

struct buffers {
    struct guarded source, destination;
};

/* One call, with both buffers against a guard page: in turns their beginning or their end. On the destination's other
   side are canaries. */
static void check_cap(const struct form *form, struct buffers buffers, const uint8_t *units, size_t len, size_t cap,
                      const uint8_t *expected, size_t n)
{
    static const uint8_t canary_byte = CANARY_BYTE;
    size_t src_bytes = len * form->width, dst_bytes = cap * form->out_width;

    for (unsigned place = 0; place < 2; place++) {
        bool src_at_end = (place ^ cap / 2) % 2 != 0, dst_at_end = place != 0;
        uint8_t *src = src_at_end ? buffers.source.end - src_bytes : buffers.source.start;
        uint8_t *dst = dst_at_end ? buffers.destination.end - dst_bytes : buffers.destination.start;
        uint8_t *canaries = dst_at_end ? dst - CANARY : dst + dst_bytes;
        uint8_t untouched[CANARY];

        at.place = dst_at_end ? "destination before a guard page" : "destination after a guard page";
        memcpy(src, units, src_bytes);
        memset(dst, 0, dst_bytes);
        memset(canaries, canary_byte, CANARY);
        memset(untouched, canary_byte, CANARY);
        check_number("units of the result", n, form->into(src, len, dst, cap));
        if (n <= cap)
            check_bytes("output", expected, dst, n * form->out_width);
        check_bytes("the bytes beside the destination", untouched, canaries, CANARY);
    }
}

static bool tested_cap(size_t cap, size_t len, size_t n)
{
    if (quick)
        return cap <= 2 || cap == len + 2 || (cap + 2 >= n && cap <= n + 2) || (cap > n && cap % 16 == n % 16);
    if (len <= EVERY_CAP)
        return true;
    return cap <= 2 || (cap >= len && cap <= len + 40) || (cap + 40 >= n && cap <= n + 40) || random_below(64) == 0;
}

/* Fits or not, by every cap: the exact one, where the second call comes with what the first one reported; one less. */
static void into_every_cap(const struct form *form)
{
    static uint8_t units[LONGEST * 4], expected[2 * 4 + LONGEST * EXPANSION];
    struct buffers buffers = {
        guarded_new(LONGEST * 4),
        guarded_new(sizeof expected + (BEYOND + 2) * 4 + CANARY),
    };

    at.function = form->into_name;
    for (size_t len = 0; len <= LONGEST; len += len < EVERY_CAP ? 1 : 1 + random_below(quick ? 900 : 100)) {
        at.length = len;
        if (quick && len > 20 && len % 16 > 1 && len % 32 != 31)
            continue;
        for (size_t c = 0; c < CONTENTS; c++) {
            size_t n;

            at.kind = contents[c].name;
            for (size_t i = 0; i < len; i++)
                naive_store(units, i, form->width, contents[c].unit(i, len) & largest_unit(form));
            n = naive_escape(units, len, form->width, form->ascii, expected);
            for (at.cap = 0; at.cap <= n + BEYOND; at.cap++)
                if (tested_cap(at.cap, len, n))
                    check_cap(form, buffers, units, len, at.cap, expected, n);
            at.cap = 0;
            check_number("units of the result, for no room at NULL", n, form->into(units, len, NULL, 0));
        }
    }
    guarded_free(buffers.destination);
    guarded_free(buffers.source);
}

/* No source, no destination, and numbers that no buffer has. */
static void into_limits(const struct form *form)
{
    static const size_t large_caps[] = {PTRDIFF_MAX / 4, PTRDIFF_MAX - 1, PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1,
                                        SIZE_MAX / 2 + 2, SIZE_MAX - 63, SIZE_MAX - 1, SIZE_MAX};
    static const size_t large_lengths[] = {PTRDIFF_MAX - 1, PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 1,
                                           SIZE_MAX};
    uint8_t units[300 * 4], expected[2 * 4 + 300 * EXPANSION];
    /* Where cap is a number only, the room must do for wide stores after the result. */
    struct guarded source = guarded_new(1), destination = guarded_new(sizeof expected + 4096);

    at.function = form->into_name;
    naive_escape(NULL, 0, form->width, form->ascii, expected);
    at.kind = "NULL source";
    check_number("units of the result", 2, form->into(NULL, 0, NULL, 0));
    check_number("units of the result", 2, form->into(NULL, 0, destination.end - 2 * form->out_width, 2));
    check_bytes("output", expected, destination.end - 2 * form->out_width, 2 * form->out_width);

    for (size_t c = 0; c < CONTENTS; c++) {
        at.kind = contents[c].name;
        for (at.length = 0; at.length <= 300; at.length += 1 + at.length / 8) {
            size_t n;

            for (size_t i = 0; i < at.length; i++)
                naive_store(units, i, form->width, contents[c].unit(i, at.length) & largest_unit(form));
            n = naive_escape(units, at.length, form->width, form->ascii, expected);
            for (size_t i = 0; i < COUNT(large_caps); i++) {
                at.cap = large_caps[i];
                check_number("units of the result", n, form->into(units, at.length, destination.start, at.cap));
                check_bytes("output", expected, destination.start, n * form->out_width);
            }
        }
    }

    at.kind = "a length that no string has, at a page that faults";
    at.cap = 0;
    for (size_t i = 0; i < COUNT(large_lengths); i++) {
        at.length = large_lengths[i];
        check_number("units of the result", 0, form->into(source.end, at.length, NULL, 0));
        check_number("units of the result", 0, form->into(source.end, at.length, destination.start, 100));
    }
    guarded_free(destination);
    guarded_free(source);
}

const struct test escape_into_tests[] = {
    {"into_every_cap", NULL, into_every_cap},
    {"into_limits", NULL, into_limits},
    {NULL, NULL, NULL},
};
