/* The glue between CPython's Modules/_json.c and webstr.
 *
 * _json.c includes this file behind its own escaping functions when the
 * Makefile found the library (HAVE_WEBSTR). It defines, for every series:
 *
 *   webstr_escape_unicode(), webstr_ascii_escape_unicode()
 *       in the place of escape_unicode() and ascii_escape_unicode(), which
 *       still escape the strings that are too short for a gain
 *   write_escaped_unicode(), write_escaped_ascii()
 *       into the encoder's writer; 3.15 has functions of these names
 *
 * with the arguments, results and exceptions of the functions replaced. Why
 * it is safe to fill a buffer in place is said in webstr_str.h.
 */

#ifndef WEBSTR_JSON_H
#define WEBSTR_JSON_H

#include "Python.h"
#include "webstr_str.h"

/* --- A new str ------------------------------------------------------------ */

/* Up to here json's own functions are no slower: for any string, and for one
 * of 4-byte characters in the ASCII form. */
#define WEBSTR_SHORT 5
#define WEBSTR_SHORT_UCS4_TO_ASCII 32

/* Not inlined, so that short strings are left to json's functions at no cost. */
Py_NO_INLINE static PyObject *
webstr_new_str(PyObject *pystr, bool ascii)
{
    return webstr_encode(pystr, ascii);
}

static PyObject *
webstr_escape_unicode(PyObject *pystr)
{
    if (webstr_ready(pystr) < 0) {
        return NULL;
    }
    return PyUnicode_GET_LENGTH(pystr) <= WEBSTR_SHORT
        ? escape_unicode(pystr) : webstr_new_str(pystr, false);
}

static PyObject *
webstr_ascii_escape_unicode(PyObject *pystr)
{
    if (webstr_ready(pystr) < 0) {
        return NULL;
    }
    Py_ssize_t len = PyUnicode_GET_LENGTH(pystr);
    return len <= WEBSTR_SHORT
           || (len <= WEBSTR_SHORT_UCS4_TO_ASCII && PyUnicode_KIND(pystr) == PyUnicode_4BYTE_KIND)
        ? ascii_escape_unicode(pystr) : webstr_new_str(pystr, true);
}

/* What _json.c calls from here on. */
#define escape_unicode webstr_escape_unicode
#define ascii_escape_unicode webstr_ascii_escape_unicode

/* --- Into the encoder's writer -------------------------------------------- */

#if PY_VERSION_HEX < 0x030E0000
typedef _PyUnicodeWriter webstr_writer;
#  define PyUnicodeWriter_WriteASCII _PyUnicodeWriter_WriteASCIIString
#  define PyUnicodeWriter_WriteStr _PyUnicodeWriter_WriteStr
#else
typedef PyUnicodeWriter webstr_writer;
#endif

/* A writer that holds wider characters already. */
Py_NO_INLINE static int
webstr_write_widened(webstr_writer *writer, PyObject *pystr, bool ascii)
{
    if (ascii || PyUnicode_IS_ASCII(pystr)) {
        char buffer[WEBSTR_BUFFER];
        Py_ssize_t size = webstr_escape(pystr, ascii, buffer, WEBSTR_BUFFER);
        if (size <= WEBSTR_BUFFER) {
            return size < 0 ? -1 : PyUnicodeWriter_WriteASCII(writer, buffer, size);
        }
    }
    PyObject *escaped = webstr_new_str(pystr, ascii);
    if (escaped == NULL) {
        return -1;
    }
    int rv = PyUnicodeWriter_WriteStr(writer, escaped);
    Py_DECREF(escaped);
    return rv;
}

/* The writer's buffer is filled in place, with all the room that it has: most
 * often there is enough for the escapes, too. */
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
            return webstr_write_widened(public_writer, pystr, ascii);
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

#endif  /* WEBSTR_JSON_H */
