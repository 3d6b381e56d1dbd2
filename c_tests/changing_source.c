/* A source that is changed during the call: escape_json_*_into must store nothing outside of dst[0..cap), and if it
   returns n <= cap, all of dst[0..n).

     changing_source [SECONDS]     for each form on each backend that this CPU has; default 0.2

   In that time another thread changes the source over and over. Before it, on x86-64 Linux, each call is made again and
   again by single steps, and the source changes later each time, after half as many instructions more. The steps also
   show how deep the stack gets, for all functions.

   A control, size and then writer, must be caught: it shows that the other thread gets in between. */
#define _GNU_SOURCE /* REG_RSP */

#include <webstr.h>

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined __linux__ && defined __x86_64__
#define STEPS 1
#include <ucontext.h>
#include <x86intrin.h>
#else
#define STEPS 0
#endif

#include "cpu.h"
#include "harness.h"
#include "naive.h"
#include "platform.h"

enum { LONGEST = 600, LARGEST = 2 + 12 * LONGEST, CONTROL_SECONDS = 60 };
enum { FINE = 0, STRAY = 42, STALE, DEEP };

/* No result has this byte: what a call leaves unwritten keeps it. */
enum { MARKER = 0xee };

/* The other thread changes the bytes before changed_end, which is the page that faults. */
static uint8_t *changed_end;
static volatile size_t changed_bytes;
static unsigned width;

/* UTF-8 in both forms: one-pass functions alone. */
static const struct form utf8_forms[] = {
    {.into_name = "escape_json_utf8_into", .width = 1, .out_width = 1, .into = escape_json_utf8_into},
    {.into_name = "escape_json_ascii_utf8_into", .width = 1, .out_width = 1, .into = escape_json_ascii_utf8_into},
};

/* The number of the task after those of the forms: all other functions, by single steps. */
enum { EVERY_FORM = FORMS + COUNT(utf8_forms) };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The whole string becomes escapes, then clean, over and over; in turns from its beginning and from its end. */
static void *change(void *argument)
{
    static const uint32_t units[] = {'a', 1, 'b', '"', 'c', 0x1f600, 'd', 0x7f, 0xe4, 0xb8, 0xf0, 0x9f};

    (void)argument;
    for (size_t round = 0;; round++) {
        uint8_t unit[4];
        size_t bytes = changed_bytes;
        volatile uint8_t *changed = changed_end - bytes;

        naive_store(unit, 0, width, units[round % COUNT(units)]);
        for (size_t i = 0; i < bytes; i++)
            changed[round % 16 < 8 ? i : bytes - 1 - i] = unit[(round % 16 < 8 ? i : bytes - 1 - i) % width];
    }
    return NULL;
}

/* Whether a call left a part of the result that it returned unwritten. */
static bool is_stale(const struct form *form, const uint8_t *dst, size_t cap, size_t size)
{
    return size <= cap && memchr(dst, MARKER, size * form->out_width) != NULL;
}

#if STEPS
enum { TRAP_FLAG = 0x100, DEEPEST = 6 * 1024 };

/* After `left` more instructions the bytes of the source become those of `next`. */
static struct {
    uint8_t source[4 * LONGEST], next[4 * LONGEST];
    size_t bytes;
    volatile unsigned long left;
    volatile bool changed;
    uintptr_t top, deepest;
} steps;

static void on_step(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t stack = (uintptr_t)registers[REG_RSP];

    (void)number, (void)info;
    if (steps.top == 0)
        steps.top = stack;
    if (stack < steps.top && steps.top - stack > steps.deepest)
        steps.deepest = steps.top - stack;
    if (steps.left-- == 0) {
        memcpy(steps.source, steps.next, steps.bytes);
        steps.changed = true;
        registers[REG_EFL] &= ~TRAP_FLAG;
    }
}

/* Evaluates `call` by single steps. */
#define STEP_THROUGH(call)                                                                                             \
    do {                                                                                                               \
        steps.top = 0;                                                                                                 \
        __writeeflags(__readeflags() | TRAP_FLAG);                                                                     \
        call;                                                                                                          \
        __writeeflags(__readeflags() & ~(unsigned long long)TRAP_FLAG);                                                \
    } while (0)

enum { CLEAN, QUOTES, CONTROLS, WIDE, SPARSE, MIXED, ILL_FORMED };

static void fill(uint8_t *buffer, const struct form *form, size_t len, unsigned kind)
{
    const uint32_t wide = form->width == 4 ? 0x1f600 : form->width == 2 ? 0x20ac : 0xe9;

    for (size_t i = 0; i < len; i++) {
        const uint32_t units[] = {'a', '"', 1, form->size ? wide : i % 2 ? 0xa9 : 0xc3, i % 13 == 5 ? '"' : 'b',
                                  i % 3 == 0 ? 1 : i % 3 == 1 ? '"' : 'c', i % 2 ? 'd' : 0xc3};

        naive_store(buffer, i, form->width, units[kind]);
    }
}

/* The calls of one form by single steps. */
static int step_through(const struct form *form)
{
    /* The kind before and after, and the length: several vectors of each backend among them. */
    static const unsigned changes[][3] = {{CONTROLS, CLEAN, 6},   {CONTROLS, CLEAN, 40}, {QUOTES, CLEAN, 6},
                                          {QUOTES, CLEAN, 140},   {WIDE, CLEAN, 6},      {WIDE, CLEAN, 40},
                                          {SPARSE, CLEAN, 70},    {MIXED, QUOTES, 40},   {CLEAN, CONTROLS, 140},
                                          {ILL_FORMED, CLEAN, 40}, {CLEAN, ILL_FORMED, 40}};
    static uint8_t dst[(2 + 12 * 140) * 4 + CANARY];
    unsigned long calls = 0;

    for (size_t i = 0; i < COUNT(changes); i++) {
        const unsigned *kinds = changes[i];
        size_t len = kinds[2], cap = len + 2 + i % 2 * len / 2, size;

        steps.bytes = len * form->width;
        fill(steps.next, form, len, kinds[1]);
        steps.changed = true;
        for (unsigned long step = 0; steps.changed; step += 1 + step / 2, calls++) {
            fill(steps.source, form, len, kinds[0]);
            memset(dst, MARKER, sizeof dst);
            steps.changed = false;
            steps.left = step;
            STEP_THROUGH(size = form->into(steps.source, len, dst, cap));
            if (dst[cap * form->out_width] != MARKER)
                return STRAY;
            if (is_stale(form, dst, cap, size)) {
                return STALE;
            }
        }
    }
    printf("%s, backend %s: %lu calls by single steps, %lu bytes of stack\n", form->into_name, webstr_backend(), calls,
           (unsigned long)steps.deepest);
    return steps.deepest > DEEPEST ? DEEP : FINE;
}

/* The stack of the functions that are not one-pass. */
static int step_through_the_rest(void)
{
    static uint8_t dst[8 * LARGEST];
    enum { LENGTH = 150 };
    size_t incomplete;

    steps.left = ULONG_MAX;
    STEP_THROUGH(sec_websocket_accept_many(steps.source, dst, 40));
    STEP_THROUGH(sec_websocket_accept(steps.source, dst));
    STEP_THROUGH(sec_websocket_key_valid(steps.source, SEC_WEBSOCKET_KEY_LEN));
    printf("handshake, backend %s: %lu bytes of stack\n", webstr_backend(), (unsigned long)steps.deepest);
    for (unsigned kind = CLEAN; kind <= MIXED; kind++) {
        for (const struct form *form = forms; form < forms + FORMS; form++) {
            fill(steps.source, form, LENGTH, kind);
            STEP_THROUGH(form->size(steps.source, LENGTH));
            STEP_THROUGH(form->escape(steps.source, LENGTH, dst));
        }
        STEP_THROUGH(webstr_utf8_valid_up_to(steps.source, LENGTH, &incomplete));
        STEP_THROUGH(webstr_websocket_mask(steps.source, LENGTH, "key!", kind, dst));
    }
    printf("all but the one-pass functions, backend %s: %lu bytes of stack\n", webstr_backend(),
           (unsigned long)steps.deepest);
    return steps.deepest > DEEPEST ? DEEP : FINE;
}
#endif

/* Calls of one form for some time. Ends the process with STRAY if a byte outside was written. */
static int race(const struct form *form, bool control, double duration)
{
    struct guarded source = guarded_new(LONGEST * 4), destination = guarded_new(LARGEST * 4 + CANARY);
    uint8_t untouched[CANARY];
    unsigned long calls = 0;
    pthread_t thread;
    double end = seconds() + duration;

    width = form->width;
    memset(untouched, CANARY_BYTE, CANARY);
    exit_on_fault(STRAY);
    changed_end = source.end;
    if (pthread_create(&thread, NULL, change, NULL) != 0)
        return 1;
    for (; calls % 64 != 0 || seconds() < end; calls++) {
        size_t len = random_below(calls % 4 == 0 ? LONGEST : 70) + 1, cap, size;
        uint8_t *src, *dst, *canaries;

        /* Most often near the room of a clean string, of two-character escapes, of long ones. */
        cap = (calls % 3 == 0 ? 6 : calls % 3) * len + random_below(calls % 5 == 0 ? 100 : 4);
        src = source.end - len * width;
        changed_bytes = len * width;
        dst = calls % 2 == 0 ? destination.start : destination.end - cap * form->out_width;
        canaries = calls % 2 == 0 ? dst + cap * form->out_width : dst - CANARY;
        memset(canaries, CANARY_BYTE, CANARY);
        memset(dst, MARKER, cap * form->out_width);
        if (control) {
            size = form->size(src, len);
            if (size <= cap)
                form->escape(src, len, dst);
        } else {
            size = form->into(src, len, dst, cap);
        }
        if (memcmp(untouched, canaries, CANARY) != 0 || size < len + 2)
            return STRAY;
        if (!control && is_stale(form, dst, cap, size))
            return STALE;
    }
    printf("%s, backend %s: %lu calls\n", form->into_name, webstr_backend(), calls);
    return FINE;
}

static const struct form *form_of(size_t number)
{
    return number < FORMS ? &forms[number] : &utf8_forms[number - FORMS];
}

/* The task of a process: "FORM CONTROL SECONDS". */
static int race_of(const char *argument, char *answer)
{
    unsigned number, control;
    double duration;

    (void)answer;
    if (sscanf(argument, "%u %u %lf", &number, &control, &duration) != 3 ||
        strcmp(webstr_backend(), getenv("WEBSTR_BACKEND")) != 0)
        return 1;
#if STEPS
    if (!control) {
        struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
        int outcome;

        sigaction(SIGTRAP, &action, NULL);
        outcome = number == EVERY_FORM ? step_through_the_rest() : step_through(form_of(number));
        if (outcome != FINE || number == EVERY_FORM)
            return outcome;
    }
#endif
    return race(form_of(number), control != 0, duration);
}

static int spawn(size_t number, const char *backend, bool control, double duration)
{
    char argument[64], answer[ANSWER_SIZE];

    snprintf(argument, sizeof argument, "%u %u %f", (unsigned)number, control, duration);
    return run_in_process(argument, backend, answer);
}

static void touch(void *place)
{
    (void)*(volatile uint8_t *)place;
}

static bool guard_pages_fault(void)
{
    struct guarded area = guarded_new(1);

    catch_faults();
    return fault_in(touch, area.start) == 0 && fault_in(touch, area.start - 1) != 0 &&
           fault_in(touch, area.end) != 0 && fault_in(touch, area.end - 1) == 0;
}

int main(int argc, char **argv)
{
    static const char *const backends[] = {"scalar", "sse2", "avx2", "avx512", "neon"};
    double duration = argc > 1 ? atof(argv[1]) : 0.2;
    unsigned passed = 0, failed = 0, skipped = 0;

    process_begin(argc, argv, race_of);
    if (guard_pages_fault()) {
        puts("control: an access to the pages around a buffer faults, and the program goes on");
        passed++;
    } else {
        puts("FAIL control: an access to the pages around a buffer does not fault");
        failed++;
    }
    if (spawn(0, "scalar", true, CONTROL_SECONDS) == STRAY) {
        puts("control: size and then writer wrote outside, as it must");
        passed++;
    } else {
        puts("FAIL control: size and then writer wrote nothing outside");
        failed++;
    }
    for (size_t i = 0; i < COUNT(backends); i++) {
        if (!cpu_has(backends[i])) {
            printf("backend %s: skipped (not on this machine)\n", backends[i]);
            skipped++;
            continue;
        }
        for (size_t f = 0; f < EVERY_FORM + STEPS; f++) {
            int ended = spawn(f, backends[i], false, duration);

            if (ended != FINE)
                printf("FAIL %s, backend %s: %s\n", f == EVERY_FORM ? "the rest" : form_of(f)->into_name, backends[i],
                       ended == STRAY   ? "it wrote outside of the destination, or read outside of the source"
                       : ended == STALE ? "it returned a size that fits, and has not written all of it"
                       : ended == DEEP  ? "it takes more stack than SECURITY.md says"
                                        : "the process ended early");
            passed += ended == FINE;
            failed += ended != FINE;
        }
    }
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
