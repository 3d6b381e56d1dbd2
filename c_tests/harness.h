/* What the C test programs need besides the tests: counting, reports of failures, buffers that catch
   a stray read or write, fixed random numbers. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* One escape function. */
struct form {
    const char *name, *size_name, *into_name;
    unsigned width, out_width;
    bool ascii;
    size_t (*escape)(const void *src, size_t len, void *dst);
    size_t (*size)(const void *src, size_t len);
    size_t (*into)(const void *src, size_t len, void *dst, size_t cap);
};

enum { FORMS = 6 };
extern const struct form forms[FORMS];
uint32_t largest_unit(const struct form *form);

/* A kind of string: the unit at place i of len, to be cut to the largest one of the form. */
struct content {
    const char *name;
    uint32_t (*unit)(size_t i, size_t len);
};

enum { CONTENTS = 11 };
extern const struct content contents[CONTENTS];

/* One named test, run once for each backend, or once for each backend and form. */
struct test {
    const char *name;
    void (*run)(void);
    void (*run_form)(const struct form *form);
};

/* Each list ends with a test without a name. */
extern const struct test accept_tests[], escape_tests[], escape_into_tests[], utf8_tests[], mask_tests[];

struct tally {
    unsigned long passed, failed, skipped;
    unsigned long long comparisons;
};

extern struct tally tally;
extern const char *backend;
extern bool quick;

/* A case that cannot run on this machine sets the reason and returns. */
extern const char *skip_reason;

#define NO_POSITION SIZE_MAX
#define NO_UNIT (-1)
#define NO_CAP (SIZE_MAX / 2)

/* What is being tested right now, for the report of a failure. */
struct context {
    const char *test, *function, *kind, *place;
    size_t length, position, cap;
    int64_t unit;
    unsigned src_shift, dst_shift;
};

extern struct context at;

extern unsigned long failures_in_case;

void check_bytes(const char *what, const void *expected, const void *got, size_t len);
void check_number(const char *what, size_t expected, size_t got);

/* Runs one test and counts it; a stray access to a guard page ends the case that did it, not the program. */
void run_case(const struct test *test, const struct form *form);

/* malloc or the end of the program; only malloc(0) may be NULL. */
void *must_malloc(size_t size);

/* Writable pages between two pages that fault. */
struct guarded {
    uint8_t *start, *end;
};

struct guarded guarded_new(size_t size);
void guarded_free(struct guarded area);

/* One reused buffer of n bytes, shifted by up to 63, whose 64 bytes before and after must stay as they are. */
enum { CANARY = 64, CANARY_BYTE = 0xc5, FENCED_MAX = 1 << 18 };

uint8_t *fenced_open(unsigned shift, size_t n);
void fenced_check(const uint8_t *middle, size_t n);

/* xorshift64*, seeded anew for every case so that a case does the same alone and in the whole run. */
uint32_t random_below(uint32_t bound);

#endif
