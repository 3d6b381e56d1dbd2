/* What webstr does, from C: run by `make demo`.
 *
 *     demo accept            the handshake of RFC 6455 §1.3
 *     demo escape < STRINGS  each NUL-terminated UTF-8 string as JSON, one a line
 *     demo times             nanoseconds per call, next to plain C loops
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <webstr.h>

#include "accept.h"
#include "escape.h"

static int accept_sample(void)
{
    const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
    char value[SEC_WEBSOCKET_ACCEPT_LEN];

    if (!sec_websocket_key_valid(key, strlen(key)))
        return 1;
    sec_websocket_accept(key, value);
    printf("Sec-WebSocket-Key:    %s\nSec-WebSocket-Accept: %.*s\n", key, (int)sizeof value, value);
    return 0;
}

static int escape_strings(void)
{
    static char text[1 << 16];
    size_t end = fread(text, 1, sizeof text, stdin);

    for (size_t start = 0; start < end;) {
        size_t len = strnlen(text + start, end - start);
        char *json = malloc(escape_json_ucs1_size(text + start, len));
        if (json == NULL)
            return 1;
        size_t size = escape_json_ucs1(text + start, len, json);
        printf("%.*s\n", (int)size, json);
        free(json);
        start += len + 1;
    }
    return 0;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef size_t (*size_function)(const void *, size_t);
typedef size_t (*write_function)(const void *, size_t, void *);

static char source[16384];
static char result[6 * sizeof source + 2];

static double time_escape(size_function size, write_function write, size_t len)
{
    size_t calls = 100000 / (len + 40);
    volatile size_t sum = 0;
    double start = seconds();
    for (size_t i = 0; i < calls; i++) {
        sum += size(source, len);
        sum += write(source, len, result);
    }
    return (seconds() - start) / (double)calls * 1e9;
}

static double time_accept(void (*accept)(const void *, void *))
{
    char chain[SEC_WEBSOCKET_ACCEPT_LEN] = "dGhlIHNhbXBsZSBub25jZQ==";
    double start = seconds();
    for (int i = 0; i < 1000; i++)
        accept(chain, chain); /* each value is the next key */
    return (seconds() - start) / 1000 * 1e9;
}

/* The best of interleaved rounds: other programs only ever make a call slower. A round is shorter than
 * a turn of the scheduler's, or every one would be interrupted. */
enum { ROUNDS = 500 };

#define BEST(best, time)                                                                           \
    do {                                                                                           \
        double t = time;                                                                           \
        if (t < best)                                                                              \
            best = t;                                                                              \
    } while (0)

static void row(const char *what, double plain, double ours)
{
    printf("  %-44s %9.1f %9.1f %7.1f x\n", what, plain, ours, plain / ours);
}

static void escape_row(const char *what, size_t len)
{
    double plain = 1e9, ours = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        BEST(plain, time_escape(baseline_ucs1_size, baseline_ucs1, len));
        BEST(ours, time_escape(escape_json_ucs1_size, escape_json_ucs1, len));
    }
    row(what, plain, ours);
}

static int times(void)
{
    double plain = 1e9, ours = 1e9;

    printf("  %-44s %9s %9s\n", "nanoseconds per call", "plain C", webstr_backend());
    for (int round = 0; round < ROUNDS; round++) {
        BEST(plain, time_accept(baseline_accept));
        BEST(ours, time_accept(sec_websocket_accept));
    }
    row("Sec-WebSocket-Accept", plain, ours);
    memset(source, 'x', sizeof source);
    escape_row("JSON string of 11 characters", 11);
    escape_row("JSON string of 190 characters", 190);
    escape_row("JSON string of 16384 characters", sizeof source);
    for (size_t i = 0; i < sizeof source; i += 32)
        source[i + 16] = '"';
    escape_row("JSON string of 16384, one in 32 escaped", sizeof source);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "accept") == 0)
        return accept_sample();
    if (strcmp(what, "escape") == 0)
        return escape_strings();
    if (strcmp(what, "times") == 0)
        return times();
    fprintf(stderr, "usage: demo accept | escape | times\n");
    return 2;
}
