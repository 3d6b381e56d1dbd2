/* One str as a JSON string: escape_json(), and the two functions that json.encoder gets. */
#include "_webstr.h"

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
    {"encode_basestring", encode_basestring, METH_O, NULL},
    {"encode_basestring_ascii", encode_basestring_ascii, METH_O, NULL},
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

