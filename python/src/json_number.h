/* Integers and floats as their __repr__() shows them, into a buffer. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H

#include "json_buffer.h"

#include <math.h>

static inline int
count_digits(uint64_t n)
{
    int count = 1;
    for (; n >= 10000; n /= 10000) {
        count += 4;
    }
    return count + (n >= 10) + (n >= 100) + (n >= 1000);
}

/* The last `count` decimal digits of n. */
static inline void
write_digits(char *to, uint64_t n, int count)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
        "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    while (count > 8) {
        uint32_t low = (uint32_t)(n % 100000000);
        n /= 100000000;
        for (int i = 0; i < 4; i++, low /= 100) {
            count -= 2;
            memcpy(to + count, pairs + low % 100 * 2, 2);
        }
    }
    uint32_t rest = (uint32_t)n;
    for (; count >= 2; rest /= 100) {
        count -= 2;
        memcpy(to + count, pairs + rest % 100 * 2, 2);
    }
    if (count) {
        *to = (char)('0' + rest % 10);
    }
}

/* Room for a number: an int takes up to 20 characters, as -9223372036854775808 does, or the first block
 * of its digits, and a float without an exponent up to 23. */
#define NUMBER_ROOM (3 * BLOCK)

#if PY_LITTLE_ENDIAN
/* The 8 digits of a number below 10**8, the first in the lowest byte: divided by 10**4, then both
 * halves by 100, then all four by 10, with multiplications in place of divisions. */
static inline uint64_t
eight_digits(uint32_t n)
{
    uint64_t fours = n / 10000 | (uint64_t)(n % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007f0000007f);
    uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000f000f000f000f);
    return (tens | (twos - tens * 10) << 8) + UINT64_C(0x3030303030303030);
}

/* The last `count` digits of a number below 10**8. */
static inline void
buffer_put_digits(Buffer *b, uint32_t n, int count)
{
    uint64_t digits = eight_digits(n) >> (BLOCK - count) * 8;
    memcpy(b->data + b->len, &digits, BLOCK);
    b->len += count;
}

static inline int
buffer_put_int(Buffer *b, long long value)
{
    if (buffer_reserve(b, NUMBER_ROOM) < 0) {
        return -1;
    }
    if (value < 0) {
        buffer_put_char(b, '-');
    }
    const uint32_t block = 100000000;
    uint64_t n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, head = n;
    for (; head >= block; head /= block) {
    }
    buffer_put_digits(b, (uint32_t)head, count_digits(head));
    if (n >= (uint64_t)block * block) {
        buffer_put_digits(b, (uint32_t)(n / block % block), BLOCK);
    }
    if (n >= block) {
        buffer_put_digits(b, (uint32_t)(n % block), BLOCK);
    }
    return 0;
}
#else
static inline int
buffer_put_int(Buffer *b, long long value)
{
    if (buffer_reserve(b, NUMBER_ROOM) < 0) {
        return -1;
    }
    char *to = b->data + b->len;
    bool negative = value < 0;
    uint64_t n = negative ? 0 - (uint64_t)value : (uint64_t)value;
    int count = count_digits(n);
    to[0] = '-';
    write_digits(to + negative, n, count);
    b->len += negative + count;
    return 0;
}
#endif

/* Takes `zeros` of the k digits after the point away if they are zeros; ten_zeros is 10**zeros. */
static inline void
strip_zeros(uint64_t *m, int *k, uint64_t ten_zeros, int zeros)
{
    if (*k >= zeros && *m % ten_zeros == 0) {
        *m /= ten_zeros;
        *k -= zeros;
    }
}

/* float.__repr__(), if the number is neither so small or large that it has an exponent, nor one of the
 * few cases below; else 0.
 *
 * The double is c * 2**q, and every decimal within half of 2**q is read back as it. With k digits after
 * the point, where 1 <= 2**q * 10**k < 10, there is at least one such, and with one digit less at most
 * one; so the shortest is that one, or else the nearest with k. All is exact in 128 bits, as
 * (2c + 1) * 10**k < 2**54 * 2**67. (Schubfach, by Raffaello Giulietti, without its rounded powers.) */
static inline int
write_float_digits(char *to, double value)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 uint128;
    static const uint64_t tens[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
        100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
        10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000u};
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int n = 0;
    to[n] = '-';
    n += (int)(bits >> 63);
    double size = fabs(value);
    if (size == 0) {
        memcpy(to + n, "0.0", 3);
        return n + 3;
    }
    if (!(size >= 1e-4 && size < 1e15)) {
        return 0;
    }
    uint64_t c = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    if (c == UINT64_C(1) << 52) {
        return 0;  /* below a power of two the decimals that are read back as it are nearer */
    }
    int q = (int)(bits >> 52 & 2047) - 1075;  /* -66 to -3 */
    /* The ceiling of -q * log10(2). */
    int k = (-q * 78913 >> 18) + 1;
    uint128 ten_k = k < 20 ? tens[k] : (uint128)tens[19] * 10;
    uint128 scaled = ten_k * (2 * c);  /* of the number times 10**k, 1 - q bits are its fraction */
    int fraction = 1 - q;
    uint64_t m = (uint64_t)(scaled >> fraction);
    uint64_t short_m = m - m % 10;
    uint128 below = scaled - ((uint128)short_m << fraction);
    uint128 above = ((uint128)10 << fraction) - below;
    if (below < ten_k || above < ten_k) {
        m = below < ten_k ? short_m / 10 : short_m / 10 + 1;
        k--;
        strip_zeros(&m, &k, 100000000, 8);
        strip_zeros(&m, &k, 10000, 4);
        strip_zeros(&m, &k, 100, 2);
        strip_zeros(&m, &k, 10, 1);
    }
    else {
        uint128 half = (uint128)1 << (fraction - 1), rest = scaled - ((uint128)m << fraction);
        if (rest == half || below == ten_k || above == ten_k) {
            return 0;
        }
        m += rest > half;
    }
    /* m is the digits now, and k those after the point. */
    int count = Py_MAX(count_digits(m), k + 1);
    if (k == 0) {
        write_digits(to + n, m, count);
        memcpy(to + n + count, ".0", 2);
        return n + count + 2;
    }
    write_digits(to + n + 1, m, count);
    memmove(to + n, to + n + 1, (size_t)(count - k));
    to[n + count - k] = '.';
    return n + count + 1;
#else
    (void)to;
    (void)value;
    return 0;
#endif
}

static inline int
buffer_put_float(Buffer *b, double value)
{
    if (buffer_reserve(b, NUMBER_ROOM) < 0) {
        return -1;
    }
    int n = write_float_digits(b->data + b->len, value);
    if (n != 0) {
        b->len += n;
        return 0;
    }
    /* As float.__repr__() does. */
    char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (text == NULL) {
        return -1;
    }
    int rv = buffer_put_ascii(b, text, (Py_ssize_t)strlen(text));
    PyMem_Free(text);
    return rv;
}

#endif  /* JSON_NUMBER_H */
