/* The one function of a C library that the DLL calls, so that it needs none. Most copies are shorter than a vector. */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t eight __attribute__((aligned(1), may_alias));
typedef uint32_t four __attribute__((aligned(1), may_alias));

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *dst = to;
    const char *src = from;

    /* The last bytes are stored after the others, and may be some of the same. */
    if (size >= 16) {
        __m128i last = _mm_loadu_si128((const __m128i *)(src + size - 16));

        for (size_t i = 0; i + 16 < size; i += 16)
            _mm_storeu_si128((__m128i *)(dst + i), _mm_loadu_si128((const __m128i *)(src + i)));
        _mm_storeu_si128((__m128i *)(dst + size - 16), last);
    } else if (size >= 8) {
        *(eight *)dst = *(const eight *)src;
        *(eight *)(dst + size - 8) = *(const eight *)(src + size - 8);
    } else if (size >= 4) {
        *(four *)dst = *(const four *)src;
        *(four *)(dst + size - 4) = *(const four *)(src + size - 4);
    } else {
        for (size_t i = 0; i < size; i++)
            dst[i] = src[i];
    }
    return to;
}
