/* A source that another thread changes all the time: escape_json_*_into must store nothing outside of dst[0..cap).

     changing_source [SECONDS]     for each form on each backend that this CPU has; default 0.2

   Before that a control, size and then writer, must be caught: it shows that the other thread gets in between. */
#define _DEFAULT_SOURCE

#include <webstr.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu.h"
#include "harness.h"
#include "naive.h"
#include "platform.h"

enum { LONGEST = 600, LARGEST = 2 + 12 * LONGEST, CONTROL_SECONDS = 60 };
enum { FINE = 0, STRAY = 42 };

/* The other thread changes the bytes before changed_end, which is the page that faults. */
static uint8_t *changed_end;
static volatile size_t changed_bytes;
static unsigned width;

/* UTF-8 in both forms: one-pass functions alone. */
static const struct form utf8_forms[] = {
    {.into_name = "escape_json_utf8_into", .width = 1, .out_width = 1, .into = escape_json_utf8_into},
    {.into_name = "escape_json_ascii_utf8_into", .width = 1, .out_width = 1, .into = escape_json_ascii_utf8_into},
};

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
        if (control) {
            size = form->size(src, len);
            if (size <= cap)
                form->escape(src, len, dst);
        } else {
            size = form->into(src, len, dst, cap);
        }
        if (memcmp(untouched, canaries, CANARY) != 0 || size < len + 2)
            return STRAY;
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
        for (size_t f = 0; f < FORMS + COUNT(utf8_forms); f++) {
            int ended = spawn(f, backends[i], false, duration);

            if (ended != FINE)
                printf("FAIL %s, backend %s: %s\n", form_of(f)->into_name, backends[i],
                       ended == STRAY ? "it wrote outside of the destination, or read outside of the source"
                                      : "the process ended early");
            passed += ended == FINE;
            failed += ended != FINE;
        }
    }
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
