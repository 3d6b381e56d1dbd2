/* See harness.h. POSIX and MAP_ANONYMOUS are wanted beside C99. */
#define _DEFAULT_SOURCE

#include "harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

static sigjmp_buf fault_jump;
static volatile sig_atomic_t fault_signal;

static void on_fault(int signal_number)
{
    fault_signal = signal_number;
    siglongjmp(fault_jump, 1);
}

void catch_faults(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    struct sigaction action = {0};

    action.sa_handler = on_fault;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT(signals); i++)
        sigaction(signals[i], &action, NULL);
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
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = (size + page - 1) / page * page;
    uint8_t *map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct guarded area;

    if (map == MAP_FAILED || mprotect(map + page, inner, PROT_READ | PROT_WRITE) != 0) {
        perror("guard pages");
        exit(2);
    }
    area.start = map + page;
    area.end = area.start + inner;
    return area;
}

void guarded_free(struct guarded area)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    munmap(area.start - page, (size_t)(area.end - area.start) + 2 * page);
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

void run_case(const struct test *test, const struct form *form)
{
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
    if (sigsetjmp(fault_jump, 1) == 0)
        form != NULL ? test->run_form(form) : test->run();
    else
        report("stopped by signal %d", (int)fault_signal);
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
