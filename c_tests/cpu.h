/* Which backends the CPU has, by the CPU's own word: cpuid and xgetbv are executed here, so that the answer also
   holds under valgrind and qemu. It shares nothing with the library. C and C++. */
#ifndef CPU_H
#define CPU_H

#include <stdbool.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>

/* Bits of cpuid (Intel SDM volume 2, CPUID) and of XCR0 (volume 1, 13.3). */
enum { LEAF1_ECX_POPCNT = 23, LEAF1_ECX_OSXSAVE = 27, LEAF1_ECX_AVX = 28 };
enum {
    LEAF7_EBX_BMI1 = 3,
    LEAF7_EBX_AVX2 = 5,
    LEAF7_EBX_BMI2 = 8,
    LEAF7_EBX_AVX512F = 16,
    LEAF7_EBX_AVX512BW = 30,
    LEAF7_EBX_AVX512VL = 31
};
enum { LEAF7_ECX_AVX512VBMI = 1, LEAF7_ECX_AVX512VBMI2 = 6 };
enum { XCR0_YMM = 0x06, XCR0_ZMM = 0xe6 };

static inline bool cpu_has_vectors(bool avx512)
{
    unsigned eax, ebx, ecx, edx, xcr0, high, ecx1;

    if (!__get_cpuid(1, &eax, &ebx, &ecx1, &edx) || !(ecx1 >> LEAF1_ECX_OSXSAVE & 1))
        return false;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    (void)high;
    if ((xcr0 & XCR0_YMM) != XCR0_YMM || !(ecx1 >> LEAF1_ECX_AVX & ecx1 >> LEAF1_ECX_POPCNT & 1) ||
        !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ||
        !(ebx >> LEAF7_EBX_AVX2 & ebx >> LEAF7_EBX_BMI1 & ebx >> LEAF7_EBX_BMI2 & 1))
        return false;
    return !avx512 || ((xcr0 & XCR0_ZMM) == XCR0_ZMM &&
                       (ebx >> LEAF7_EBX_AVX512F & ebx >> LEAF7_EBX_AVX512BW & ebx >> LEAF7_EBX_AVX512VL & 1) &&
                       (ecx >> LEAF7_ECX_AVX512VBMI & ecx >> LEAF7_ECX_AVX512VBMI2 & 1));
}
#endif

/* Whether the library must offer this backend here. */
static inline bool cpu_has(const char *backend)
{
#if defined __x86_64__
    if (strcmp(backend, "avx2") == 0 || strcmp(backend, "avx512") == 0)
        return cpu_has_vectors(strcmp(backend, "avx512") == 0);
    if (strcmp(backend, "sse2") == 0)
        return true;
#elif defined __AARCH64EL__
    if (strcmp(backend, "neon") == 0)
        return true;
#endif
    return strcmp(backend, "scalar") == 0;
}

#endif
