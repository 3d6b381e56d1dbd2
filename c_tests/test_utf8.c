/* UTF-8 that nobody has checked: escape_json_utf8_into, escape_json_ascii_utf8_into and webstr_utf8_valid_up_to,
   between pages that fault on both sides of source and destination. */
#include <webstr.h>

#include <string.h>

#include "harness.h"
#include "naive.h"

enum { EVERY_CAP = 130, LONGEST = 2100, BEYOND = 80 };

static const struct {
    const char *name;
    bool ascii;
    size_t (*into)(const void *src, size_t len, void *dst, size_t cap);
} utf8_forms[] = {
    {"escape_json_utf8_into", false, escape_json_utf8_into},
    {"escape_json_ascii_utf8_into", true, escape_json_ascii_utf8_into},
};

/* Texts, repeated and cut off anywhere. */
static const struct {
    const char *name, *text;
} texts[] = {
    {"ASCII", "abcdefghij klmnopq"},
    {"ASCII with escapes", "ab\"cdefg\nhijklmnopqrstuvwx\x01yz\x7f"},
    {"Latin", "\xc3\xa9t\xc3\xa9 \xc3\xbc"},
    {"Cyrillic", "\xd0\xaf \xd0\xb6\xd0\xb8\xd0\xb2\xd1\x83"},
    {"CJK", "\xe4\xb8\xad\xe6\x96\x87\xe3\x81\x82"},
    {"emoji", "\xf0\x9f\x98\x80\xf0\x9f\x8e\x89"},
    {"of all lengths", "a\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\xdf\xbf\"\xef\xbf\xbf\xf4\x8f\xbf\xbf"},
    {"one ill-formed byte", "0123456789abcdefghijklmnopqrs\xff\xe4\xb8\xad"},
    {"maximal subparts", "\xc0\xaf\xe0\x80\xbf\xf0\x91\x92\xf1\xbf\x41\xe1\x80\xe2\xed\xa0\x80\xf4\x90\x80\x80"},
    {"continuations", "\x80\xbf"},
    {"leads", "\xf0\x9f\x98\xe4\xb8\xc3"},
};

static size_t fill(uint8_t *text, size_t len, size_t which)
{
    size_t period = strlen(texts[which].text);

    for (size_t i = 0; i < len; i++)
        text[i] = (uint8_t)texts[which].text[i % period];
    return len;
}

/* One call, with both buffers against a guard page: in turns their beginning or their end. On the destination's other
   side are canaries. */
static void check_cap(size_t form, struct guarded source, struct guarded destination, const uint8_t *text, size_t len,
                      size_t cap, const uint8_t *expected, size_t n)
{
    for (unsigned place = 0; place < 2; place++) {
        uint8_t *src = (place ^ cap / 2) % 2 != 0 ? source.end - len : source.start;
        uint8_t *dst = place != 0 ? destination.end - cap : destination.start;
        uint8_t *canaries = place != 0 ? dst - CANARY : dst + cap;
        uint8_t untouched[CANARY];

        at.place = place != 0 ? "destination before a guard page" : "destination after a guard page";
        memcpy(src, text, len);
        memset(dst, 0, cap);
        memset(canaries, CANARY_BYTE, CANARY);
        memset(untouched, CANARY_BYTE, CANARY);
        check_number("bytes of the result", n, utf8_forms[form].into(src, len, dst, cap));
        if (n <= cap)
            check_bytes("output", expected, dst, n);
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

static void utf8_into_every_cap(void)
{
    static uint8_t text[LONGEST], expected[2 + 6 * LONGEST];
    struct guarded source = guarded_new(LONGEST), destination = guarded_new(sizeof expected + BEYOND + 2 + CANARY);

    for (size_t form = 0; form < COUNT(utf8_forms); form++) {
        at.function = utf8_forms[form].name;
        for (size_t len = 0; len <= LONGEST; len += len < EVERY_CAP ? 1 : 1 + random_below(quick ? 900 : 100)) {
            at.length = len;
            if (quick && len > 20 && len % 16 > 1 && len % 32 != 31)
                continue;
            for (size_t t = 0; t < COUNT(texts); t++) {
                size_t n;

                at.kind = texts[t].name;
                fill(text, len, t);
                n = naive_escape_utf8(text, len, utf8_forms[form].ascii, expected);
                for (at.cap = 0; at.cap <= n + BEYOND; at.cap++)
                    if (tested_cap(at.cap, len, n))
                        check_cap(form, source, destination, text, len, at.cap, expected, n);
                at.cap = 0;
                check_number("bytes of the result, for no room at NULL", n, utf8_forms[form].into(text, len, NULL, 0));
            }
        }
    }
    guarded_free(destination);
    guarded_free(source);
}

static void check_valid(const uint8_t *text, size_t len, struct guarded source)
{
    size_t valid = 0, length;
    uint32_t code;
    bool incomplete = false;

    while ((length = naive_utf8(text + valid, len - valid, &code, &incomplete)) != 0 && !incomplete &&
           (code != 0xfffd || (length == 3 && memcmp(text + valid, "\xef\xbf\xbd", 3) == 0)))
        valid += length;
    for (unsigned place = 0; place < 2; place++) {
        uint8_t *src = place != 0 ? source.end - len : source.start;
        size_t got = 99;

        at.place = place != 0 ? "source before a guard page" : "source after a guard page";
        memcpy(src, text, len);
        check_number("well-formed bytes", valid, webstr_utf8_valid_up_to(src, len, &got));
        check_number("incomplete bytes", incomplete ? length : 0, got);
        check_number("well-formed bytes, without incomplete", valid, webstr_utf8_valid_up_to(src, len, NULL));
    }
}

static void utf8_valid_up_to(void)
{
    static uint8_t text[LONGEST];
    struct guarded source = guarded_new(LONGEST);

    at.function = "webstr_utf8_valid_up_to";
    for (size_t len = 0; len <= 300; len++) {
        at.length = len;
        if (quick && len > 20 && len % 16 > 1 && len % 32 != 31)
            continue;
        for (size_t t = 0; t < COUNT(texts); t++) {
            at.kind = texts[t].name;
            fill(text, len, t);
            at.position = NO_POSITION;
            check_valid(text, len, source);
            /* One byte of it changed, at every place, cycling through all values. */
            for (at.position = 0; at.position < len; at.position++) {
                uint8_t before = text[at.position];

                text[at.position] = (uint8_t)(at.position * 37 + len * 11 + t);
                check_valid(text, len, source);
                text[at.position] = before;
            }
        }
    }
    at.position = NO_POSITION;
    check_number("well-formed bytes of none at NULL", 0, webstr_utf8_valid_up_to(NULL, 0, NULL));
    guarded_free(source);
}

/* The loop of the header: a text that comes in pieces is accepted or refused as a whole one is. */
static void utf8_in_pieces(void)
{
    static uint8_t text[300];

    at.function = "webstr_utf8_valid_up_to";
    for (size_t t = 0; t < COUNT(texts); t++)
        for (size_t len = 0; len <= sizeof text; len += 7) {
            bool whole;

            at.kind = texts[t].name;
            at.length = len;
            fill(text, len, t);
            whole = webstr_utf8_valid_up_to(text, len, NULL) == len;
            for (size_t piece = 1; piece < 40; piece++) {
                uint8_t buffer[64];
                size_t kept = 0, incomplete = 0, used = 0;
                bool refused = false;

                for (size_t from = 0; from < len && !refused; from += piece) {
                    size_t got = len - from < piece ? len - from : piece, valid;

                    memcpy(buffer + kept, text + from, got);
                    valid = webstr_utf8_valid_up_to(buffer, kept + got, &incomplete);
                    refused = valid + incomplete < kept + got;
                    check_bytes("used", text + used, buffer, valid);
                    used += valid;
                    memmove(buffer, buffer + valid, kept = incomplete);
                }
                check_number("accepted", whole, !refused && kept == 0);
            }
        }
}

const struct test utf8_tests[] = {
    {"utf8_into_every_cap", utf8_into_every_cap, NULL},
    {"utf8_valid_up_to", utf8_valid_up_to, NULL},
    {"utf8_in_pieces", utf8_in_pieces, NULL},
    {NULL, NULL, NULL},
};
