/* The six escape functions against hand-written answers and a naive loop. */
#include <webstr.h>

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "naive.h"

enum { LONGEST = 300, LONGEST_RANDOM = 8000, LARGEST_EXPANSION = 6 * 4 };

#define FORM(ucs, width, out_width, ascii)                                                                            \
    {                                                                                                                 \
        "escape_json_" #ucs, "escape_json_" #ucs "_size", "escape_json_" #ucs "_into", width, out_width, ascii,       \
            escape_json_##ucs, escape_json_##ucs##_size, escape_json_##ucs##_into                                     \
    }

const struct form forms[FORMS] = {
    FORM(ucs1, 1, 1, false),      FORM(ucs2, 2, 2, false),      FORM(ucs4, 4, 4, false),
    FORM(ascii_ucs1, 1, 1, true), FORM(ascii_ucs2, 2, 1, true), FORM(ascii_ucs4, 4, 1, true),
};

uint32_t largest_unit(const struct form *form)
{
    return form->width == 1 ? 0xff : form->width == 2 ? 0xffff : UINT32_MAX;
}

/* Units that some kernel may treat wrongly: the escapes, and units of which only a part or the sign would be one.
   The first six are those that escape_positions tries everywhere. */
static const struct kind {
    const char *name;
    uint32_t unit;
} kinds[] = {
    {"quote", '"'},
    {"vertical tab", 0x0b},
    {"delete", 0x7f},
    {"e acute", 0xe9},
    {"newline", '\n'},
    {"backslash", '\\'},
    {"NUL", 0},
    {"last control", 0x1f},
    {"first after ASCII", 0x80},
    {"last Latin-1", 0xff},
    {"CJK", 0x4e2d},
    {"lone high surrogate", 0xd83d},
    {"lone low surrogate", 0xdfff},
    {"low byte a quote", 0x4e22},
    {"high byte a quote", 0x2241},
    {"16-bit sign bit", 0x8000},
    {"last of the BMP", 0xffff},
    {"emoji", 0x1f600},
    {"last code point", 0x10ffff},
    {"above U+10FFFF", 0x110000},
    {"32-bit sign bit and a quote", 0x80000022},
    {"all ones", 0xffffffff},
};

static const struct kind *const kinds_end = kinds + COUNT(kinds);

static bool tested_length(size_t len)
{
    return !quick || len <= 20 || len % 16 == 0 || len % 32 == 1 || len % 32 == 31;
}

/* Every position near either end; beyond 64 units all but the first kinds take turns at them. */
static bool tested_position(size_t position, size_t len, size_t kind)
{
    size_t from_end = len - 1 - position;

    if (quick)
        return position < 3 || from_end < 3 || (position < 70 && position % 13 == 0) ||
               (from_end < 70 && from_end % 11 == 0);
    if (len > 64 && kind >= 6 && (position + len + kind) % 3 != 0)
        return false;
    return position < 70 || from_end < 70;
}

/* Printable ASCII that needs no escape, the neighbours of those that do among them. */
static uint32_t clean_unit(size_t index)
{
    static const char clean[] = " !#$%&'()[]^_~}|{zyxwvutsrqponmlkjihgfedcba`ZAB0123456789:;<=>?@/.-,+*u";

    return (uint32_t)clean[index % (sizeof clean - 1)];
}

static uint32_t random_unit(const struct form *form, uint32_t specials_in_64)
{
    uint32_t unit;

    if (random_below(64) >= specials_in_64)
        return clean_unit(random_below(1000));
    switch (random_below(8)) {
    case 0: unit = '"'; break;
    case 1: unit = '\\'; break;
    case 2: unit = random_below(0x20); break;
    case 3: unit = 0x7f + random_below(0x81); break;
    case 4: unit = random_below(0x10000); break;
    case 5: unit = 0xd800 + random_below(0x800); break;
    case 6: unit = 0x10000 + random_below(0x100000); break;
    default: unit = random_below(UINT32_MAX);
    }
    return unit & largest_unit(form);
}

static void fill_clean(const struct form *form, void *src, size_t len)
{
    for (size_t i = 0; i < len; i++)
        naive_store(src, i, form->width, clean_unit(i));
}

/* Calls size, writer and one-pass writer on one string: with both buffers misaligned and fenced, then on exactly sized blocks,
   where valgrind sees the first byte too far. */
static void check_against(const struct form *form, const void *src, size_t len, const void *expected, size_t n)
{
    static uint8_t source[64 + 64 + LONGEST_RANDOM * 4 + 64];
    static unsigned turn;
    size_t src_bytes = len * form->width, dst_bytes = n * form->out_width;
    unsigned long failures_before = failures_in_case;
    uint8_t *exact_src, *exact_dst, *shifted_src, *shifted_dst;

    turn++;
    at.src_shift = turn % 64;
    at.dst_shift = turn / 3 % 64;
    shifted_src = source + 64 + at.src_shift;
    /* Quotes all around: a unit looked at outside the source would be counted or escaped. */
    memset(shifted_src - 64, '"', 64);
    memcpy(shifted_src, src, src_bytes);
    memset(shifted_src + src_bytes, '"', 64);
    at.function = form->size_name;
    check_number("size", n, form->size(shifted_src, len));
    at.function = form->name;
    shifted_dst = fenced_open(at.dst_shift, dst_bytes);
    check_number("units written", n, form->escape(shifted_src, len, shifted_dst));
    check_bytes("output", expected, shifted_dst, dst_bytes);
    fenced_check(shifted_dst, dst_bytes);
    at.function = form->into_name;
    at.cap = n + turn % 80;
    shifted_dst = fenced_open(at.dst_shift, at.cap * form->out_width);
    check_number("units written", n, form->into(shifted_src, len, shifted_dst, at.cap));
    check_bytes("output", expected, shifted_dst, dst_bytes);
    fenced_check(shifted_dst, at.cap * form->out_width);
    at.cap = NO_CAP;
    at.src_shift = at.dst_shift = 0;
    if (failures_in_case != failures_before)
        return;

    exact_src = must_malloc(src_bytes);
    exact_dst = must_malloc(dst_bytes);
    if (len != 0)
        memcpy(exact_src, src, src_bytes);
    at.function = form->size_name;
    check_number("size", n, form->size(exact_src, len));
    at.function = form->name;
    check_number("units written", n, form->escape(exact_src, len, exact_dst));
    check_bytes("output", expected, exact_dst, dst_bytes);
    at.function = form->into_name;
    at.cap = n;
    check_number("units written", n, form->into(exact_src, len, exact_dst, n));
    check_bytes("output", expected, exact_dst, dst_bytes);
    at.cap = NO_CAP;
    free(exact_dst);
    free(exact_src);
}

static void check_escape(const struct form *form, const void *src, size_t len)
{
    static uint8_t expected[2 * 4 + LONGEST_RANDOM * LARGEST_EXPANSION];

    at.length = len;
    check_against(form, src, len, expected, naive_escape(src, len, form->width, form->ascii, expected));
}

/* Input, ensure_ascii=False, ensure_ascii=True. */
#define KNOWN(in, plain, ascii) {in, sizeof in / sizeof(uint32_t) - 1, plain, sizeof plain / sizeof(uint32_t) - 1, ascii}

static const struct known {
    const uint32_t *in;
    size_t len;
    const uint32_t *plain;
    size_t plain_len;
    const char *ascii;
} knowns[] = {
    KNOWN(U"", U"\"\"", "\"\""),
    KNOWN(U"a", U"\"a\"", "\"a\""),
    KNOWN(U"/", U"\"/\"", "\"/\""),
    KNOWN(U"hello, world", U"\"hello, world\"", "\"hello, world\""),
    KNOWN(U"\"", U"\"\\\"\"", "\"\\\"\""),
    KNOWN(U"\\", U"\"\\\\\"", "\"\\\\\""),
    KNOWN(U"say \"hi\\there\"", U"\"say \\\"hi\\\\there\\\"\"", "\"say \\\"hi\\\\there\\\"\""),
    KNOWN(U"\0", U"\"\\u0000\"", "\"\\u0000\""),
    KNOWN(U"\x01", U"\"\\u0001\"", "\"\\u0001\""),
    KNOWN(U"\x02", U"\"\\u0002\"", "\"\\u0002\""),
    KNOWN(U"\x03", U"\"\\u0003\"", "\"\\u0003\""),
    KNOWN(U"\x04", U"\"\\u0004\"", "\"\\u0004\""),
    KNOWN(U"\x05", U"\"\\u0005\"", "\"\\u0005\""),
    KNOWN(U"\x06", U"\"\\u0006\"", "\"\\u0006\""),
    KNOWN(U"\x07", U"\"\\u0007\"", "\"\\u0007\""),
    KNOWN(U"\x08", U"\"\\b\"", "\"\\b\""),
    KNOWN(U"\x09", U"\"\\t\"", "\"\\t\""),
    KNOWN(U"\x0a", U"\"\\n\"", "\"\\n\""),
    KNOWN(U"\x0b", U"\"\\u000b\"", "\"\\u000b\""),
    KNOWN(U"\x0c", U"\"\\f\"", "\"\\f\""),
    KNOWN(U"\x0d", U"\"\\r\"", "\"\\r\""),
    KNOWN(U"\x0e", U"\"\\u000e\"", "\"\\u000e\""),
    KNOWN(U"\x0f", U"\"\\u000f\"", "\"\\u000f\""),
    KNOWN(U"\x10", U"\"\\u0010\"", "\"\\u0010\""),
    KNOWN(U"\x11", U"\"\\u0011\"", "\"\\u0011\""),
    KNOWN(U"\x12", U"\"\\u0012\"", "\"\\u0012\""),
    KNOWN(U"\x13", U"\"\\u0013\"", "\"\\u0013\""),
    KNOWN(U"\x14", U"\"\\u0014\"", "\"\\u0014\""),
    KNOWN(U"\x15", U"\"\\u0015\"", "\"\\u0015\""),
    KNOWN(U"\x16", U"\"\\u0016\"", "\"\\u0016\""),
    KNOWN(U"\x17", U"\"\\u0017\"", "\"\\u0017\""),
    KNOWN(U"\x18", U"\"\\u0018\"", "\"\\u0018\""),
    KNOWN(U"\x19", U"\"\\u0019\"", "\"\\u0019\""),
    KNOWN(U"\x1a", U"\"\\u001a\"", "\"\\u001a\""),
    KNOWN(U"\x1b", U"\"\\u001b\"", "\"\\u001b\""),
    KNOWN(U"\x1c", U"\"\\u001c\"", "\"\\u001c\""),
    KNOWN(U"\x1d", U"\"\\u001d\"", "\"\\u001d\""),
    KNOWN(U"\x1e", U"\"\\u001e\"", "\"\\u001e\""),
    KNOWN(U"\x1f", U"\"\\u001f\"", "\"\\u001f\""),
    KNOWN(U" ~", U"\" ~\"", "\" ~\""),
    KNOWN(U"\x7f", U"\"\x7f\"", "\"\\u007f\""),
    KNOWN(U"\x80", U"\"\x80\"", "\"\\u0080\""),
    KNOWN(U"caf\xe9", U"\"caf\xe9\"", "\"caf\\u00e9\""),
    KNOWN(U"\xff", U"\"\xff\"", "\"\\u00ff\""),
    /* UTF-8 through the one-byte form. */
    KNOWN(U"\xc3\xa9\n\xf0\x9f\x98\x80", U"\"\xc3\xa9\\n\xf0\x9f\x98\x80\"",
          "\"\\u00c3\\u00a9\\n\\u00f0\\u009f\\u0098\\u0080\""),
    KNOWN(U"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"z",
          U"\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"z\"",
          "\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"z\""),
    KNOWN(U"\x4e2d\x6587", U"\"\x4e2d\x6587\"", "\"\\u4e2d\\u6587\""),
    KNOWN(U"\x2028\x2029", U"\"\x2028\x2029\"", "\"\\u2028\\u2029\""),
    KNOWN(U"\xd800", U"\"\xd800\"", "\"\\ud800\""),
    KNOWN(U"\xdfff", U"\"\xdfff\"", "\"\\udfff\""),
    KNOWN(U"\xde00\xd83d", U"\"\xde00\xd83d\"", "\"\\ude00\\ud83d\""),
    KNOWN(U"\xd83d\xde00", U"\"\xd83d\xde00\"", "\"\\ud83d\\ude00\""),
    KNOWN(U"\xffff", U"\"\xffff\"", "\"\\uffff\""),
    KNOWN(U"\x10000", U"\"\x10000\"", "\"\\ud800\\udc00\""),
    KNOWN(U"<\x1f600>", U"\"<\x1f600>\"", "\"<\\ud83d\\ude00>\""),
    KNOWN(U"\x10ffff", U"\"\x10ffff\"", "\"\\udbff\\udfff\""),
    KNOWN(U"\x110000", U"\"\x110000\"", "\"\\ufffd\""),
    KNOWN(U"\x80000022", U"\"\x80000022\"", "\"\\ufffd\""),
    KNOWN(U"\xffffffff", U"\"\xffffffff\"", "\"\\ufffd\""),
};

/* Every known answer, in each form whose units are wide enough for it. */
static void escape_known(const struct form *form)
{
    for (const struct known *known = knowns; known < knowns + COUNT(knowns); known++) {
        uint8_t src[64 * 4], expected[64 * 4], naive[64 * 4];
        size_t n = form->ascii ? strlen(known->ascii) : known->plain_len;
        bool fits = true;

        for (size_t i = 0; i < known->len; i++) {
            fits &= (uint32_t)known->in[i] <= largest_unit(form);
            naive_store(src, i, form->width, (uint32_t)known->in[i]);
        }
        if (!fits)
            continue;
        for (size_t i = 0; i < n; i++)
            naive_store(expected, i, form->out_width,
                        form->ascii ? (uint8_t)known->ascii[i] : (uint32_t)known->plain[i]);
        at.length = known->len;
        at.unit = (uint32_t)known->in[0];
        at.kind = known->ascii;
        check_against(form, src, known->len, expected, n);
        at.function = "the naive loop";
        check_number("units", n, naive_escape(src, known->len, form->width, form->ascii, naive));
        check_bytes("output", expected, naive, n * form->out_width);
    }
}

/* One special unit in an otherwise clean string: every length, every position near both ends. */
static void escape_positions(const struct form *form)
{
    uint8_t src[LONGEST * 4];

    for (size_t len = 0; len <= LONGEST; len++) {
        if (!tested_length(len))
            continue;
        fill_clean(form, src, len);
        at.position = NO_POSITION;
        at.unit = NO_UNIT;
        at.kind = "clean";
        check_escape(form, src, len);
        for (const struct kind *kind = kinds; kind < kinds_end && kind->unit <= largest_unit(form); kind++) {
            at.unit = kind->unit;
            at.kind = kind->name;
            for (at.position = 0; at.position < len; at.position++) {
                if (!tested_position(at.position, len, (size_t)(kind - kinds)))
                    continue;
                naive_store(src, at.position, form->width, kind->unit);
                check_escape(form, src, len);
                naive_store(src, at.position, form->width, clean_unit(at.position));
            }
        }
    }
}

/* Runs of one special unit of every length: alone, before a letter, after a letter. */
static void escape_runs(const struct form *form)
{
    uint8_t src[(LONGEST + 2) * 4];

    for (const struct kind *kind = kinds; kind < kinds_end && kind->unit <= largest_unit(form); kind++) {
        at.unit = kind->unit;
        at.kind = kind->name;
        naive_store(src, 0, form->width, 'a');
        for (size_t len = 1; len <= LONGEST; len++) {
            naive_store(src, len, form->width, kind->unit);
            if (!tested_length(len))
                continue;
            naive_store(src, len + 1, form->width, 'z');
            check_escape(form, src + form->width, len);
            check_escape(form, src + form->width, len + 1);
            check_escape(form, src, len + 2);
        }
    }
}

static void escape_random(const struct form *form)
{
    static const uint32_t specials_in_64[] = {0, 1, 4, 16, 40, 64};
    static uint8_t src[LONGEST_RANDOM * 4];

    at.kind = "random mixture";
    for (int round = 0; round < (quick ? 150 : 4000); round++) {
        uint32_t density = specials_in_64[random_below(COUNT(specials_in_64))];
        size_t len = random_below(round % 100 == 0 ? LONGEST_RANDOM + 1 : round % 2 == 0 ? 600 : 70);

        for (size_t i = 0; i < len; i++)
            naive_store(src, i, form->width, random_unit(form, density));
        check_escape(form, src, len);
    }
}

/* The strings of the tests at guard pages: the unit at a place in a string of len units. */
static uint32_t content_clean(size_t i, size_t len)
{
    (void)len;
    return clean_unit(i);
}

static uint32_t content_two_character_escapes(size_t i, size_t len)
{
    (void)len;
    return (uint8_t)"\"\\\b\f\n\r\t"[i % 7];
}

static uint32_t content_long_escapes(size_t i, size_t len)
{
    (void)len;
    return (uint8_t)"\0\1\7\x0b\x0e\x0f\x1f"[i % 7];
}

static uint32_t content_among_letters(size_t i, size_t len)
{
    (void)len;
    return (uint8_t)"a\"bc\x0b"[i % 5];
}

static uint32_t content_delete(size_t i, size_t len)
{
    (void)i;
    (void)len;
    return 0x7f;
}

static uint32_t content_latin1(size_t i, size_t len)
{
    (void)len;
    return 0xa0 + (uint32_t)i % 0x60;
}

static uint32_t content_cjk(size_t i, size_t len)
{
    (void)len;
    return 0x4e00 + 37 * (uint32_t)i % 0x5200;
}

static uint32_t content_emoji(size_t i, size_t len)
{
    (void)len;
    return 0x1f300 + (uint32_t)i % 0x300;
}

static uint32_t content_surrogates(size_t i, size_t len)
{
    (void)len;
    return 0xd800 + 61 * (uint32_t)i % 0x800;
}

static uint32_t content_above(size_t i, size_t len)
{
    (void)len;
    return 0x110000 + 0x123457 * (uint32_t)i;
}

static uint32_t content_mixed(size_t i, size_t len)
{
    return kinds[(7 * i + len) % COUNT(kinds)].unit;
}

const struct content contents[CONTENTS] = {
    {"clean", content_clean},
    {"two-character escapes", content_two_character_escapes},
    {"\\u00xx escapes", content_long_escapes},
    {"short and long escapes among letters", content_among_letters},
    {"U+007F", content_delete},
    {"Latin-1", content_latin1},
    {"CJK", content_cjk},
    {"emoji", content_emoji},
    {"surrogates", content_surrogates},
    {"above U+10FFFF", content_above},
    {"mixed", content_mixed},
};

struct guarded_buffers {
    struct guarded source, destination;
};

enum {
    GUARDED_LONGEST = 520,
    GUARDED_OUTPUT = 2 * 4 + GUARDED_LONGEST * LARGEST_EXPANSION,
    FLUSH = 4,
    PLACES = FLUSH + 63
};

static void check_guarded(const struct form *form, struct guarded_buffers buffers, const uint8_t *units, size_t len,
                          unsigned places)
{
    static const char *const names[FLUSH] = {
        "source after and destination after a guard page",
        "source before and destination after a guard page",
        "source after and destination before a guard page",
        "source before and destination before a guard page",
    };
    static uint8_t expected[GUARDED_OUTPUT];
    size_t n = naive_escape(units, len, form->width, form->ascii, expected);
    size_t src_bytes = len * form->width, dst_bytes = n * form->out_width;

    for (unsigned place = 0; place < places; place++) {
        uint8_t *src = buffers.source.start, *dst = buffers.destination.start;

        if (place < FLUSH) {
            at.place = names[place];
            if (place % 2 != 0)
                src = buffers.source.end - src_bytes;
            if (place / 2 != 0)
                dst = buffers.destination.end - dst_bytes;
        } else {
            /* Each alignment of the source beside another one of the destination. */
            at.place = "near a guard page";
            at.src_shift = place - FLUSH + 1;
            at.dst_shift = (29 * at.src_shift + (unsigned)len) % 64;
            src += at.src_shift;
            dst += at.dst_shift;
        }
        memcpy(src, units, src_bytes);
        memset(dst, CANARY_BYTE, dst_bytes);
        at.function = form->size_name;
        check_number("size", n, form->size(src, len));
        at.function = form->name;
        check_number("units written", n, form->escape(src, len, dst));
        check_bytes("output", expected, dst, dst_bytes);
    }
    at.src_shift = at.dst_shift = 0;
}

/* Source and destination against pages that fault, at either end of each, then at every alignment. */
static void escape_guard_pages(const struct form *form)
{
    struct guarded_buffers buffers = {guarded_new(GUARDED_LONGEST * 4 + 64), guarded_new(GUARDED_OUTPUT + 64)};
    uint8_t units[GUARDED_LONGEST * 4];

    for (size_t len = 0; len <= GUARDED_LONGEST; len++) {
        if (!tested_length(len))
            continue;
        at.length = len;
        at.unit = NO_UNIT;
        for (size_t c = 0; c < CONTENTS; c++) {
            at.kind = contents[c].name;
            for (size_t i = 0; i < len; i++)
                naive_store(units, i, form->width, contents[c].unit(i, len) & largest_unit(form));
            /* The contents take turns at the alignments. */
            check_guarded(form, buffers, units, len, len % CONTENTS == c && !quick ? PLACES : FLUSH);
        }
        /* One escape at both ends, in the middle and on both sides of where a vector begins. */
        fill_clean(form, units, len);
        for (at.position = 0; at.position < len; at.position++) {
            size_t from_end = len - at.position, next = at.position + 1;
            bool edge = (next & (next - 1)) == 0 || (at.position & (at.position - 1)) == 0;

            if (from_end > (quick ? 1 : 4) && at.position != len / 2 && !edge)
                continue;
            /* A quote and a vertical tab. */
            for (const struct kind *kind = kinds; kind < kinds + 2; kind++) {
                at.kind = kind->name;
                at.unit = kind->unit;
                naive_store(units, at.position, form->width, kind->unit);
                check_guarded(form, buffers, units, len, FLUSH);
            }
            naive_store(units, at.position, form->width, clean_unit(at.position));
        }
        at.position = NO_POSITION;
    }
    guarded_free(buffers.destination);
    guarded_free(buffers.source);
}

static void escape_null(const struct form *form)
{
    uint8_t expected[2 * 4], *dst = fenced_open(0, 2 * form->out_width);

    naive_store(expected, 0, form->out_width, '"');
    naive_store(expected, 1, form->out_width, '"');
    at.length = 0;
    at.kind = "NULL source";
    at.function = form->size_name;
    check_number("size", 2, form->size(NULL, 0));
    at.function = form->name;
    check_number("units written", 2, form->escape(NULL, 0, dst));
    check_bytes("output", expected, dst, 2 * form->out_width);
    fenced_check(dst, 2 * form->out_width);
}

/* Only a 32-bit address space has room for a string whose escaped size is above PTRDIFF_MAX. */
static void escape_size_overflow(const struct form *form)
{
    static const size_t largest_source = (size_t)1 << 30;
    bool pairs = form->ascii && form->width == 4;
    size_t longest = (PTRDIFF_MAX - 2) / (pairs ? 12 : 6), largest_size = longest * (pairs ? 12 : 6) + 2;
    struct guarded room;
    uint8_t *src;

    if (sizeof(size_t) != 4) {
        skip_reason = "needs a 32-bit size_t";
        return;
    }
    if (longest + 1 > largest_source / form->width) {
        skip_reason = "needs more than 1 GiB";
        return;
    }
    src = malloc((longest + 1) * form->width);
    if (src == NULL) {
        skip_reason = "not enough memory";
        return;
    }
    for (size_t i = 0; i <= longest; i++)
        naive_store(src, i, form->width, pairs ? 0x1f600 : 1);
    at.function = form->size_name;
    at.length = longest;
    check_number("largest size", largest_size, form->size(src, longest));
    at.length = longest + 1;
    check_number("size above PTRDIFF_MAX", 0, form->size(src, longest + 1));

    /* In one pass: without room, and with room between guard pages that the result overruns. */
    at.function = form->into_name;
    room = guarded_new(1 << 20);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *dst = i == 0 ? NULL : room.start;

        at.cap = dst == NULL ? 0 : (size_t)(room.end - room.start) / form->out_width;
        at.length = longest;
        check_number("largest size", largest_size, form->into(src, longest, dst, at.cap));
        at.length = longest + 1;
        check_number("size above PTRDIFF_MAX", 0, form->into(src, longest + 1, dst, at.cap));
    }
    guarded_free(room);
    free(src);
}

const struct test escape_tests[] = {
    {"escape_known", NULL, escape_known},
    {"escape_positions", NULL, escape_positions},
    {"escape_runs", NULL, escape_runs},
    {"escape_random", NULL, escape_random},
    {"escape_guard_pages", NULL, escape_guard_pages},
    {"escape_null", NULL, escape_null},
    {"escape_size_overflow", NULL, escape_size_overflow},
    {NULL, NULL, NULL},
};
