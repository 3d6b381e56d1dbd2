/* See harness.h. */
#include "harness.h"
#include "platform.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally tally;
const char *backend = "";
bool quick;
const char *skip_reason;
struct context at;
unsigned long failures_in_case;

/* Reports one failed comparison; the first few of a case are enough to read. */
static bool report(const char *format, ...)
{
    va_list args;

    if (++failures_in_case > 3)
        return false;
    printf("FAIL %s: %s, backend %s, length %zu, ", at.test, at.function, backend, at.length);
    if (at.position == NO_POSITION)
        printf("no single position, ");
    else
        printf("position %zu, ", at.position);
    if (at.unit == NO_UNIT)
        printf("%s, ", at.kind);
    else
        printf("unit 0x%02lx (%s), ", (unsigned long)at.unit, at.kind);
    if (at.cap != NO_CAP)
        printf("cap %zu, ", at.cap);
    printf("%s, source + %u, destination + %u: ", at.place, at.src_shift, at.dst_shift);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return true;
}

static void print_bytes(const char *label, const uint8_t *bytes, size_t from, size_t to)
{
    printf("  %s [%zu..%zu):", label, from, to);
    for (size_t i = from; i < to; i++)
        printf(" %02x", bytes[i]);
    putchar('\n');
}

void check_bytes(const char *what, const void *expected, const void *got, size_t len)
{
    const uint8_t *want = expected, *have = got;
    size_t first = 0, from, to;

    tally.comparisons++;
    if (len == 0 || memcmp(want, have, len) == 0)
        return;
    while (want[first] == have[first])
        first++;
    from = first < 16 ? 0 : first - 16;
    to = len - first < 32 ? len : first + 32;
    if (report("%s: byte %zu of %zu differs", what, first, len)) {
        print_bytes("expected", want, from, to);
        print_bytes("got     ", have, from, to);
    }
}

void check_number(const char *what, size_t expected, size_t got)
{
    tally.comparisons++;
    if (expected != got)
        report("%s: expected %zu, got %zu", what, expected, got);
}

void *must_malloc(size_t size)
{
    void *block = malloc(size);

    if (block == NULL && size != 0) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    return block;
}

struct guarded guarded_new(size_t size)
{
    struct guarded area;

    area.start = guarded_pages(&size);
    if (area.start == NULL) {
        fputs("no guard pages\n", stderr);
        exit(2);
    }
    area.end = area.start + size;
    return area;
}

void guarded_free(struct guarded area)
{
    guarded_pages_free(area.start, (size_t)(area.end - area.start));
}

static uint8_t fenced[CANARY + 64 + FENCED_MAX + CANARY];

uint8_t *fenced_open(unsigned shift, size_t n)
{
    uint8_t *middle = fenced + CANARY + shift;

    memset(middle - CANARY, CANARY_BYTE, CANARY + n + CANARY);
    return middle;
}

void fenced_check(const uint8_t *middle, size_t n)
{
    static uint8_t canary[CANARY];

    memset(canary, CANARY_BYTE, CANARY);
    check_bytes("the 64 bytes before the destination", canary, middle - CANARY, CANARY);
    check_bytes("the 64 bytes after the destination", canary, middle + n, CANARY);
}

static uint64_t random_state;

static void random_seed(void)
{
    random_state = UINT64_C(0x9e3779b97f4a7c15);
}

uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % bound;
}

struct subject {
    const struct test *test;
    const struct form *form;
};

static void run_subject(void *argument)
{
    const struct subject *subject = argument;

    subject->form != NULL ? subject->test->run_form(subject->form) : subject->test->run();
}

void run_case(const struct test *test, const struct form *form)
{
    struct subject one = {test, form};
    unsigned long fault;
    const char *subject = form != NULL ? form->name : "whole library";

    failures_in_case = 0;
    skip_reason = NULL;
    memset(&at, 0, sizeof at);
    at.test = test->name;
    at.function = subject;
    at.kind = "-";
    at.place = "in memory";
    at.position = NO_POSITION;
    at.unit = NO_UNIT;
    at.cap = NO_CAP;
    random_seed();
    fault = fault_in(run_subject, &one);
    if (fault != 0)
        report("stopped by signal or exception 0x%lx", fault);
    if (failures_in_case != 0) {
        printf("FAIL %s (%s), backend %s: %lu of its comparisons failed\n", test->name, subject, backend,
               failures_in_case);
        tally.failed++;
    } else if (skip_reason != NULL) {
        tally.skipped++;
    } else {
        tally.passed++;
    }
}
