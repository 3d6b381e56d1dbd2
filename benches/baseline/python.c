/* Functions that the package is measured against, called from Python as its own are: one that
 * returns a constant, and the handshake with a plain hash. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

void baseline_accept(const void *key, void *value); /* accept.c */

static PyObject *
magic(PyObject *module, PyObject *Py_UNUSED(key))
{
    PyObject *value = *(PyObject **)PyModule_GetState(module);
    Py_INCREF(value);
    return value;
}

static PyObject *
scalar_accept(PyObject *Py_UNUSED(module), PyObject *key)
{
    if (!PyUnicode_Check(key) || !PyUnicode_IS_ASCII(key) || PyUnicode_GET_LENGTH(key) != 24) {
        PyErr_SetString(PyExc_ValueError, "invalid key");
        return NULL;
    }
    PyObject *value = PyUnicode_New(28, 127);
    if (value != NULL) {
        baseline_accept(PyUnicode_DATA(key), PyUnicode_DATA(value));
    }
    return value;
}

static int
prepare(PyObject *module)
{
    PyObject **value = PyModule_GetState(module);
    *value = PyUnicode_FromString("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return *value == NULL ? -1 : 0;
}

static PyMethodDef methods[] = {
    {"magic", magic, METH_O, "A constant."},
    {"scalar_accept", scalar_accept, METH_O, "webstr.c_accept() with a plain hash."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, prepare},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "baseline",
    .m_size = sizeof(PyObject *),
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_baseline(void)
{
    return PyModuleDef_Init(&definition);
}
