/* What the test programs ask of the system: pages that fault, faults that end a case, processes. platform_posix.c or
   platform_windows.c has it. C and C++. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writable pages between two that fault: at least *size bytes, which becomes their size. NULL if there are none. */
uint8_t *guarded_pages(size_t *size);
void guarded_pages_free(uint8_t *start, size_t size);

/* Makes a stray access, an illegal instruction and the like end the call in `fault_in`, which returns the number of
   the fault then; 0 if the call returns. */
void catch_faults(void);
unsigned long fault_in(void (*call)(void *argument), void *argument);

/* Makes such a fault end the process with this status. */
void exit_on_fault(int status);

/* A program's task in processes of its own. What it puts into `answer`, a string, comes back to the program; what it
   returns is the exit status. */
enum { ANSWER_SIZE = 256 };
typedef int process_task(const char *argument, char *answer);

/* The first call of main. Where there is no fork, `run_in_process` starts the program again, and this is where the
   new process runs the task and ends. */
void process_begin(int argc, char **argv, process_task *task);

/* Runs the task in a process with WEBSTR_BACKEND = backend, or without it for NULL. Returns the exit status, or
   another number than 0 if it ended otherwise. The library chooses its backend once per process, so the program itself
   should not have called it. */
int run_in_process(const char *argument, const char *backend, char *answer);

/* What `run_in_process` returns after abort(). */
extern const int status_of_abort;

#ifdef __cplusplus
}
#endif

#endif
