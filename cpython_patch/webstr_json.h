/* The glue between CPython's Modules/_json.c and webstr.
 *
 * _json.c includes this file in place of its own escaping functions when the
 * Makefile found the library (HAVE_WEBSTR). It defines, for every series:
 *
 *   escape_unicode(), ascii_escape_unicode()         a new escaped str
 *   write_escaped_unicode(), write_escaped_ascii()   into the encoder's writer
 *
 * with the arguments, results and exceptions of the functions replaced. 3.15
 * has all four; earlier series have the first two, and their encoder copies
 * the str into its writer.
 *
 * The writer's buffer is filled in place, with all the room that it has: most
 * often there is enough for the escapes, too. Why that is safe is said in
 * webstr_str.h.
 */

#ifndef WEBSTR_JSON_H
#define WEBSTR_JSON_H

#include "Python.h"
#include "webstr_str.h"

#if PY_VERSION_HEX >= 0x030E0000
typedef PyUnicodeWriter webstr_writer;
#else
typedef _PyUnicodeWriter webstr_writer;
#endif

/* --- Into a writer, without a str in between ------------------------------ */

/* A writer that holds wider characters already. */
Py_NO_INLINE static int
webstr_write_widened(_PyUnicodeWriter *writer, PyObject *pystr, bool ascii)
{
    Py_ssize_t size = webstr_escape(pystr, ascii, NULL, 0);
    if (size < 0) {
        return -1;
    }
    if (size == PyUnicode_GET_LENGTH(pystr) + 2) {
        /* Not PyUnicodeWriter_WriteStr(), which calls str() on subclasses. */
        if (_PyUnicodeWriter_WriteChar(writer, '"') < 0
            || _PyUnicodeWriter_WriteStr(writer, pystr) < 0)
        {
            return -1;
        }
        return _PyUnicodeWriter_WriteChar(writer, '"');
    }
    PyObject *escaped = webstr_encode(pystr, ascii);
    if (escaped == NULL) {
        return -1;
    }
    int rv = _PyUnicodeWriter_WriteStr(writer, escaped);
    Py_DECREF(escaped);
    return rv;
}

static inline int
webstr_write(webstr_writer *public_writer, PyObject *pystr, bool ascii)
{
    _PyUnicodeWriter *writer = (_PyUnicodeWriter *)public_writer;

    if (webstr_ready(pystr) < 0) {
        return -1;
    }
    /* Widens the writer if the string is wider than all before. */
    Py_UCS4 maxchar = webstr_maxchar(pystr, ascii);
    int kind = webstr_kind(pystr, ascii);
    Py_ssize_t size = PyUnicode_GET_LENGTH(pystr) + 2, room;
    do {
        if (_PyUnicodeWriter_Prepare(writer, size, maxchar) < 0) {
            return -1;
        }
        if ((int)writer->kind != kind) {
            return webstr_write_widened(writer, pystr, ascii);
        }
        room = writer->size - writer->pos;
        size = webstr_escape(pystr, ascii, (char *)writer->data + writer->pos * kind, room);
        if (size < 0) {
            return -1;
        }
    } while (size > room);
    writer->pos += size;
    return 0;
}

/* --- What _json.c calls -------------------------------------------------- */

static PyObject *
escape_unicode(PyObject *pystr)
{
    return webstr_encode(pystr, false);
}

static PyObject *
ascii_escape_unicode(PyObject *pystr)
{
    return webstr_encode(pystr, true);
}

static int
write_escaped_unicode(webstr_writer *writer, PyObject *pystr)
{
    return webstr_write(writer, pystr, false);
}

static int
write_escaped_ascii(webstr_writer *writer, PyObject *pystr)
{
    return webstr_write(writer, pystr, true);
}

/* 3.11 collects many small str in a _PyAccu and joins them in the end. A
 * writer in its place, as later series have it, needs no str to collect. */
#if PY_VERSION_HEX < 0x030C0000

static inline int
webstr_accu_init(_PyUnicodeWriter *writer)
{
    _PyUnicodeWriter_Init(writer);
    writer->overallocate = 1;
    return 0;
}

static inline PyObject *
webstr_accu_finish(_PyUnicodeWriter *writer)
{
    PyObject *joined = _PyUnicodeWriter_Finish(writer);
    if (joined == NULL) {
        return NULL;
    }
    PyObject *list = PyList_New(1);
    if (list == NULL) {
        Py_DECREF(joined);
        return NULL;
    }
    PyList_SET_ITEM(list, 0, joined);
    return list;
}

#define _PyAccu _PyUnicodeWriter
#define _PyAccu_Init webstr_accu_init
#define _PyAccu_Accumulate _PyUnicodeWriter_WriteStr
#define _PyAccu_FinishAsList webstr_accu_finish
#define _PyAccu_Destroy _PyUnicodeWriter_Dealloc

#endif  /* PY_VERSION_HEX < 0x030C0000 */

#endif  /* WEBSTR_JSON_H */
