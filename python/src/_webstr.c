/* The Python module webstr._webstr: the library's functions on str.
 *
 * Each function reads the characters where the str holds them and writes its result into a new
 * str, without UTF-8 or a copy in between. */
#include "_webstr.h"

#include "webstr.h"

#include <stdbool.h>
#include <string.h>

#define STRING(x) #x
#define VERSION(major, minor, patch) STRING(major) "." STRING(minor) "." STRING(patch)

/* --- The handshake -------------------------------------------------------- */

/* The 24 bytes of a str of 24 ASCII characters, NULL for anything else; no exception is set unless
 * memory runs out. */
static inline const void *
key_bytes(PyObject *key)
{
    if (!PyUnicode_Check(key) || webstr_ready(key) < 0 || !PyUnicode_IS_ASCII(key)
        || PyUnicode_GET_LENGTH(key) != SEC_WEBSOCKET_KEY_LEN)
    {
        return NULL;
    }
    return PyUnicode_DATA(key);
}

static inline const void *
valid_key_bytes(PyObject *key)
{
    const void *bytes = key_bytes(key);
    return bytes != NULL && sec_websocket_key_valid(bytes, SEC_WEBSOCKET_KEY_LEN) ? bytes : NULL;
}

static PyObject *
invalid_key(void)
{
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "invalid key");
    }
    return NULL;
}

/* PyUnicode_DATA() of a new ASCII str. */
static inline void *
new_ascii_data(PyObject *str)
{
    return (PyASCIIObject *)str + 1;
}

static inline PyObject *
accept_bytes(const void *bytes)
{
    if (bytes == NULL) {
        return invalid_key();
    }
    PyObject *value = PyUnicode_New(SEC_WEBSOCKET_ACCEPT_LEN, 127);
    if (value != NULL) {
        sec_websocket_accept(bytes, new_ascii_data(value));
    }
    return value;
}

PyDoc_STRVAR(accept_doc,
"accept($module, key, /)\n"
"--\n"
"\n"
"The Sec-WebSocket-Accept of a Sec-WebSocket-Key (RFC 6455, section 4.2.2).\n"
"\n"
"Raises ValueError(\"invalid key\") unless key_valid(key).\n"
"\n"
">>> accept('dGhlIHNhbXBsZSBub25jZQ==')\n"
"'s3pPLMBiTxaQ9kYGzzhZRbK+xOo='\n"
">>> accept('dGhlIHNhbXBsZSBub25jZQ')\n"
"Traceback (most recent call last):\n"
"ValueError: invalid key\n");

static PyObject *
webstr_accept(PyObject *Py_UNUSED(module), PyObject *key)
{
    return accept_bytes(valid_key_bytes(key));
}

PyDoc_STRVAR(c_accept_doc,
"c_accept($module, key, /)\n"
"--\n"
"\n"
"The same as accept(), but any str of 24 ASCII characters is a key.\n"
"\n"
"base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode() with a\n"
"check of the length. Raises ValueError(\"invalid key\") for anything else.\n"
"\n"
">>> c_accept('dGhlIHNhbXBsZSBub25jZQ==')\n"
"'s3pPLMBiTxaQ9kYGzzhZRbK+xOo='\n"
">>> c_accept('x' * 24)\n"
"'Y07WG9qFFXFhuXL47RVhrhkrtes='\n");

static PyObject *
webstr_c_accept(PyObject *Py_UNUSED(module), PyObject *key)
{
    return accept_bytes(key_bytes(key));
}

PyDoc_STRVAR(key_valid_doc,
"key_valid($module, key, /)\n"
"--\n"
"\n"
"Whether the key is a str of 22 base64 characters and \"==\" (RFC 6455, 4.1).\n"
"\n"
">>> key_valid('dGhlIHNhbXBsZSBub25jZQ=='), key_valid('dGhlIHNhbXBsZSBub25jZQ')\n"
"(True, False)\n");

static PyObject *
webstr_key_valid(PyObject *Py_UNUSED(module), PyObject *key)
{
    bool valid = valid_key_bytes(key) != NULL;
    return PyErr_Occurred() ? NULL : PyBool_FromLong(valid);
}

/* Keys hashed at a time: enough for every lane of the widest kernels several times over, and
 * little enough for the stack. */
#define BATCH 128

PyDoc_STRVAR(accept_many_doc,
"accept_many($module, keys, /)\n"
"--\n"
"\n"
"[accept(key) for key in keys], several keys at a time.\n"
"\n"
">>> accept_many(['dGhlIHNhbXBsZSBub25jZQ==', 'x3JJHMbDL1EzLkh9GBhXDw=='])\n"
"['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'HSmrc0sMlYUkAGmm5OPpG2HaGWk=']\n");

static PyObject *
webstr_accept_many(PyObject *Py_UNUSED(module), PyObject *iterable)
{
    /* A tuple, which no other thread can change. */
    PyObject *keys = PySequence_Tuple(iterable);
    if (keys == NULL) {
        return NULL;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(keys);
    PyObject *values = PyList_New(count);
    for (Py_ssize_t done = 0; values != NULL && done < count;) {
        char src[BATCH * SEC_WEBSOCKET_KEY_LEN], dst[BATCH * SEC_WEBSOCKET_ACCEPT_LEN];
        Py_ssize_t batch = Py_MIN(count - done, BATCH);
        for (Py_ssize_t i = 0; i < batch; i++) {
            const void *bytes = valid_key_bytes(PyTuple_GET_ITEM(keys, done + i));
            if (bytes == NULL) {
                invalid_key();
                goto error;
            }
            memcpy(src + i * SEC_WEBSOCKET_KEY_LEN, bytes, SEC_WEBSOCKET_KEY_LEN);
        }
        sec_websocket_accept_many(src, dst, (size_t)batch);
        for (Py_ssize_t i = 0; i < batch; i++) {
            PyObject *value = PyUnicode_New(SEC_WEBSOCKET_ACCEPT_LEN, 127);
            if (value == NULL) {
                goto error;
            }
            memcpy(new_ascii_data(value), dst + i * SEC_WEBSOCKET_ACCEPT_LEN,
                   SEC_WEBSOCKET_ACCEPT_LEN);
            PyList_SET_ITEM(values, done + i, value);
        }
        done += batch;
    }
    Py_DECREF(keys);
    return values;

error:
    Py_DECREF(keys);
    Py_DECREF(values);
    return NULL;
}

/* --- Messages --------------------------------------------------------------- */

PyDoc_STRVAR(websocket_mask_doc,
"websocket_mask($module, payload, key, phase=0)\n"
"--\n"
"\n"
"Mask, or unmask, a WebSocket payload (RFC 6455, 5.3).\n"
"\n"
"bytes(b ^ key[(phase + i) % 4] for i, b in enumerate(payload)). The payload and\n"
"the key are bytes-like, the key has 4 bytes; for the next part of a payload the\n"
"phase is the number of bytes before it, modulo 4.\n"
"\n"
">>> websocket_mask(bytes.fromhex('7f9f4d5158'), bytes.fromhex('37fa213d'))\n"
"b'Hello'\n");

/* Reads both as bytes() does, whatever their strides and shape: -1 with an exception. */
static int
mask(char *dst, Py_buffer *payload, Py_buffer *key, unsigned phase)
{
    char key_bytes[4];
    const char *src = payload->buf;
    if (PyBuffer_ToContiguous(key_bytes, key, 4, 'C') < 0) {
        return -1;
    }
    if (!PyBuffer_IsContiguous(payload, 'C')) {
        if (PyBuffer_ToContiguous(dst, payload, payload->len, 'C') < 0) {
            return -1;
        }
        src = dst;
    }
    webstr_websocket_mask(src, (size_t)payload->len, key_bytes, phase, dst);
    return 0;
}

/* Without PyArg_ParseTupleAndKeywords, which takes longer than a payload of some KiB. */
static PyObject *
webstr_mask(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"payload", "key", "phase"};
    PyObject *values[3] = {NULL, NULL, NULL};
    for (Py_ssize_t i = 0; i < nargs && i < 3; i++) {
        values[i] = args[i];
    }
    for (Py_ssize_t i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        int which = 0;
        while (which < 3 && PyUnicode_CompareWithASCIIString(name, names[which]) != 0) {
            which++;
        }
        if (which == 3 || values[which] != NULL) {
            PyErr_Format(PyExc_TypeError, "websocket_mask() cannot take an argument '%U' here", name);
            return NULL;
        }
        values[which] = args[nargs + i];
    }
    if (nargs > 3 || values[0] == NULL || values[1] == NULL) {
        PyErr_SetString(PyExc_TypeError, "websocket_mask() takes a payload, a key and a phase");
        return NULL;
    }
    Py_ssize_t phase = 0;
    if (values[2] != NULL) {
        phase = PyNumber_AsSsize_t(values[2], NULL);
        if (phase == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    Py_buffer payload, key;
    if (PyObject_GetBuffer(values[0], &payload, PyBUF_FULL_RO) < 0) {
        return NULL;
    }
    if (PyObject_GetBuffer(values[1], &key, PyBUF_FULL_RO) < 0) {
        PyBuffer_Release(&payload);
        return NULL;
    }
    PyObject *masked = NULL;
    if (key.len != 4) {
        PyErr_SetString(PyExc_ValueError, "the key must have 4 bytes");
    }
    else if (phase < 0 || phase > 3) {
        PyErr_SetString(PyExc_ValueError, "the phase must be 0 to 3");
    }
    else {
        masked = PyBytes_FromStringAndSize(NULL, payload.len);
    }
    if (masked != NULL && mask(PyBytes_AS_STRING(masked), &payload, &key, (unsigned)phase) < 0) {
        Py_CLEAR(masked);
    }
    PyBuffer_Release(&key);
    PyBuffer_Release(&payload);
    return masked;
}

/* --- The module ------------------------------------------------------------ */

PyDoc_STRVAR(backend_doc,
"backend($module, /)\n"
"--\n"
"\n"
"The kernels in use: 'avx512', 'avx2', 'sse2', 'neon' or 'scalar'.\n"
"\n"
">>> backend() in ('avx512', 'avx2', 'sse2', 'neon', 'scalar')\n"
"True\n");

static PyObject *
webstr_backend_name(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyUnicode_FromString(webstr_backend());
}

static PyMethodDef methods[] = {
    {"accept", webstr_accept, METH_O, accept_doc},
    {"accept_many", webstr_accept_many, METH_O, accept_many_doc},
    {"backend", webstr_backend_name, METH_NOARGS, backend_doc},
    {"c_accept", webstr_c_accept, METH_O, c_accept_doc},
    {"escape_json", (PyCFunction)(void (*)(void))webstr_escape_json, METH_FASTCALL | METH_KEYWORDS,
     webstr_escape_json_doc},
    {"json_functions", webstr_json_functions, METH_VARARGS, webstr_json_functions_doc},
    {"key_valid", webstr_key_valid, METH_O, key_valid_doc},
    {"websocket_mask", (PyCFunction)(void (*)(void))webstr_mask, METH_FASTCALL | METH_KEYWORDS,
     websocket_mask_doc},
    {NULL, NULL, 0, NULL},
};

static int
execute(PyObject *module)
{
    return PyModule_AddStringConstant(
        module, "__version__",
        VERSION(WEBSTR_VERSION_MAJOR, WEBSTR_VERSION_MINOR, WEBSTR_VERSION_PATCH));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "webstr._webstr",
    .m_doc = PyDoc_STR("The functions of webstr on str."),
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__webstr(void)
{
    return PyModuleDef_Init(&definition);
}
