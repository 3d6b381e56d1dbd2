/* A new str with the escapes of a JSON string, by webstr.
 *
 * webstr_encode() is what CPython's _json.c (through webstr_json.h) and the
 * Python package share.
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

/* A result of at most this many bytes is made on the stack, where there is
 * room for escapes, and copied from there into a str of its length. */
#define WEBSTR_BUFFER 1024

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

static inline PyObject *
webstr_encode(PyObject *pystr, bool ascii)
{
    if (webstr_ready(pystr) < 0) {
        return NULL;
    }
    Py_UCS4 maxchar = webstr_maxchar(pystr, ascii);
    int kind = webstr_kind(pystr, ascii);
    Py_UCS4 buffer[WEBSTR_BUFFER / sizeof(Py_UCS4)];
    Py_ssize_t room = WEBSTR_BUFFER / kind;
    /* Most strings are clean. */
    Py_ssize_t size = PyUnicode_GET_LENGTH(pystr) + 2;
    if (size <= room) {
        size = webstr_escape(pystr, ascii, buffer, room);
    }
    bool on_stack = size <= room;
    while (size >= 0) {
        PyObject *rval = PyUnicode_New(size, maxchar);
        if (rval == NULL) {
            return NULL;
        }
        if (on_stack) {
            memcpy(PyUnicode_DATA(rval), buffer, (size_t)(size * kind));
            return rval;
        }
        Py_ssize_t needed = webstr_escape(pystr, ascii, PyUnicode_DATA(rval), size);
        if (needed == size) {
            return rval;
        }
        Py_DECREF(rval);
        size = needed;
    }
    return NULL;
}

#endif  /* WEBSTR_STR_H */
