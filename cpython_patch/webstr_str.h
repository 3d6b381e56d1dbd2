/* A new str with the escapes of a JSON string, by webstr.
 *
 * webstr_encode() is what CPython's _json.c (through webstr_json.h) and the
 * Python package share. The file that includes this one provides
 * ascii_escape_unichar(), as _json.c does.
 *
 * Most strings are clean, so a new str of two characters more is filled while
 * the string is read: one pass. Where it does not suffice, that pass has
 * counted what does.
 *
 * Why it is safe:
 * - a str never changes, and its buffer holds exactly as many units as its
 *   length, of the width that its kind names; webstr reads nothing else;
 * - webstr knows the room of each destination and writes nothing beyond it;
 * - webstr keeps no state, takes no lock and calls nothing back, so neither
 *   the GIL, nor free threading, nor subinterpreters make a difference.
 */

#ifndef WEBSTR_STR_H
#define WEBSTR_STR_H

#include "Python.h"

#if defined(PYPY_VERSION) || defined(GRAALVM_PYTHON)
#  error "webstr needs CPython, whose str it reads and fills in place; elsewhere, call the C library through ctypes"
#endif

#include "webstr.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* --- Sizes --------------------------------------------------------------- */

/* Up to this many characters, clean ASCII is copied here: most strings of real
 * documents are of that kind, and a call of the library costs more. */
#define WEBSTR_TINY 16

/* Up to this many characters, any others are escaped for ASCII one by one, by
 * _json.c's own function. */
#define WEBSTR_FEW 8

/* A result that is likely to be longer than its string is made on the stack,
 * if it has at most this many bytes. */
#define WEBSTR_BUFFER 1024

/* --- The library, for any str -------------------------------------------- */

/* `ascii` is a constant in every caller, here and below. */

/* Escapes are ASCII and all else is kept, so without `ascii` the widest
 * character, and with it the kind, of the output are the input's. */
static inline Py_UCS4
webstr_maxchar(PyObject *pystr, bool ascii)
{
    return ascii ? 127 : PyUnicode_MAX_CHAR_VALUE(pystr);
}

static inline int
webstr_kind(PyObject *pystr, bool ascii)
{
    return ascii ? (int)PyUnicode_1BYTE_KIND : (int)PyUnicode_KIND(pystr);
}

/* Only before 3.12 can a str still lack its final form. */
static inline int
webstr_ready(PyObject *pystr)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyUnicode_READY(pystr);
#else
    (void)pystr;
    return 0;
#endif
}

/* Write the escaped str to `output`, which has room for `room` units of
 * webstr_kind(), if that is enough. Return its length, quotes included; -1 with
 * an exception set if no str can be that long. */
static inline Py_ssize_t
webstr_escape(PyObject *pystr, bool ascii, void *output, Py_ssize_t room)
{
    const void *input = PyUnicode_DATA(pystr);
    size_t len = (size_t)PyUnicode_GET_LENGTH(pystr), cap = (size_t)room, size;

    switch (PyUnicode_KIND(pystr)) {
    case PyUnicode_1BYTE_KIND:
        size = ascii ? escape_json_ascii_ucs1_into(input, len, output, cap)
                     : escape_json_ucs1_into(input, len, output, cap);
        break;
    case PyUnicode_2BYTE_KIND:
        size = ascii ? escape_json_ascii_ucs2_into(input, len, output, cap)
                     : escape_json_ucs2_into(input, len, output, cap);
        break;
    default:
        size = ascii ? escape_json_ascii_ucs4_into(input, len, output, cap)
                     : escape_json_ucs4_into(input, len, output, cap);
    }

    /* webstr answers 0 for a size above PTRDIFF_MAX. */
    Py_BUILD_ASSERT(PTRDIFF_MAX == PY_SSIZE_T_MAX);
    if (size == 0) {
        PyErr_SetString(PyExc_OverflowError, "string is too long to escape");
        return -1;
    }
    return (Py_ssize_t)size;
}

/* --- Clean ASCII of up to WEBSTR_TINY characters, here -------------------- */

/* Whether none of 8 ASCII bytes has to be escaped. Each term sets the high bit
 * of a byte if it is: (c ^ 2) < 33, a control character or the quote; the
 * backslash; for `ascii`, 0x7f. A borrow or a carry leaves only bytes that
 * have been found by then. */
static inline bool
webstr_word_is_clean(uint64_t word, bool ascii)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t found = ((word ^ (ones * 2)) - ones * 33)
                     | ((word ^ (ones * '\\')) - ones);
    if (ascii) {
        found |= word + ones;
    }
    return (found & (ones * 0x80)) == 0;
}

/* Both ends of the string, which overlap where they have to. */
static inline bool
webstr_tiny_is_clean(const unsigned char *input, Py_ssize_t len, bool ascii)
{
    if (len >= 8) {
        uint64_t head, tail;
        memcpy(&head, input, 8);
        memcpy(&tail, input + len - 8, 8);
        return webstr_word_is_clean(head, ascii)
               && webstr_word_is_clean(tail, ascii);
    }
    uint64_t word = UINT64_C(0x6161616161616161);
    if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, input, 4);
        memcpy(&tail, input + len - 4, 4);
        word = (uint64_t)tail << 32 | head;
    }
    else if (len > 0) {
        word = word << 24 | (uint64_t)input[len - 1] << 16
               | (uint64_t)input[len / 2] << 8 | input[0];
    }
    return webstr_word_is_clean(word, ascii);
}

static inline void
webstr_copy_tiny(const unsigned char *input, Py_ssize_t len,
                 unsigned char *output)
{
    *output++ = '"';
    output[len] = '"';
    if (len >= 8) {
        memcpy(output, input, 8);
        memcpy(output + len - 8, input + len - 8, 8);
    }
    else if (len >= 4) {
        memcpy(output, input, 4);
        memcpy(output + len - 4, input + len - 4, 4);
    }
    else if (len > 0) {
        output[0] = input[0];
        output[len / 2] = input[len / 2];
        output[len - 1] = input[len - 1];
    }
}

/* --- A few characters, here ----------------------------------------------- */

static Py_ssize_t
ascii_escape_unichar(Py_UCS4 c, unsigned char *output, Py_ssize_t chars);

static inline Py_ssize_t
webstr_ascii_escape_few(PyObject *pystr, unsigned char *output)
{
    int kind = PyUnicode_KIND(pystr);
    const void *input = PyUnicode_DATA(pystr);
    Py_ssize_t len = PyUnicode_GET_LENGTH(pystr);
    Py_ssize_t chars = 0;

    output[chars++] = '"';
    for (Py_ssize_t i = 0; i < len; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, input, i);
        if (c >= ' ' && c <= '~' && c != '\\' && c != '"') {
            output[chars++] = (unsigned char)c;
        }
        else {
            chars = ascii_escape_unichar(c, output, chars);
        }
    }
    output[chars++] = '"';
    return chars;
}

/* --- A new str ------------------------------------------------------------ */

/* Of a string that is likely to be clean: into a new str of just that length. */
static inline PyObject *
webstr_encode_in_place(PyObject *pystr, bool ascii)
{
    Py_ssize_t room = PyUnicode_GET_LENGTH(pystr) + 2;
    PyObject *rval = PyUnicode_New(room, webstr_maxchar(pystr, ascii));
    if (rval == NULL) {
        return NULL;
    }
    Py_ssize_t size = webstr_escape(pystr, ascii, PyUnicode_DATA(rval), room);
    if (size != room) {
        if (size < 0 || PyUnicode_Resize(&rval, size) < 0) {
            Py_DECREF(rval);
            return NULL;
        }
        webstr_escape(pystr, ascii, PyUnicode_DATA(rval), size);
    }
    return rval;
}

/* Of one that is not: by way of the stack. Apart, as most strings are clean. The
 * result is ASCII: the string is, or `ascii` asks for it. */
Py_NO_INLINE static PyObject *
webstr_encode_on_stack(PyObject *pystr, bool ascii)
{
    unsigned char buffer[WEBSTR_BUFFER];
    Py_ssize_t size = ascii && PyUnicode_GET_LENGTH(pystr) <= WEBSTR_FEW
        ? webstr_ascii_escape_few(pystr, buffer)
        : webstr_escape(pystr, ascii, buffer, WEBSTR_BUFFER);
    PyObject *rval = size < 0 ? NULL : PyUnicode_New(size, 127);
    if (rval == NULL) {
        return NULL;
    }
    if (size <= WEBSTR_BUFFER) {
        memcpy(PyUnicode_DATA(rval), buffer, (size_t)size);
    }
    else {
        webstr_escape(pystr, ascii, PyUnicode_DATA(rval), size);
    }
    return rval;
}

static inline PyObject *
webstr_encode(PyObject *pystr, bool ascii)
{
    if (webstr_ready(pystr) < 0) {
        return NULL;
    }
    Py_ssize_t len = PyUnicode_GET_LENGTH(pystr);
    PyObject *rval;
    if (len <= WEBSTR_TINY && PyUnicode_IS_ASCII(pystr)) {
        if (!webstr_tiny_is_clean(PyUnicode_DATA(pystr), len, ascii)) {
            return webstr_encode_on_stack(pystr, ascii);
        }
        rval = PyUnicode_New(len + 2, 127);
        if (rval != NULL) {
            /* PyUnicode_DATA() of a new ASCII str. */
            webstr_copy_tiny(PyUnicode_DATA(pystr), len,
                             (unsigned char *)((PyASCIIObject *)rval + 1));
        }
    }
    else if (ascii && !PyUnicode_IS_ASCII(pystr)) {
        return webstr_encode_on_stack(pystr, ascii);
    }
    else {
        rval = webstr_encode_in_place(pystr, ascii);
    }
#ifdef Py_DEBUG
    assert(rval == NULL || _PyUnicode_CheckConsistency(rval, 1));
#endif
    return rval;
}

#endif  /* WEBSTR_STR_H */
