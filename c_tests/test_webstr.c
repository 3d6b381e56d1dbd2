/* Tests of the C contract of webstr, for every backend that this machine has.

     test_webstr [--quick] [BACKEND ...]

   Each backend gets a process of its own, with WEBSTR_BACKEND set, because the library chooses its backend once
   per process; the first one calls nothing of it. --quick thins the lengths and positions for slow runs (valgrind). */
#include <webstr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "harness.h"
#include "platform.h"

static void version(void)
{
    at.function = "webstr_version";
    check_number("version", WEBSTR_VERSION, webstr_version());
    check_number("parts of the version",
                 (size_t)WEBSTR_VERSION_MAJOR << 16 | WEBSTR_VERSION_MINOR << 8 | WEBSTR_VERSION_PATCH,
                 webstr_version());
}

static void backend_name(void)
{
    at.function = "webstr_backend";
    check_bytes("name", backend, webstr_backend(), strlen(backend) + 1);
}

static const struct test library_tests[] = {
    {"version", version, NULL},
    {"backend_name", backend_name, NULL},
    {NULL, NULL, NULL},
};

/* The check of UTF-8 is in part that of Rust's core, which comes without MemorySanitizer: what core writes counts
   there as never written. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define UNCHECKED_CORE
#endif
#endif

static const struct test *const test_lists[] = {
    library_tests, accept_tests, escape_tests, escape_into_tests, mask_tests,
#ifndef UNCHECKED_CORE
    utf8_tests,
#endif
};

static unsigned long case_count(void)
{
    unsigned long count = 0;

    for (size_t list = 0; list < COUNT(test_lists); list++)
        for (const struct test *test = test_lists[list]; test->name != NULL; test++)
            count += test->run_form != NULL ? FORMS : 1;
    return count;
}

static void run_test(const struct test *test)
{
    const char *skipped = NULL;

    if (test->run_form == NULL) {
        run_case(test, NULL);
        return;
    }
    for (const struct form *form = forms; form < forms + FORMS; form++) {
        run_case(test, form);
        if (skip_reason != NULL)
            skipped = skip_reason;
    }
    if (skipped != NULL)
        printf("backend %s: %s skipped (%s)\n", backend, test->name, skipped);
}

/* What the process of a backend is for. */
static const char only_name[] = "name", all_tests[] = "tests", quick_tests[] = "quick tests";

/* The process of one backend. It answers with the name of the backend that the library chose and the tally. */
static int child(const char *what, char *answer)
{
    const char *wanted = getenv("WEBSTR_BACKEND");
    bool run_tests = strcmp(what, only_name) != 0;

    quick = strcmp(what, quick_tests) == 0;
    memset(&tally, 0, sizeof tally);
    backend = webstr_backend();
    if (run_tests && strcmp(backend, wanted) != 0) {
        tally.skipped = case_count();
    } else if (run_tests) {
        catch_faults();
        for (size_t list = 0; list < COUNT(test_lists); list++)
            for (const struct test *test = test_lists[list]; test->name != NULL; test++)
                run_test(test);
    }
    snprintf(answer, ANSWER_SIZE, "%s %lu %lu %lu %llu", backend, tally.passed, tally.failed, tally.skipped,
             tally.comparisons);
    return tally.failed != 0;
}

/* Starts a child with WEBSTR_BACKEND = forced, unset for NULL. Returns false if it did not end well. */
static bool spawn(const char *forced, const char *what, char name[32], struct tally *result)
{
    char answer[ANSWER_SIZE] = "";
    int status = run_in_process(what, forced, answer);

    memset(result, 0, sizeof *result);
    if (sscanf(answer, "%31s %lu %lu %lu %llu", name, &result->passed, &result->failed, &result->skipped,
               &result->comparisons) != 5) {
        printf("FAIL WEBSTR_BACKEND=%s: the child ended without an answer, status 0x%x\n", forced ? forced : "",
               (unsigned)status);
        return false;
    }
    if (status != 0 && result->failed == 0) {
        printf("FAIL WEBSTR_BACKEND=%s: the child passed its tests and then ended with status 0x%x\n",
               forced ? forced : "", (unsigned)status);
        return false;
    }
    return true;
}

static void count_case(bool passed)
{
    tally.passed += passed;
    tally.failed += !passed;
}

/* On each machine the best one comes last. */
static const char *const backends[] = {"scalar", "sse2", "avx2", "avx512", "neon"};

static bool is_listed(const char *name, char **list, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return count == 0;
}

/* The default is the best backend that the CPU has, and a value that names no backend changes nothing. */
static void check_choice(char name[32])
{
    static const char *const unknown[] = {"", "no-such-backend", "scalar ", "avx", "avx5120"};
    struct tally ignored;
    const char *best = "none";
    char chosen[32] = "nothing";
    bool unchanged = true;

    count_case(spawn(NULL, only_name, name, &ignored));
    for (size_t i = 0; i < COUNT(backends); i++)
        if (cpu_has(backends[i]))
            best = backends[i];
    if (strcmp(name, best) != 0)
        printf("FAIL the default backend is %s, the best one that this CPU has is %s\n", name, best);
    count_case(strcmp(name, best) == 0);
    for (size_t i = 0; i < COUNT(unknown); i++) {
        if (spawn(unknown[i], only_name, chosen, &ignored) && strcmp(chosen, name) == 0)
            continue;
        printf("FAIL WEBSTR_BACKEND='%s' chose %s instead of the default %s\n", unknown[i], chosen, name);
        unchanged = false;
    }
    count_case(unchanged);
}

static int parent(char **list, int list_count)
{
    char default_name[32] = "", name[32] = "";

    for (int i = 0; i < list_count; i++) {
        bool known = false;

        for (size_t j = 0; j < COUNT(backends); j++)
            known |= strcmp(list[i], backends[j]) == 0;
        if (!known) {
            fprintf(stderr, "usage: test_webstr [--quick] [scalar|sse2|avx2|avx512|neon ...]\n");
            return 2;
        }
    }
    if (quick)
        puts("quick: lengths 0-20, multiples of 16 and their neighbours at 32; about 20 positions of each; "
             "fewer random strings and keys");
    check_choice(default_name);
    printf("default backend: %s\n", default_name);
    for (size_t i = 0; i < COUNT(backends); i++) {
        struct tally result;
        bool ended_well;

        if (!is_listed(backends[i], list, list_count))
            continue;
        ended_well = spawn(backends[i], quick ? quick_tests : all_tests, name, &result);
        if (ended_well && strcmp(name, cpu_has(backends[i]) ? backends[i] : default_name) != 0) {
            printf("FAIL WEBSTR_BACKEND=%s chose %s; this CPU %s it, and the default is %s\n", backends[i], name,
                   cpu_has(backends[i]) ? "has" : "lacks", default_name);
            ended_well = false;
        } else if (ended_well && !cpu_has(backends[i])) {
            printf("backend %s: skipped (not on this machine)\n", backends[i]);
        } else if (ended_well) {
            printf("backend %s: %lu of %lu cases passed, %llu comparisons\n", backends[i], result.passed,
                   result.passed + result.failed, result.comparisons);
        }
        count_case(ended_well);
        tally.passed += result.passed;
        tally.failed += result.failed;
        tally.skipped += result.skipped;
        tally.comparisons += result.comparisons;
    }
    printf("%llu comparisons\n", tally.comparisons);
    printf("%lu passed, %lu failed, %lu skipped\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed != 0;
}

int main(int argc, char **argv)
{
    int first = 1;

    process_begin(argc, argv, child);
    if (argc > 1 && strcmp(argv[1], "--quick") == 0) {
        quick = true;
        first = 2;
    }
    return parent(argv + first, argc - first);
}
