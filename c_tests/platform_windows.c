/* See platform.h. */
#include "platform.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

const int status_of_abort = 3;

static size_t page_size(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwPageSize;
}

uint8_t *guarded_pages(size_t *size)
{
    size_t page = page_size();
    size_t inner = (*size + page - 1) / page * page;
    uint8_t *map = VirtualAlloc(NULL, inner + 2 * page, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    DWORD before;

    if (map == NULL || !VirtualProtect(map + page, inner, PAGE_READWRITE, &before))
        return NULL;
    *size = inner;
    return map + page;
}

void guarded_pages_free(uint8_t *start, size_t size)
{
    (void)size;
    VirtualFree(start - page_size(), 0, MEM_RELEASE);
}

static bool is_fault(const EXCEPTION_RECORD *record)
{
    switch (record->ExceptionCode) {
    case EXCEPTION_ACCESS_VIOLATION:
    case EXCEPTION_IN_PAGE_ERROR:
    case EXCEPTION_DATATYPE_MISALIGNMENT:
    case EXCEPTION_ILLEGAL_INSTRUCTION:
    case EXCEPTION_PRIV_INSTRUCTION:
    case EXCEPTION_INT_DIVIDE_BY_ZERO:
        return true;
    default:
        return false;
    }
}

static void *fault_jump[5];
static volatile unsigned long fault_code;

/* Where the thread goes on after a fault: no frame is unwound, as siglongjmp unwinds none. */
static void jump(void)
{
    __builtin_longjmp(fault_jump, 1);
}

static LONG CALLBACK on_fault(EXCEPTION_POINTERS *pointers)
{
    if (!is_fault(pointers->ExceptionRecord))
        return EXCEPTION_CONTINUE_SEARCH;
    fault_code = pointers->ExceptionRecord->ExceptionCode;
    pointers->ContextRecord->Rip = (DWORD64)(uintptr_t)jump;
    /* As after a call: below all that the faulting function has on the stack, its own calls' shadow space included. */
    pointers->ContextRecord->Rsp = (pointers->ContextRecord->Rsp & ~(DWORD64)15) - 4096 - 8;
    return EXCEPTION_CONTINUE_EXECUTION;
}

void catch_faults(void)
{
    AddVectoredExceptionHandler(1, on_fault);
}

__attribute__((noinline)) unsigned long fault_in(void (*call)(void *argument), void *argument)
{
    if (__builtin_setjmp(fault_jump) != 0)
        return fault_code;
    call(argument);
    return 0;
}

static int fault_status;

static LONG CALLBACK end(EXCEPTION_POINTERS *pointers)
{
    if (is_fault(pointers->ExceptionRecord))
        TerminateProcess(GetCurrentProcess(), (UINT)fault_status);
    return EXCEPTION_CONTINUE_SEARCH;
}

void exit_on_fault(int status)
{
    fault_status = status;
    AddVectoredExceptionHandler(1, end);
}

/* How run_in_process calls the program: PROGRAM --task HANDLE ARGUMENT. */
static const char task_option[] = "--task";

void process_begin(int argc, char **argv, process_task *task)
{
    char answer[ANSWER_SIZE] = "";
    DWORD written;
    int status;

    /* A failure must be readable even if the process dies right after it; and no window asks what to do then. */
    setvbuf(stdout, NULL, _IONBF, 0);
    SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS);
    if (argc != 4 || strcmp(argv[1], task_option) != 0)
        return;
    status = task(argv[3], answer);
    if (!WriteFile((HANDLE)(uintptr_t)strtoull(argv[2], NULL, 10), answer, (DWORD)strlen(answer), &written, NULL))
        exit(2);
    exit(status);
}

static void fail(const char *what)
{
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    exit(2);
}

/* Starts the program again for a task whose answer goes to `writable`. */
static HANDLE start(const char *argument, HANDLE writable)
{
    char program[MAX_PATH], command[2 * MAX_PATH];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;

    if (GetModuleFileNameA(NULL, program, sizeof program) == 0)
        fail("the program's name");
    snprintf(command, sizeof command, "\"%s\" %s %llu \"%s\"", program, task_option,
             (unsigned long long)(uintptr_t)writable, argument);
    if (!CreateProcessA(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        fail("cannot start a process");
    CloseHandle(process.hThread);
    return process.hProcess;
}

int run_in_process(const char *argument, const char *backend, char *answer)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE readable, writable, process;
    DWORD length = 0, got = 0, status = 2;

    fflush(stdout);
    if (!CreatePipe(&readable, &writable, &inherited, 0) || !SetHandleInformation(readable, HANDLE_FLAG_INHERIT, 0))
        fail("cannot make a pipe");
    SetEnvironmentVariableA("WEBSTR_BACKEND", backend);
    process = start(argument, writable);
    CloseHandle(writable);
    while (ReadFile(readable, answer + length, ANSWER_SIZE - 1 - length, &got, NULL) && got != 0)
        length += got;
    answer[length] = '\0';
    CloseHandle(readable);
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &status);
    CloseHandle(process);
    return (int)status;
}
