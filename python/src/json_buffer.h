/* The text of a JSON document while it grows, as the characters of a str.
 *
 * Characters of one byte are written into the front, which begins on the stack. That suffices for a
 * small document. Then the front is the memory of a new str, so that nothing has to be copied in the
 * end. From the first wider character on there is a second str, of wide units: wide strings are
 * written there, all others still into the front, which is widened into that str before a wide string
 * and where it is full. */
#ifndef JSON_BUFFER_H
#define JSON_BUFFER_H

#include "compat.h"

#include "webstr_str.h"

/* Bytes of the front on the stack. */
#define BUFFER_FIRST 1024

typedef struct {
    char *data;            /* the front: one-byte characters */
    Py_ssize_t len, room;
    PyObject *str;         /* whose memory it is; NULL while it is on the stack */
    Py_UCS4 maxchar;       /* 127, 255, 0xffff or 0x10ffff: the least of them that no character exceeds */
    PyObject *wide;        /* the text before the front, in units of `kind` bytes; NULL up to maxchar 255 */
    Py_ssize_t wide_len, wide_room;  /* in units */
    int kind;              /* 2 or 4 */
    char first[BUFFER_FIRST];
} Buffer;

static inline void
buffer_init(Buffer *b)
{
    b->data = b->first;
    b->len = 0;
    b->room = BUFFER_FIRST;
    b->str = NULL;
    b->maxchar = 127;
    b->wide = NULL;
    b->wide_len = b->wide_room = 0;
    b->kind = 1;
}

static inline void
buffer_free(Buffer *b)
{
    Py_CLEAR(b->str);
    Py_CLEAR(b->wide);
}

/* COUNT one-byte characters into wider units: the loop is one that compilers turn into vectors. */
#define WIDEN_BLOCK(to, from, count) \
    for (int block_i = 0; block_i < (count); block_i++) { \
        (to)[block_i] = (from)[block_i]; \
    }

/* Blocks of 16, the last of which may overlap the one before; of 8 where there are fewer. */
#define DEFINE_WIDEN(name, unit) \
    static inline void \
    name(unit *restrict to, const Py_UCS1 *restrict from, Py_ssize_t n) \
    { \
        if (n < 8) { \
            for (Py_ssize_t i = 0; i < n; i++) { \
                to[i] = from[i]; \
            } \
        } \
        else if (n < 16) { \
            WIDEN_BLOCK(to, from, 8); \
            WIDEN_BLOCK(to + n - 8, from + n - 8, 8); \
        } \
        else { \
            for (Py_ssize_t i = 0; i < n - 16; i += 16) { \
                WIDEN_BLOCK(to + i, from + i, 16); \
            } \
            WIDEN_BLOCK(to + n - 16, from + n - 16, 16); \
        } \
    }
DEFINE_WIDEN(widen_to_2, Py_UCS2)
DEFINE_WIDEN(widen_to_4, Py_UCS4)

/* `n` units from one width to another that is not less. They do not overlap. */
static inline void
copy_units(void *to, int to_kind, const void *from, int from_kind, Py_ssize_t n)
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
        widen_to_2(to, from, n);
    }
    else {
        widen_to_4(to, from, n);
    }
}

/* Room for `more` and then some: twice the size while it is small, later a quarter more. -1 if that is
 * too much. */
static inline Py_ssize_t
larger_room(Py_ssize_t len, Py_ssize_t more)
{
    if (more > PY_SSIZE_T_MAX / 8 - len) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t room = len + more;
    return room + (room < 32768 ? room : room / 4);
}

/* --- The wide str -------------------------------------------------------------- */

/* The end of the wide str, with room for `more` units; NULL without memory. */
static inline void *
wide_reserve(Buffer *b, Py_ssize_t more)
{
    if (b->wide_room - b->wide_len < more) {
        Py_ssize_t room = larger_room(b->wide_len, more);
        if (room < 0 || PyUnicode_Resize(&b->wide, room) < 0) {
            return NULL;
        }
        b->wide_room = room;
    }
    return (char *)PyUnicode_DATA(b->wide) + b->wide_len * b->kind;
}

/* Units that are not wider than those of the wide str, behind them. */
Py_NO_INLINE static int
wide_put_units(Buffer *b, const void *units, int kind, Py_ssize_t n)
{
    void *to = wide_reserve(b, n);
    if (to == NULL) {
        return -1;
    }
    copy_units(to, b->kind, units, kind, n);
    b->wide_len += n;
    return 0;
}

/* The front goes into the wide str. */
static inline int
buffer_flush(Buffer *b)
{
    if (wide_put_units(b, b->data, 1, b->len) < 0) {
        return -1;
    }
    b->len = 0;
    return 0;
}

/* --- The front ------------------------------------------------------------------- */

/* The front becomes a new str of `room` characters up to maxchar. */
static inline int
buffer_move(Buffer *b, Py_ssize_t room, Py_UCS4 maxchar)
{
    PyObject *str = PyUnicode_New(room, maxchar);
    if (str == NULL) {
        return -1;
    }
    memcpy(PyUnicode_DATA(str), b->data, (size_t)b->len);
    Py_XSETREF(b->str, str);
    b->data = PyUnicode_DATA(str);
    b->room = room;
    return 0;
}

Py_NO_INLINE static int
buffer_grow(Buffer *b, Py_ssize_t more)
{
    if (b->wide != NULL) {
        if (buffer_flush(b) < 0) {
            return -1;
        }
        if (more <= b->room) {
            return 0;
        }
    }
    Py_ssize_t room = larger_room(b->len, more);
    if (room < 0) {
        return -1;
    }
    if (b->str == NULL || b->wide != NULL) {
        return buffer_move(b, room, b->maxchar > 127 ? 255 : 127);
    }
    if (PyUnicode_Resize(&b->str, room) < 0) {
        return -1;
    }
    b->data = PyUnicode_DATA(b->str);
    b->room = room;
    return 0;
}

/* Room for `more` characters in the front. */
static inline int
buffer_reserve(Buffer *b, Py_ssize_t more)
{
    return b->room - b->len < more ? buffer_grow(b, more) : 0;
}

/* A character up to maxchar comes, and it exceeds those before. */
Py_NO_INLINE static int
buffer_widen(Buffer *b, Py_UCS4 maxchar)
{
    if (maxchar <= 255) {
        if (b->str != NULL && buffer_move(b, b->room, maxchar) < 0) {
            return -1;
        }
        b->maxchar = maxchar;
        return 0;
    }
    Py_ssize_t room = b->wide == NULL ? b->room : b->wide_room;
    PyObject *wide = PyUnicode_New(room, maxchar);
    if (wide == NULL) {
        return -1;
    }
    int kind = (int)PyUnicode_KIND(wide);
    if (b->wide != NULL) {
        copy_units(PyUnicode_DATA(wide), kind, PyUnicode_DATA(b->wide), b->kind, b->wide_len);
        Py_DECREF(b->wide);
    }
    b->wide = wide;
    b->wide_room = room;
    b->kind = kind;
    b->maxchar = maxchar;
    if (b->wide_len > 0) {
        return 0;
    }
    if (buffer_flush(b) < 0) {
        return -1;
    }
    /* From here on a small front is enough, which stays in the cache. */
    Py_CLEAR(b->str);
    b->data = b->first;
    b->room = BUFFER_FIRST;
    return 0;
}

/* The str, which is the caller's then. */
static inline PyObject *
buffer_finish(Buffer *b)
{
    if (b->wide == NULL && b->str == NULL) {
        return PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, b->data, b->len);
    }
    PyObject **text = b->wide == NULL ? &b->str : &b->wide;
    if (b->wide != NULL && buffer_flush(b) < 0) {
        buffer_free(b);
        return NULL;
    }
    if (PyUnicode_Resize(text, b->wide == NULL ? b->len : b->wide_len) < 0) {
        buffer_free(b);
        return NULL;
    }
    PyObject *str = *text;
    *text = NULL;
    buffer_free(b);
    return str;
}

/* --- Text --------------------------------------------------------- */

/* Characters that are copied at a time where those beyond the text may be written, too. */
#define BLOCK 8

static inline int
buffer_put_ascii(Buffer *b, const char *text, Py_ssize_t n)
{
    if (buffer_reserve(b, n) < 0) {
        return -1;
    }
    memcpy(b->data + b->len, text, (size_t)n);
    b->len += n;
    return 0;
}

/* Up to BLOCK characters, from where BLOCK can be read. */
static inline int
buffer_put_block(Buffer *b, const char *text, Py_ssize_t n)
{
    if (buffer_reserve(b, BLOCK) < 0) {
        return -1;
    }
    memcpy(b->data + b->len, text, BLOCK);
    b->len += n;
    return 0;
}

static inline int
buffer_put_char(Buffer *b, char c)
{
    if (buffer_reserve(b, 1) < 0) {
        return -1;
    }
    b->data[b->len++] = c;
    return 0;
}

/* Before the characters of the str are written. */
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
    Py_ssize_t len = PyUnicode_GET_LENGTH(str);
    int kind = (int)PyUnicode_KIND(str);
    if (kind == 1) {
        return buffer_put_ascii(b, PyUnicode_DATA(str), len);
    }
    return buffer_flush(b) < 0 ? -1 : wide_put_units(b, PyUnicode_DATA(str), kind, len);
}

/* --- Strings ------------------------------------------------------------------ */

/* Characters of a string that are escaped at a time where the wide str has wider units. */
#define BUFFER_PIECE 128

/* A string of 2-byte units where those of the wide str have 4: by way of the stack, piece by piece, each
 * but the last without its closing quote, each but the first without the opening one. */
Py_NO_INLINE static int
wide_put_pieces(Buffer *b, PyObject *str)
{
    const Py_UCS2 *src = PyUnicode_2BYTE_DATA(str);
    Py_ssize_t len = PyUnicode_GET_LENGTH(str);
    Py_UCS2 escaped[6 * BUFFER_PIECE + 2];
    Py_ssize_t done = 0;
    do {
        Py_ssize_t piece = Py_MIN(len - done, BUFFER_PIECE);
        Py_ssize_t size = (Py_ssize_t)escape_json_ucs2_into(src + done, (size_t)piece, escaped,
                                                            6 * BUFFER_PIECE + 2);
        bool first = done == 0;
        done += piece;
        if (wide_put_units(b, escaped + !first, 2, size - !first - (done < len)) < 0) {
            return -1;
        }
    } while (done < len);
    return 0;
}

Py_NO_INLINE static int
wide_put_string(Buffer *b, PyObject *str)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(str) + 2, room;
    do {
        void *to = wide_reserve(b, size);
        if (to == NULL) {
            return -1;
        }
        room = b->wide_room - b->wide_len;
        size = webstr_escape(str, false, to, room);
        if (size < 0) {
            return -1;
        }
    } while (size > room);
    b->wide_len += size;
    return 0;
}

/* webstr_escape(), with a shorter way for ASCII, which most strings are. */
static inline Py_ssize_t
escape_into_front(Buffer *b, PyObject *str, bool ascii, Py_ssize_t room)
{
    char *to = b->data + b->len;
    size_t size = 0, len = (size_t)PyUnicode_GET_LENGTH(str);
    if (PyUnicode_IS_ASCII(str)) {
        size = ascii ? escape_json_ascii_ucs1_into(PyUnicode_DATA(str), len, to, (size_t)room)
                     : escape_json_ucs1_into(PyUnicode_DATA(str), len, to, (size_t)room);
    }
    return size != 0 ? (Py_ssize_t)size : webstr_escape(str, ascii, to, room);
}

/* The str as a JSON string. */
static inline int
buffer_put_string(Buffer *b, PyObject *str, bool ascii)
{
    if (!ascii && buffer_make_wide(b, str) < 0) {
        return -1;
    }
    if (webstr_kind(str, ascii) != 1) {
        return buffer_flush(b) < 0 ? -1
               : (int)PyUnicode_KIND(str) == b->kind ? wide_put_string(b, str) : wide_put_pieces(b, str);
    }
    Py_ssize_t size = PyUnicode_GET_LENGTH(str) + 2, room;
    do {
        if (buffer_reserve(b, size) < 0) {
            return -1;
        }
        room = b->room - b->len;
        size = escape_into_front(b, str, ascii, room);
        if (size < 0) {
            return -1;
        }
    } while (size > room);
    b->len += size;
    return 0;
}

#endif  /* JSON_BUFFER_H */
