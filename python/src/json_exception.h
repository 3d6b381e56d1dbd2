/* An exception that is set: put aside for a while, and with notes. */
#ifndef JSON_EXCEPTION_H
#define JSON_EXCEPTION_H

#include "compat.h"

/* The exception that is set, for the time of calls that need none to be. */
typedef struct {
#if PY_VERSION_HEX < 0x030C0000
    PyObject *type, *traceback;
#endif
    PyObject *value;
} Raised;

static inline void
raised_save(Raised *raised)
{
#if PY_VERSION_HEX < 0x030C0000
    PyErr_Fetch(&raised->type, &raised->value, &raised->traceback);
#else
    raised->value = PyErr_GetRaisedException();
#endif
}

static inline void
raised_restore(Raised *raised)
{
#if PY_VERSION_HEX < 0x030C0000
    PyErr_Restore(raised->type, raised->value, raised->traceback);
#else
    PyErr_SetRaisedException(raised->value);
#endif
}

/* From 3.14 on an exception gets notes that say where in the document it was raised. */
#if PY_VERSION_HEX >= 0x030E0000
/* BaseException.add_note(), which a call of would raise another RecursionError where one is raised. */
static int
append_note(PyObject *raised, PyObject *note)
{
    /* Interned, as the cache of attributes keeps each name that it has not seen. */
    PyObject *name = PyUnicode_InternFromString("__notes__"), *notes = NULL;
    if (name == NULL || PyObject_GetOptionalAttr(raised, name, &notes) < 0) {
        Py_XDECREF(name);
        return -1;
    }
    int rv = -1;
    if (notes == NULL) {
        notes = PyList_New(0);
        rv = notes == NULL ? -1 : PyObject_SetAttr(raised, name, notes);
    }
    else if (PyList_Check(notes)) {
        rv = 0;
    }
    else {
        PyErr_SetString(PyExc_TypeError, "Cannot add note: __notes__ is not a list");
    }
    if (rv == 0) {
        rv = PyList_Append(notes, note);
    }
    Py_DECREF(name);
    Py_XDECREF(notes);
    return rv;
}

/* Takes over both. An exception in making the note has the one that it was for as its context. */
static void
add_note(PyObject *raised, PyObject *note)
{
    if (note != NULL && append_note(raised, note) == 0) {
        PyErr_SetRaisedException(raised);
    }
    else {
        PyObject *other = PyErr_GetRaisedException();
        PyException_SetContext(other, raised);
        PyErr_SetRaisedException(other);
    }
    Py_XDECREF(note);
}

#  define ADD_NOTE(...) \
    do { \
        PyObject *raised = PyErr_GetRaisedException(); \
        add_note(raised, PyUnicode_FromFormat(__VA_ARGS__)); \
    } while (0)
#else
#  define ADD_NOTE(...) ((void)0)
#endif

#endif  /* JSON_EXCEPTION_H */
