/* The first use of the library by many threads at once, for ThreadSanitizer, and controls that show that a
   sanitizer looks into the library:

     first_use            16 threads call different functions at the same time, in each of 20 processes
     first_use race       two threads write one result: a race within the library
     first_use uninit     the library reads what was never written
     first_use backend    prints the backend in use */
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
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "race") == 0)
        return run(write_shared, 2) ? 0 : 1;
    if (strcmp(what, "backend") == 0)
        return puts(webstr_backend()) < 0;
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
            bool same = run(first_call, THREADS);

            if (!same)
                puts("FAIL: threads differ in what they got");
            return same ? 0 : 1;
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    return 0;
}
