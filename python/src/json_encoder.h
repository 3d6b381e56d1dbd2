/* The encoder object, between its type (json_encoder.c) and the writer of texts (json_writer.c). */
#ifndef JSON_ENCODER_H
#define JSON_ENCODER_H

#include "compat.h"

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *markers;
    PyObject *defaultfn;
    PyObject *encoder;
    PyObject *indent;
    PyObject *key_separator;
    PyObject *item_separator;
    /* The name "items", and OrderedDict's method; of the capsule. */
    PyObject *items;
    const PyMethodDef *ordered_items;
    char sort_keys;
    char skipkeys;
    char allow_nan;
    char ascii;
    char early_line;
} Encoder;

#ifdef __GNUC__
#  pragma GCC visibility push(hidden)
#endif

/* json_writer.c: the JSON text of the object, a new str; NULL with an exception. */
PyObject *
webstr_json_text(Encoder *encoder, PyObject *object);

#ifdef __GNUC__
#  pragma GCC visibility pop
#endif

#endif  /* JSON_ENCODER_H */
