/* Windows on x86-64: every function keeps the registers that belong to its caller, xmm6 to xmm15 among them, which are
   nobody's elsewhere. For every backend that this machine has. */
#include <webstr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "harness.h"
#include "platform.h"

enum { GENERAL = 8, VECTORS = 10, LONGEST = 200 };

static const char *const general_names[GENERAL] = {"rbx", "rbp", "rdi", "rsi", "r12", "r13", "r14", "r15"};

struct registers {
    uint64_t general[GENERAL];
    uint8_t vectors[VECTORS][16];
};

/* The assembly below knows where each part stands. */
struct call {
    uint64_t function, arguments[5], result, unused;
    struct registers before, after;
};
_Static_assert(offsetof(struct call, result) == 48 && offsetof(struct call, before) == 64 &&
                   offsetof(struct call, after) == 288 && offsetof(struct registers, vectors) == 64,
               "the assembly's offsets");

/* Calls the function with its arguments and with `before` in the registers, and stores them as it leaves them. */
void watch(struct call *call);
__asm__(".text\n"
        ".globl watch\n"
        "watch:\n"
        "push %rbx\n push %rbp\n push %rdi\n push %rsi\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "sub $216, %rsp\n" /* 32 for the function, its fifth argument, the call, 8 to align, ten vectors */
        "movups %xmm6, 56(%rsp)\n movups %xmm7, 72(%rsp)\n movups %xmm8, 88(%rsp)\n movups %xmm9, 104(%rsp)\n"
        "movups %xmm10, 120(%rsp)\n movups %xmm11, 136(%rsp)\n movups %xmm12, 152(%rsp)\n"
        "movups %xmm13, 168(%rsp)\n movups %xmm14, 184(%rsp)\n movups %xmm15, 200(%rsp)\n"
        "mov %rcx, 40(%rsp)\n"
        "mov %rcx, %r11\n"
        "mov 64(%r11), %rbx\n mov 72(%r11), %rbp\n mov 80(%r11), %rdi\n mov 88(%r11), %rsi\n"
        "mov 96(%r11), %r12\n mov 104(%r11), %r13\n mov 112(%r11), %r14\n mov 120(%r11), %r15\n"
        "movups 128(%r11), %xmm6\n movups 144(%r11), %xmm7\n movups 160(%r11), %xmm8\n movups 176(%r11), %xmm9\n"
        "movups 192(%r11), %xmm10\n movups 208(%r11), %xmm11\n movups 224(%r11), %xmm12\n"
        "movups 240(%r11), %xmm13\n movups 256(%r11), %xmm14\n movups 272(%r11), %xmm15\n"
        "mov 40(%r11), %rax\n mov %rax, 32(%rsp)\n"
        "mov 8(%r11), %rcx\n mov 16(%r11), %rdx\n mov 24(%r11), %r8\n mov 32(%r11), %r9\n"
        "call *(%r11)\n"
        "mov 40(%rsp), %r11\n"
        "mov %rax, 48(%r11)\n"
        "mov %rbx, 288(%r11)\n mov %rbp, 296(%r11)\n mov %rdi, 304(%r11)\n mov %rsi, 312(%r11)\n"
        "mov %r12, 320(%r11)\n mov %r13, 328(%r11)\n mov %r14, 336(%r11)\n mov %r15, 344(%r11)\n"
        "movups %xmm6, 352(%r11)\n movups %xmm7, 368(%r11)\n movups %xmm8, 384(%r11)\n movups %xmm9, 400(%r11)\n"
        "movups %xmm10, 416(%r11)\n movups %xmm11, 432(%r11)\n movups %xmm12, 448(%r11)\n"
        "movups %xmm13, 464(%r11)\n movups %xmm14, 480(%r11)\n movups %xmm15, 496(%r11)\n"
        "movups 56(%rsp), %xmm6\n movups 72(%rsp), %xmm7\n movups 88(%rsp), %xmm8\n movups 104(%rsp), %xmm9\n"
        "movups 120(%rsp), %xmm10\n movups 136(%rsp), %xmm11\n movups 152(%rsp), %xmm12\n"
        "movups 168(%rsp), %xmm13\n movups 184(%rsp), %xmm14\n movups 200(%rsp), %xmm15\n"
        "add $216, %rsp\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rsi\n pop %rdi\n pop %rbp\n pop %rbx\n"
        "ret\n");

/* The control: keeps none of them. */
void keeps_nothing(void);
__asm__(".globl keeps_nothing\n"
        "keeps_nothing:\n"
        "xor %ebx, %ebx\n xor %ebp, %ebp\n xor %edi, %edi\n xor %esi, %esi\n"
        "xor %r12d, %r12d\n xor %r13d, %r13d\n xor %r14d, %r14d\n xor %r15d, %r15d\n"
        "xorps %xmm6, %xmm6\n xorps %xmm7, %xmm7\n xorps %xmm8, %xmm8\n xorps %xmm9, %xmm9\n xorps %xmm10, %xmm10\n"
        "xorps %xmm11, %xmm11\n xorps %xmm12, %xmm12\n xorps %xmm13, %xmm13\n xorps %xmm14, %xmm14\n"
        "xorps %xmm15, %xmm15\n"
        "ret\n");

static bool changed[GENERAL + VECTORS];

static uint64_t call_watched(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    struct call call = {function, {a, b, c, d, e}, 0, 0, {{0}, {{0}}}, {{0}, {{0}}}};

    memset(&call.before, 0x5a, sizeof call.before);
    watch(&call);
    for (unsigned i = 0; i < GENERAL; i++)
        changed[i] |= call.before.general[i] != call.after.general[i];
    for (unsigned i = 0; i < VECTORS; i++)
        changed[GENERAL + i] |= memcmp(call.before.vectors[i], call.after.vectors[i], 16) != 0;
    return call.result;
}
#define FUNCTION(name) ((uint64_t)(uintptr_t)(name))
#define CALL(function, a, b, c, d, e)                                                                                 \
    call_watched(FUNCTION(function), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e))

static unsigned passed, failed;

static unsigned count_changed(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < GENERAL + VECTORS; i++)
        count += changed[i];
    return count;
}

/* Ends the calls of one function. */
static void count(const char *name)
{
    if (count_changed() == 0) {
        passed++;
    } else {
        failed++;
        printf("FAIL %s, backend %s changes", name, webstr_backend());
        for (unsigned i = 0; i < GENERAL; i++)
            printf("%s%s", changed[i] ? " " : "", changed[i] ? general_names[i] : "");
        for (unsigned i = 0; i < VECTORS; i++)
            if (changed[GENERAL + i])
                printf(" xmm%u", 6 + i);
        putchar('\n');
    }
    memset(changed, 0, sizeof changed);
}

/* Fills the source of a form: a little of everything, clean, long escapes, short escapes; in turns by `kind`. */
static uint8_t source[4 * LONGEST], destination[4 * (2 + 12 * LONGEST)];
static size_t lengths(size_t i)
{
    return i < 80 ? i : i == 80 ? LONGEST : 0;
}

static void fill(unsigned width, size_t len, unsigned kind)
{
    static const uint32_t mixed[] = {'a', '"', 'b', 1, 'c', 0x7f, 'd', 0xe9, 'e', '\n', 0x20ac, 'f', 0x1f600};

    for (size_t i = 0; i < len; i++) {
        uint32_t unit = kind == 0 ? 'x' : kind == 1 ? mixed[i % COUNT(mixed)] : kind == 2 ? 1 : '"';

        if (width < 4 && unit >> 8 * width != 0)
            unit = 0xe9;
        memcpy(source + i * width, &unit, width); /* little-endian */
    }
}

static void watch_form(const struct form *form)
{
    enum { SIZE, ESCAPE, INTO, FUNCTIONS };
    const char *const names[FUNCTIONS] = {form->size_name, form->name, form->into_name};

    for (unsigned function = 0; function < FUNCTIONS; function++) {
        for (size_t i = 0; lengths(i) != 0 || i == 0; i++) {
            for (unsigned kind = 0; kind < 4; kind++) {
                size_t len = lengths(i), room = COUNT(destination) / form->out_width;

                fill(form->width, len, kind);
                if (function == SIZE)
                    CALL(form->size, source, len, 0, 0, 0);
                else if (function == ESCAPE)
                    CALL(form->escape, source, len, destination, 0, 0);
                else
                    for (unsigned tight = 0; tight < 3; tight++)
                        CALL(form->into, source, len, destination, tight == 0 ? room : tight == 1 ? len + 2 : len, 0);
            }
        }
        count(names[function]);
    }
}

static void watch_utf8(void)
{
    static const char text[] = "d\xc3\xa9j\xc3\xa0 vu \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80 \xff\xe4\xb8 \"\n";
    static const struct {
        const char *name;
        size_t (*into)(const void *src, size_t len, void *dst, size_t cap);
    } forms[] = {{"escape_json_utf8_into", escape_json_utf8_into},
                 {"escape_json_ascii_utf8_into", escape_json_ascii_utf8_into}};
    size_t incomplete;

    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (uint8_t)text[i % (sizeof text - 1)];
    for (unsigned form = 0; form < COUNT(forms); form++) {
        for (size_t len = 0; len < sizeof source; len++)
            CALL(forms[form].into, source, len, destination, len % 2 ? sizeof destination : len + 2, 0);
        count(forms[form].name);
    }
    for (size_t len = 0; len < sizeof source; len++)
        for (size_t from = 0; from < 32 && from <= len; from++)
            CALL(webstr_utf8_valid_up_to, source + from, len - from, &incomplete, 0, 0);
    memset(source, 'x', sizeof source);
    for (size_t len = 0; len < sizeof source; len++)
        CALL(webstr_utf8_valid_up_to, source, len, &incomplete, 0, 0);
    count("webstr_utf8_valid_up_to");
}

static void watch_the_rest(void)
{
    enum { KEYS = 40 };
    static char keys[KEYS][SEC_WEBSOCKET_KEY_LEN + 1] = {"dGhlIHNhbXBsZSBub25jZQ=="};

    CALL(webstr_version, 0, 0, 0, 0, 0);
    count("webstr_version");
    for (size_t len = 0; len < sizeof source; len++)
        CALL(webstr_websocket_mask, source, len, "key!", len % 4, len % 8 < 4 ? source : destination);
    count("webstr_websocket_mask");
    CALL(sec_websocket_accept, keys, destination, 0, 0, 0);
    count("sec_websocket_accept");
    for (size_t keys_given = 0; keys_given <= KEYS; keys_given++)
        CALL(sec_websocket_accept_many, keys, destination, keys_given, 0, 0);
    count("sec_websocket_accept_many");
    for (size_t len = 0; len <= SEC_WEBSOCKET_KEY_LEN; len++)
        CALL(sec_websocket_key_valid, keys, len, 0, 0, 0);
    count("sec_websocket_key_valid");
}

/* The process of one backend. The first call of each function, in which it is chosen, is watched too. */
static int watch_all(const char *backend, char *answer)
{
    CALL(keeps_nothing, 0, 0, 0, 0, 0);
    if (count_changed() == GENERAL + VECTORS) {
        passed++;
    } else {
        printf("FAIL control: %u registers are seen to change, of %u\n", count_changed(), GENERAL + VECTORS);
        failed++;
    }
    memset(changed, 0, sizeof changed);
    CALL(webstr_backend, 0, 0, 0, 0, 0);
    count("webstr_backend");
    if (strcmp(webstr_backend(), backend) != 0)
        return 1;
    watch_the_rest();
    for (const struct form *form = forms; form < forms + FORMS; form++)
        watch_form(form);
    watch_utf8();
    snprintf(answer, ANSWER_SIZE, "%u %u", passed, failed);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const backends[] = {"scalar", "sse2", "avx2", "avx512"};
    unsigned skipped = 0;

    process_begin(argc, argv, watch_all);
    for (size_t i = 0; i < COUNT(backends); i++) {
        char answer[ANSWER_SIZE];
        unsigned good, bad;

        if (!cpu_has(backends[i])) {
            printf("backend %s: skipped (not on this machine)\n", backends[i]);
            skipped++;
            continue;
        }
        if (run_in_process(backends[i], backends[i], answer) != 0 || sscanf(answer, "%u %u", &good, &bad) != 2) {
            printf("FAIL backend %s: the process ended early\n", backends[i]);
            failed++;
            continue;
        }
        printf("backend %s: %u functions and the control passed\n", backends[i], good - 1);
        passed += good;
        failed += bad;
    }
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
