/* One str as a JSON string: escape_json(), and the two functions that json.encoder gets. */
#include "_webstr.h"

/* Exported for _json, but not declared for others in every series. */
#ifdef Py_DEBUG
PyAPI_FUNC(int) _PyUnicode_CheckConsistency(PyObject *op, int check_content);
#endif

#include "webstr_str.h"

static inline Py_ssize_t
put_hex(Py_UCS4 c, unsigned char *output, Py_ssize_t chars)
{
    output[chars++] = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) {
        output[chars++] = (unsigned char)"0123456789abcdef"[c >> shift & 15];
    }
    return chars;
}

/* What webstr_str.h asks for: one character's escape in ASCII, as json.encoder makes it. */
static Py_ssize_t
ascii_escape_unichar(Py_UCS4 c, unsigned char *output, Py_ssize_t chars)
{
    output[chars++] = '\\';
    switch (c) {
    case '"':
    case '\\': output[chars++] = (unsigned char)c; return chars;
    case '\b': output[chars++] = 'b'; return chars;
    case '\f': output[chars++] = 'f'; return chars;
    case '\n': output[chars++] = 'n'; return chars;
    case '\r': output[chars++] = 'r'; return chars;
    case '\t': output[chars++] = 't'; return chars;
    }
    if (c > 0xffff) {
        chars = put_hex(Py_UNICODE_HIGH_SURROGATE(c), output, chars);
        c = Py_UNICODE_LOW_SURROGATE(c);
        output[chars++] = '\\';
    }
    return put_hex(c, output, chars);
}

static inline PyObject *
escape(PyObject *str, bool ascii)
{
    if (!PyUnicode_Check(str)) {
        /* As _json says it. */
        PyErr_Format(PyExc_TypeError, "first argument must be a string, not %.80s",
                     Py_TYPE(str)->tp_name);
        return NULL;
    }
    return webstr_encode(str, ascii);
}

static PyObject *
encode_basestring(PyObject *Py_UNUSED(self), PyObject *str)
{
    return escape(str, false);
}

static PyObject *
encode_basestring_ascii(PyObject *Py_UNUSED(self), PyObject *str)
{
    return escape(str, true);
}

PyMethodDef webstr_encode_basestring[2] = {
    {"encode_basestring", encode_basestring, METH_O,
     PyDoc_STR("webstr.escape_json(s) in json.encoder")},
    {"encode_basestring_ascii", encode_basestring_ascii, METH_O,
     PyDoc_STR("webstr.escape_json(s, ensure_ascii=True) in json.encoder")},
};

const char webstr_escape_json_doc[] = PyDoc_STR(
"escape_json($module, s, /, *, ensure_ascii=False)\n"
"--\n"
"\n"
"The JSON string of s, quotes included, as json.dumps(s) makes it.\n"
"\n"
"Raises TypeError unless s is a str, OverflowError if no str can be that long.\n"
"\n"
">>> print(escape_json('Café \"1\"\\n'))\n"
"\"Café \\\"1\\\"\\n\"\n"
">>> print(escape_json('Café \"1\"\\n', ensure_ascii=True))\n"
"\"Caf\\u00e9 \\\"1\\\"\\n\"\n");

PyObject *
webstr_escape_json(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs,
                   PyObject *kwnames)
{
    if (nargs != 1) {
        PyErr_Format(PyExc_TypeError, "escape_json() takes exactly 1 positional argument (%zd given)",
                     nargs);
        return NULL;
    }
    int ascii = 0;
    for (Py_ssize_t i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        if (PyUnicode_CompareWithASCIIString(name, "ensure_ascii") != 0) {
            PyErr_Format(PyExc_TypeError, "escape_json() got an unexpected keyword argument '%U'",
                         name);
            return NULL;
        }
        ascii = PyObject_IsTrue(args[nargs + i]);
        if (ascii < 0) {
            return NULL;
        }
    }
    return ascii ? escape(args[0], true) : escape(args[0], false);
}

