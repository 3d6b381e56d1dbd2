/* Declarations shared by the files of the module. */
#ifndef WEBSTR_MODULE_H
#define WEBSTR_MODULE_H

#define PY_SSIZE_T_CLEAN
#include "Python.h"

/* From 3.11 on it is Python.h's. */
#ifndef Py_NO_INLINE
#  ifdef __GNUC__
#    define Py_NO_INLINE __attribute__((noinline))
#  else
#    define Py_NO_INLINE
#  endif
#endif

#ifdef __GNUC__
#  pragma GCC visibility push(hidden)
#endif

/* Only before 3.12 can a str still lack its final form. */
static inline int
str_ready(PyObject *str)
{
#if PY_VERSION_HEX < 0x030C0000
    return PyUnicode_READY(str);
#else
    (void)str;
    return 0;
#endif
}

/* json_string.c */
extern const char webstr_escape_json_doc[];
PyObject *
webstr_escape_json(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* The functions of json.encoder that escape a str: the plain form, then the ASCII form. */
extern PyMethodDef webstr_encode_basestring[2];

/* json_encoder.c */
extern const char webstr_json_functions_doc[];
PyObject *
webstr_json_functions(PyObject *module, PyObject *args);

#ifdef __GNUC__
#  pragma GCC visibility pop
#endif

#endif  /* WEBSTR_MODULE_H */
