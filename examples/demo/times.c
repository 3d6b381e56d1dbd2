/* Nanoseconds per call, next to plain C: the last part of `make demo`. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <webstr.h>

#include "plain.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static char source[16384];
static char result[6 * sizeof source + 2];

static double time_escape(size_t (*escape)(const void *, size_t, void *), size_t len)
{
    size_t calls = 100000 / (len + 40);
    volatile size_t sum = 0;
    double start = seconds();
    for (size_t i = 0; i < calls; i++)
        sum += escape(source, len, result);
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
        BEST(plain, time_escape(plain_escape, len));
        BEST(ours, time_escape(escape_json_ucs1, len));
    }
    row(what, plain, ours);
}

int main(void)
{
    double plain = 1e9, ours = 1e9;

    printf("  %-44s %9s %9s\n", "nanoseconds per call", "plain C", webstr_backend());
    for (int round = 0; round < ROUNDS; round++) {
        BEST(plain, time_accept(plain_accept));
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
