/* The text of a JSON document while it grows, as the characters of a str.
 *
 * It begins on the stack, which suffices for a small document. Then the buffer is that of a new str,
 * so that nothing has to be copied in the end. Its units have one byte until a wider character comes;
 * then all that is there is widened, once for each width. */
#ifndef JSON_BUFFER_H
#define JSON_BUFFER_H

#define PY_SSIZE_T_CLEAN
#include "Python.h"

#include "webstr.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes on the stack. */
#define BUFFER_FIRST 1024

typedef struct {
    char *data;
    Py_ssize_t len, room;  /* in units */
    int kind;              /* bytes of a unit: 1, 2 or 4 */
    Py_UCS4 maxchar;       /* 127, 255, 0xffff or 0x10ffff: the least of them that no character exceeds */
    PyObject *str;         /* which has the data; NULL while they are on the stack */
    Py_UCS4 first[BUFFER_FIRST / sizeof(Py_UCS4)];
} Buffer;

static inline void
buffer_init(Buffer *b)
{
    b->data = (char *)b->first;
    b->len = 0;
    b->room = BUFFER_FIRST;
    b->kind = 1;
    b->maxchar = 127;
    b->str = NULL;
}

static inline void
buffer_free(Buffer *b)
{
    Py_CLEAR(b->str);
}

/* `n` units from one width to another that is not less. They do not overlap. */
static inline void
buffer_copy_units(void *to, int to_kind, const void *from, int from_kind, Py_ssize_t n)
{
    if (to_kind == from_kind) {
        memcpy(to, from, (size_t)(n * to_kind));
    }
    else if (from_kind == 2) {
        for (Py_ssize_t i = 0; i < n; i++) {
            ((Py_UCS4 *)to)[i] = ((const Py_UCS2 *)from)[i];
        }
    }
    else if (to_kind == 2) {
        for (Py_ssize_t i = 0; i < n; i++) {
            ((Py_UCS2 *)to)[i] = ((const Py_UCS1 *)from)[i];
        }
    }
    else {
        for (Py_ssize_t i = 0; i < n; i++) {
            ((Py_UCS4 *)to)[i] = ((const Py_UCS1 *)from)[i];
        }
    }
}

/* Characters that are copied at a time where what is beyond them may be written, too. */
#define BLOCK 8

/* BLOCK one-byte characters into units of 2 or 4 bytes. */
#ifdef __GNUC__
typedef Py_UCS1 block1 __attribute__((vector_size(BLOCK)));
typedef Py_UCS2 block2 __attribute__((vector_size(2 * BLOCK)));
typedef Py_UCS4 block4 __attribute__((vector_size(4 * BLOCK)));
#  define WIDEN_BLOCK(to, from, unit, wide_block) \
    do { \
        block1 narrow; \
        memcpy(&narrow, from, sizeof narrow); \
        wide_block wide = __builtin_convertvector(narrow, wide_block); \
        memcpy(to, &wide, sizeof wide); \
    } while (0)
#else
#  define WIDEN_BLOCK(to, from, unit, wide_block) \
    for (int i = 0; i < BLOCK; i++) { \
        ((unit *)(to))[i] = ((const Py_UCS1 *)(from))[i]; \
    }
#endif

/* `n` one-byte characters, into room for BLOCK more; as many can be read. */
static inline void
buffer_put_blocks(Buffer *b, const char *from, Py_ssize_t n)
{
    char *to = b->data + b->len * b->kind;
    b->len += n;
    for (; n > 0; n -= BLOCK, from += BLOCK, to += BLOCK * b->kind) {
        if (b->kind == 2) {
            WIDEN_BLOCK(to, from, Py_UCS2, block2);
        }
        else if (b->kind == 4) {
            WIDEN_BLOCK(to, from, Py_UCS4, block4);
        }
        else {
            memcpy(to, from, BLOCK);
        }
    }
}

/* Into a new str of `room` characters up to maxchar. */
static inline int
buffer_move(Buffer *b, Py_ssize_t room, Py_UCS4 maxchar)
{
    PyObject *str = PyUnicode_New(room, maxchar);
    if (str == NULL) {
        return -1;
    }
    int kind = (int)PyUnicode_KIND(str);
    buffer_copy_units(PyUnicode_DATA(str), kind, b->data, b->kind, b->len);
    Py_XDECREF(b->str);
    b->str = str;
    b->data = PyUnicode_DATA(str);
    b->room = room;
    b->kind = kind;
    b->maxchar = maxchar;
    return 0;
}

/* Room for `more` units and then some: twice the size while it is small, later a quarter more. */
Py_NO_INLINE static int
buffer_grow(Buffer *b, Py_ssize_t more)
{
    if (more > PY_SSIZE_T_MAX / 8 - b->len) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t room = b->len + more;
    room += room < 32768 ? room : room / 4;
    if (b->str == NULL) {
        return buffer_move(b, room, b->maxchar);
    }
    if (PyUnicode_Resize(&b->str, room) < 0) {
        return -1;
    }
    b->data = PyUnicode_DATA(b->str);
    b->room = room;
    return 0;
}

static inline int
buffer_reserve(Buffer *b, Py_ssize_t more)
{
    return b->room - b->len < more ? buffer_grow(b, more) : 0;
}

/* A character up to maxchar comes, and it exceeds those before. */
Py_NO_INLINE static int
buffer_widen(Buffer *b, Py_UCS4 maxchar)
{
    if (b->str == NULL && maxchar <= 255) {
        b->maxchar = maxchar;
        return 0;
    }
    return buffer_move(b, b->room, maxchar);
}

/* The str, which is the caller's then. */
static inline PyObject *
buffer_finish(Buffer *b)
{
    if (b->str == NULL) {
        return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, b->data, b->len);
    }
    if (PyUnicode_Resize(&b->str, b->len) < 0) {
        buffer_free(b);
    }
    PyObject *str = b->str;
    b->str = NULL;
    return str;
}

/* --- What is written --------------------------------------------------------- */

static inline int
buffer_put_units(Buffer *b, const void *units, int kind, Py_ssize_t n)
{
    if (buffer_reserve(b, n) < 0) {
        return -1;
    }
    buffer_copy_units(b->data + b->len * b->kind, b->kind, units, kind, n);
    b->len += n;
    return 0;
}

static inline int
buffer_put_ascii(Buffer *b, const char *text, Py_ssize_t n)
{
    return buffer_put_units(b, text, 1, n);
}

/* Up to BLOCK characters, from where BLOCK can be read. */
static inline int
buffer_put_block(Buffer *b, const char *text, Py_ssize_t n)
{
    if (buffer_reserve(b, BLOCK) < 0) {
        return -1;
    }
    if (b->kind == 1) {
        memcpy(b->data + b->len, text, BLOCK);
        b->len += n;
    }
    else {
        buffer_put_blocks(b, text, n);
    }
    return 0;
}

static inline int
buffer_put_char(Buffer *b, char c)
{
    if (buffer_reserve(b, 1) < 0) {
        return -1;
    }
    if (b->kind == 1) {
        b->data[b->len++] = c;
        return 0;
    }
    if (b->kind == 2) {
        ((Py_UCS2 *)b->data)[b->len++] = (Py_UCS2)c;
    }
    else {
        ((Py_UCS4 *)b->data)[b->len++] = (Py_UCS4)c;
    }
    return 0;
}

/* Before the characters of the str are asked for. */
static inline int
buffer_make_wide(Buffer *b, PyObject *str)
{
    if (PyUnicode_IS_ASCII(str)) {
        return 0;
    }
    Py_UCS4 maxchar = PyUnicode_MAX_CHAR_VALUE(str);
    return maxchar > b->maxchar ? buffer_widen(b, maxchar) : 0;
}

/* The str as it is. */
static inline int
buffer_put_str(Buffer *b, PyObject *str)
{
    if (buffer_make_wide(b, str) < 0) {
        return -1;
    }
    return buffer_put_units(b, PyUnicode_DATA(str), (int)PyUnicode_KIND(str),
                            PyUnicode_GET_LENGTH(str));
}

/* --- Strings ------------------------------------------------------------------ */

typedef size_t escape_into(const void *src, size_t len, void *dst, size_t cap);

static inline escape_into *
escape_of(int kind, bool ascii)
{
    switch (kind) {
    case 1: return ascii ? escape_json_ascii_ucs1_into : escape_json_ucs1_into;
    case 2: return ascii ? escape_json_ascii_ucs2_into : escape_json_ucs2_into;
    default: return ascii ? escape_json_ascii_ucs4_into : escape_json_ucs4_into;
    }
}

/* Whether none of BLOCK ASCII characters has to be escaped. Each term sets the high bit of a byte if it
 * is: (c ^ 2) < 33, a control character or the quote; the backslash; for `ascii`, 0x7f. A borrow or a
 * carry leaves only bytes that have been found by then. */
static inline bool
block_is_clean(const char *block, bool ascii)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, block, sizeof word);
    uint64_t found = ((word ^ (ones * 2)) - ones * 33) | ((word ^ (ones * '\\')) - ones);
    if (ascii) {
        found |= word + ones;
    }
    return (found & (ones * 0x80)) == 0;
}

/* Fewer characters than a block has, followed by letters: put together in a register, as a load of a
 * block that has just been stored piece by piece would wait for each store. */
static inline uint64_t
few_as_block(const char *src, Py_ssize_t len)
{
    uint64_t block = UINT64_C(0x6161616161616161);
#if PY_LITTLE_ENDIAN
    uint64_t few = 0;
    if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, src, sizeof head);
        memcpy(&tail, src + len - 4, sizeof tail);
        few = (uint64_t)tail << (len - 4) * 8 | head;
    }
    else if (len > 0) {
        few = (uint64_t)(unsigned char)src[len - 1] << (len - 1) * 8
              | (uint64_t)(unsigned char)src[len / 2] << len / 2 * 8 | (unsigned char)src[0];
    }
    return block << len * 8 | few;
#else
    memcpy(&block, src, (size_t)len);
    return block;
#endif
}

/* A string of ASCII into wider units, from where it stands: 1 if it is clean, else 0. */
static inline int
buffer_put_clean(Buffer *b, const char *src, Py_ssize_t len, bool ascii)
{
    if (buffer_reserve(b, len + 2 + BLOCK) < 0) {
        return -1;
    }
    uint64_t last;
    Py_ssize_t start = b->len, whole = len & -(Py_ssize_t)BLOCK;
    buffer_put_char(b, '"');
    for (Py_ssize_t i = 0; i < whole; i += BLOCK) {
        if (!block_is_clean(src + i, ascii)) {
            b->len = start;
            return 0;
        }
        buffer_put_blocks(b, src + i, BLOCK);
    }
    if (len >= BLOCK) {
        /* The last ones again, with some before them. */
        b->len += len - whole - BLOCK;
        src += len - BLOCK;
    }
    else {
        last = few_as_block(src, len);
        src = (const char *)&last;
    }
    if (!block_is_clean(src, ascii)) {
        b->len = start;
        return 0;
    }
    buffer_put_blocks(b, src, Py_MIN(len, BLOCK));
    buffer_put_char(b, '"');
    return 1;
}

/* Characters of a string that are escaped at a time where the buffer's units are wider. */
#define BUFFER_PIECE 128

/* Where the escaped string has narrower units than the buffer, it goes by way of the stack, piece
 * by piece: each but the last without its closing quote, each but the first without the opening one. */
Py_NO_INLINE static int
buffer_put_narrow(Buffer *b, PyObject *str, bool ascii)
{
    Py_UCS2 escaped[6 * BUFFER_PIECE * 2 + 2];
    int kind = (int)PyUnicode_KIND(str), escaped_kind = ascii ? 1 : kind;
    const char *src = PyUnicode_DATA(str);
    Py_ssize_t len = PyUnicode_GET_LENGTH(str), done = 0;
    if (PyUnicode_IS_ASCII(str)) {
        int rv = buffer_put_clean(b, src, len, ascii);
        if (rv != 0) {
            return rv < 0 ? -1 : 0;
        }
    }
    do {
        Py_ssize_t piece = Py_MIN(len - done, BUFFER_PIECE);
        Py_ssize_t size = (Py_ssize_t)escape_of(kind, ascii)(
            src + done * kind, (size_t)piece, escaped, 6 * BUFFER_PIECE * 2 + 2);
        bool first = done == 0;
        done += piece;
        const char *from = (char *)escaped + (first ? 0 : escaped_kind);
        size -= !first + (done < len);
        if (buffer_reserve(b, size) < 0) {
            return -1;
        }
        buffer_copy_units(b->data + b->len * b->kind, b->kind, from, escaped_kind, size);
        b->len += size;
    } while (done < len);
    return 0;
}

/* The str as a JSON string. */
static inline int
buffer_put_string(Buffer *b, PyObject *str, bool ascii)
{
    int kind = 1;
    if (!PyUnicode_IS_ASCII(str)) {
        if (!ascii && buffer_make_wide(b, str) < 0) {
            return -1;
        }
        kind = (int)PyUnicode_KIND(str);
    }
    if ((ascii ? 1 : kind) != b->kind) {
        return buffer_put_narrow(b, str, ascii);
    }
    size_t len = (size_t)PyUnicode_GET_LENGTH(str), size = len + 2, room;
    do {
        if (buffer_reserve(b, (Py_ssize_t)size) < 0) {
            return -1;
        }
        room = (size_t)(b->room - b->len);
        char *to = b->data + b->len * b->kind;
        size = kind == 1 ? escape_of(1, ascii)(PyUnicode_DATA(str), len, to, room)
                         : escape_of(kind, ascii)(PyUnicode_DATA(str), len, to, room);
        if (size == 0) {
            PyErr_SetString(PyExc_OverflowError, "string is too long to escape");
            return -1;
        }
    } while (size > room);
    b->len += (Py_ssize_t)size;
    return 0;
}

/* --- Numbers ------------------------------------------------------------------- */

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

/* The longest of them is -9223372036854775808, and a float's is shorter: -1.2345678901234567e-300 is
 * written otherwise. */
#define NUMBER_ROOM (3 * BLOCK)

/* Where a number's text goes; buffer_put_number() then takes it. NULL without memory. */
static inline char *
buffer_number(Buffer *b, char *aside)
{
    if (buffer_reserve(b, NUMBER_ROOM) < 0) {
        return NULL;
    }
    return b->kind == 1 ? b->data + b->len : aside;
}

static inline void
buffer_put_number(Buffer *b, const char *text, Py_ssize_t n)
{
    if (b->kind != 1) {
        /* One by one (volatile), for the reason that few_as_block() names. */
        const volatile char *from = text;
        for (Py_ssize_t i = 0; i < n; i++) {
            if (b->kind == 2) {
                ((Py_UCS2 *)b->data)[b->len + i] = (Py_UCS1)from[i];
            }
            else {
                ((Py_UCS4 *)b->data)[b->len + i] = (Py_UCS1)from[i];
            }
        }
    }
    b->len += n;
}

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
    if (b->kind == 1) {
        memcpy(b->data + b->len, &digits, BLOCK);
        b->len += count;
    }
    else {
        buffer_put_blocks(b, (const char *)&digits, count);
    }
}

static inline int
buffer_put_int(Buffer *b, long long value)
{
    if (buffer_reserve(b, 4 * BLOCK) < 0) {
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
    char aside[NUMBER_ROOM], *to = buffer_number(b, aside);
    if (to == NULL) {
        return -1;
    }
    bool negative = value < 0;
    uint64_t n = negative ? 0 - (uint64_t)value : (uint64_t)value;
    int count = count_digits(n);
    to[0] = '-';
    write_digits(to + negative, n, count);
    buffer_put_number(b, to, negative + count);
    return 0;
}
#endif

/* Up to `zeros` of the k digits after the point, if so many are zeros; ten_zeros is 10**zeros. */
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
        return 0;  /* what is read back as a power of two is less on one side */
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
    char aside[NUMBER_ROOM], *to = buffer_number(b, aside);
    if (to == NULL) {
        return -1;
    }
    int n = write_float_digits(to, value);
    if (n != 0) {
        buffer_put_number(b, to, n);
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

#endif  /* JSON_BUFFER_H */
