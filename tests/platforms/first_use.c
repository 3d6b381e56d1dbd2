/* The first use of the library by many threads at once, for ThreadSanitizer, and controls that show that a
   sanitizer looks into the library:

     first_use            16 threads call different functions at the same time, in each of 20 processes; if the CPU
                          has the backend that WEBSTR_BACKEND names, it is the one in use
     first_use race       two threads write one result: a race within the library
     first_use uninit     the library reads what was never written
     first_use has NAME   whether the CPU has this backend */
/* Barriers and processes are wanted beside C99. */
#define _DEFAULT_SOURCE

#include <webstr.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpu.h"

/* What Rust's compiler calls under ThreadSanitizer, and GCC's run time lacks. The functions of the C library look for
   races as well. */
__attribute__((weak)) void *__tsan_memcpy(void *dst, const void *src, size_t len);
__attribute__((weak)) void *__tsan_memset(void *dst, int byte, size_t len);
void *__tsan_memcpy(void *dst, const void *src, size_t len)
{
    return memcpy(dst, src, len);
}
void *__tsan_memset(void *dst, int byte, size_t len)
{
    return memset(dst, byte, len);
}

enum { THREADS = 16 };

static pthread_barrier_t start;
static const char text[] = "He said \"hi\"\n and waited for an answer that is longer than a vector: \\ \x1f.....";
static char shared[1024];
static char results[THREADS][1024];

static void *first_call(void *argument)
{
    size_t thread = *(size_t *)argument, len = sizeof text - 1;
    char *dst = results[thread];

    pthread_barrier_wait(&start);
    switch (thread % 4) {
    case 0: sec_websocket_accept(text, dst); break;
    case 1: escape_json_ucs1(text, len, dst); break;
    case 2: escape_json_ascii_ucs1(text, len, dst); break;
    default: strcpy(dst, webstr_backend());
    }
    return NULL;
}

static void *write_shared(void *argument)
{
    (void)argument;
    pthread_barrier_wait(&start);
    escape_json_ucs1(text, sizeof text - 1, shared);
    return NULL;
}

static bool run(void *(*function)(void *), size_t count)
{
    pthread_t threads[THREADS];
    size_t numbers[THREADS];
    bool same = true;

    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, function, &numbers[i]) != 0)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 4; i < count; i++)
        same = same && memcmp(results[i], results[i % 4], sizeof results[i]) == 0;
    return same;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *wanted = getenv("WEBSTR_BACKEND");

    if (strcmp(what, "race") == 0)
        return run(write_shared, 2) ? 0 : 1;
    if (strcmp(what, "has") == 0 && argc > 2)
        return cpu_has(argv[2]) ? 0 : 1;
    if (strcmp(what, "uninit") == 0) {
        char *src = malloc(100);

        printf("%zu\n", escape_json_ucs1_size(src, 100));
        free(src);
        return 0;
    }
    /* A process has one first use. */
    for (int i = 0; i < 20; i++) {
        int status = 1;
        pid_t child = fork();

        if (child == 0) {
            if (!run(first_call, THREADS)) {
                puts("FAIL: threads differ in their results");
                return 1;
            }
            if (wanted != NULL && cpu_has(wanted) && strcmp(webstr_backend(), wanted) != 0) {
                printf("FAIL: WEBSTR_BACKEND=%s chose %s\n", wanted, webstr_backend());
                return 1;
            }
            return 0;
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    return 0;
}
