/* The glue between CPython's Modules/_json.c and webstr.
 *
 * _json.c includes this file in place of its own escaping functions when the
 * Makefile found the library (HAVE_WEBSTR). Names, arguments and exceptions
 * are those of the functions replaced, so no caller changes. One header
 * serves every series: 3.15 has the four functions below as they are; earlier
 * series have only escape_unicode() and ascii_escape_unicode(), built on them.
 *
 * Why it is safe:
 * - a str never changes, and its buffer holds exactly `input_chars` units of
 *   the width that `kind` names; webstr reads no byte outside of them;
 * - the new str has room for `output_size` units, which is what webstr said
 *   that it will write; PyUnicode_New() has put the closing NUL behind them;
 * - webstr keeps no state, takes no lock and calls nothing back, so neither
 *   the GIL, nor free threading, nor subinterpreters make a difference.
 */

#ifndef WEBSTR_JSON_H
#define WEBSTR_JSON_H

#include "Python.h"
#include "webstr.h"

/* webstr answers 0 for a size above PTRDIFF_MAX; _json answers -1. */
static inline Py_ssize_t
webstr_checked_size(size_t size)
{
    Py_BUILD_ASSERT(PTRDIFF_MAX == PY_SSIZE_T_MAX);
    if (size == 0) {
        PyErr_SetString(PyExc_OverflowError, "string is too long to escape");
        return -1;
    }
    return (Py_ssize_t)size;
}

/* The length of the escaped str, quotes included; -1 with an exception set
 * when no str can be that long. */
static inline Py_ssize_t
escape_size(const void *input, int kind, Py_ssize_t input_chars)
{
    size_t len = (size_t)input_chars;

    switch (kind) {
    case PyUnicode_1BYTE_KIND:
        return webstr_checked_size(escape_json_ucs1_size(input, len));
    case PyUnicode_2BYTE_KIND:
        return webstr_checked_size(escape_json_ucs2_size(input, len));
    default:
        assert(kind == PyUnicode_4BYTE_KIND);
        return webstr_checked_size(escape_json_ucs4_size(input, len));
    }
}

/* The same for the form that escapes everything beyond ASCII. */
static inline Py_ssize_t
ascii_escape_size(const void *input, int kind, Py_ssize_t input_chars)
{
    size_t len = (size_t)input_chars;

    switch (kind) {
    case PyUnicode_1BYTE_KIND:
        return webstr_checked_size(escape_json_ascii_ucs1_size(input, len));
    case PyUnicode_2BYTE_KIND:
        return webstr_checked_size(escape_json_ascii_ucs2_size(input, len));
    default:
        assert(kind == PyUnicode_4BYTE_KIND);
        return webstr_checked_size(escape_json_ascii_ucs4_size(input, len));
    }
}

/* The escaped str. Escapes are ASCII and all else is kept, so the input's
 * `maxchar` is the output's: the width stays, and ASCII stays ASCII. */
static inline PyObject *
escape_unicode_and_size(const void *input, int kind, Py_UCS4 maxchar,
                        Py_ssize_t input_chars, Py_ssize_t output_size)
{
    size_t len = (size_t)input_chars;
    PyObject *rval = PyUnicode_New(output_size, maxchar);
    if (rval == NULL) {
        return NULL;
    }
    assert((int)PyUnicode_KIND(rval) == kind);

    switch (kind) {
    case PyUnicode_1BYTE_KIND:
        escape_json_ucs1(input, len, PyUnicode_DATA(rval));
        break;
    case PyUnicode_2BYTE_KIND:
        escape_json_ucs2(input, len, PyUnicode_DATA(rval));
        break;
    default:
        escape_json_ucs4(input, len, PyUnicode_DATA(rval));
    }
#ifdef Py_DEBUG
    assert(_PyUnicode_CheckConsistency(rval, 1));
#endif
    return rval;
}

/* The same for the ASCII form: one byte a character, whatever the input. */
static inline PyObject *
ascii_escape_unicode_and_size(const void *input, int kind,
                              Py_ssize_t input_chars, Py_ssize_t output_size)
{
    size_t len = (size_t)input_chars;
    PyObject *rval = PyUnicode_New(output_size, 127);
    if (rval == NULL) {
        return NULL;
    }

    switch (kind) {
    case PyUnicode_1BYTE_KIND:
        escape_json_ascii_ucs1(input, len, PyUnicode_DATA(rval));
        break;
    case PyUnicode_2BYTE_KIND:
        escape_json_ascii_ucs2(input, len, PyUnicode_DATA(rval));
        break;
    default:
        escape_json_ascii_ucs4(input, len, PyUnicode_DATA(rval));
    }
#ifdef Py_DEBUG
    assert(_PyUnicode_CheckConsistency(rval, 1));
#endif
    return rval;
}

#if PY_VERSION_HEX < 0x030F0000

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

/* Take a str and return a new escaped str. */
static inline PyObject *
escape_unicode(PyObject *pystr)
{
    if (webstr_ready(pystr) == -1) {
        return NULL;
    }

    Py_ssize_t input_chars = PyUnicode_GET_LENGTH(pystr);
    const void *input = PyUnicode_DATA(pystr);
    int kind = PyUnicode_KIND(pystr);

    Py_ssize_t output_size = escape_size(input, kind, input_chars);
    if (output_size < 0) {
        return NULL;
    }
    return escape_unicode_and_size(input, kind,
                                   PyUnicode_MAX_CHAR_VALUE(pystr),
                                   input_chars, output_size);
}

/* Take a str and return a new ASCII-only escaped str. */
static inline PyObject *
ascii_escape_unicode(PyObject *pystr)
{
    if (webstr_ready(pystr) == -1) {
        return NULL;
    }

    Py_ssize_t input_chars = PyUnicode_GET_LENGTH(pystr);
    const void *input = PyUnicode_DATA(pystr);
    int kind = PyUnicode_KIND(pystr);

    Py_ssize_t output_size = ascii_escape_size(input, kind, input_chars);
    if (output_size < 0) {
        return NULL;
    }
    return ascii_escape_unicode_and_size(input, kind, input_chars,
                                         output_size);
}

#endif  /* PY_VERSION_HEX < 0x030F0000 */

#endif  /* WEBSTR_JSON_H */
