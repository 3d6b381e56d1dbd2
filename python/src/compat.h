/* Python.h, and what it lacks in some series of CPython. */
#ifndef WEBSTR_COMPAT_H
#define WEBSTR_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include "Python.h"

#include <stdbool.h>

#if PY_VERSION_HEX < 0x030B0000
#  include <longintrepr.h>
#  ifndef Py_NO_INLINE
#    ifdef __GNUC__
#      define Py_NO_INLINE __attribute__((noinline))
#    else
#      define Py_NO_INLINE
#    endif
#  endif
#endif

#if PY_VERSION_HEX < 0x030B0000
#  ifdef __GNUC__
#    define Py_ALWAYS_INLINE __attribute__((always_inline))
#  else
#    define Py_ALWAYS_INLINE
#  endif
#endif

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *
Py_NewRef(PyObject *object)
{
    Py_INCREF(object);
    return object;
}
#endif

#if PY_VERSION_HEX < 0x030D0000
#  define Py_BEGIN_CRITICAL_SECTION(object) {
#  define Py_END_CRITICAL_SECTION() }
#endif

/* frozendict */
#if PY_VERSION_HEX < 0x030F0000
#  define PyAnyDict_Check PyDict_Check
#  define PyAnyDict_CheckExact PyDict_CheckExact
#endif

/* Whether the int has one digit, in CPython's sense: most have. Of the API of CPython alone, as a call
 * of PyLong_AsLongLongAndOverflow() would take as long as all else for an int. */
static inline bool
is_small_int(PyObject *number, long long *value)
{
#if PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact((PyLongObject *)number)) {
        *value = PyUnstable_Long_CompactValue((PyLongObject *)number);
        return true;
    }
#else
    Py_ssize_t size = Py_SIZE(number);
    if (-1 <= size && size <= 1) {
        *value = size == 0 ? 0 : size * (long long)((PyLongObject *)number)->ob_digit[0];
        return true;
    }
#endif
    return false;
}

#endif  /* WEBSTR_COMPAT_H */
