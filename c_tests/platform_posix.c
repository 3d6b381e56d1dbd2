/* See platform.h. POSIX and MAP_ANONYMOUS are wanted beside C99. */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE

#include "platform.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNALLED = 128 };

const int status_of_abort = SIGNALLED + SIGABRT;

uint8_t *guarded_pages(size_t *size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner = (*size + page - 1) / page * page;
    uint8_t *map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + page, inner, PROT_READ | PROT_WRITE) != 0)
        return NULL;
    *size = inner;
    return map + page;
}

void guarded_pages_free(uint8_t *start, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    munmap(start - page, size + 2 * page);
}

static void on_faults(void (*handler)(int))
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

static sigjmp_buf fault_jump;
static volatile sig_atomic_t fault_signal;

static void jump(int number)
{
    fault_signal = number;
    siglongjmp(fault_jump, 1);
}

void catch_faults(void)
{
    on_faults(jump);
}

unsigned long fault_in(void (*call)(void *argument), void *argument)
{
    if (sigsetjmp(fault_jump, 1) != 0)
        return (unsigned long)fault_signal;
    call(argument);
    return 0;
}

static int fault_status;

static void end(int number)
{
    (void)number;
    _exit(fault_status);
}

void exit_on_fault(int status)
{
    fault_status = status;
    on_faults(end);
}

static process_task *the_task;

void process_begin(int argc, char **argv, process_task *task)
{
    (void)argc;
    (void)argv;
    the_task = task;
    /* A failure must be readable even if the process dies right after it. */
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static void answer_to(int descriptor, const char *argument)
{
    char answer[ANSWER_SIZE] = "";
    int status = the_task(argument, answer);
    size_t length = strlen(answer);

    if (write(descriptor, answer, length) != (ssize_t)length)
        exit(2);
    exit(status);
}

int run_in_process(const char *argument, const char *backend, char *answer)
{
    size_t length = 0;
    ssize_t got;
    int ends[2], status = 0;
    pid_t pid;

    fflush(stdout);
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        perror("cannot start a process");
        exit(2);
    }
    if (pid == 0) {
        close(ends[0]);
        if (backend != NULL)
            setenv("WEBSTR_BACKEND", backend, 1);
        else
            unsetenv("WEBSTR_BACKEND");
        answer_to(ends[1], argument);
    }
    close(ends[1]);
    while ((got = read(ends[0], answer + length, ANSWER_SIZE - 1 - length)) > 0 || (got < 0 && errno == EINTR))
        length += got > 0 ? (size_t)got : 0;
    answer[length] = '\0';
    close(ends[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status);
}
