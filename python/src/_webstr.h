/* What the JSON part gives to the module (_webstr.c). */
#ifndef WEBSTR_MODULE_H
#define WEBSTR_MODULE_H

#include "compat.h"

#include "webstr_str.h"

#ifdef __GNUC__
#  pragma GCC visibility push(hidden)
#endif

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
