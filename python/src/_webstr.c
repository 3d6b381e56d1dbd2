/* The Python module webstr._webstr: the library's functions on str.
 *
 * Each function reads the characters where the str holds them and writes its result into a new
 * str, without UTF-8 or a copy in between. */
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

/* Exported for _json, but not declared for others in every series. */
#ifdef Py_DEBUG
PyAPI_FUNC(int) _PyUnicode_CheckConsistency(PyObject *op, int check_content);
#endif

#include "webstr_str.h"

#define STRING(x) #x
#define VERSION(major, minor, patch) STRING(major) "." STRING(minor) "." STRING(patch)

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

/* --- JSON strings --------------------------------------------------------- */

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

/* --- The two functions of the patched json, with the signature of those of _json */

/* Up to this many characters, what is not clean ASCII takes a little longer here than in _json, by
 * count of instructions: the plain form, then the ASCII form. */
#define FASTER_IN_JSON(ascii) ((ascii) ? 3 : 6)

/* The C functions of _json, the same in all interpreters; set before any of ours is handed out. */
static PyCFunction json_encode[2];

static inline PyObject *
encode(PyObject *str, bool ascii)
{
    if (PyUnicode_Check(str) && webstr_ready(str) == 0
        && PyUnicode_GET_LENGTH(str) <= FASTER_IN_JSON(ascii)
        && !(PyUnicode_IS_ASCII(str)
             && webstr_tiny_is_clean(PyUnicode_DATA(str), PyUnicode_GET_LENGTH(str), ascii)))
    {
        return json_encode[ascii](NULL, str);
    }
    return escape(str, ascii);
}

static PyObject *
encode_basestring(PyObject *Py_UNUSED(self), PyObject *str)
{
    return encode(str, false);
}

static PyObject *
encode_basestring_ascii(PyObject *Py_UNUSED(self), PyObject *str)
{
    return encode(str, true);
}

PyDoc_STRVAR(escape_json_doc,
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

static PyObject *
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

/* --- The stock json module's encoder --------------------------------------- */

/* json.encoder's C functions and ours for them; the plain form, then the ASCII form. */
struct json {
    PyTypeObject *make_encoder;
    PyObject *stock[2];
    PyObject *ours[2];
    /* Where an encoder object holds the C function that escapes its strings; 0 if it does not. */
    Py_ssize_t slot;
};

#define ENCODER_ARGUMENTS 9

static PyCFunction *
slot_at(PyObject *encoder, Py_ssize_t offset)
{
    return (PyCFunction *)((char *)encoder + offset);
}

/* Up to CPython 3.14 an encoder whose `encoder` is one of _json's two functions keeps its C
 * function and calls that one, with NULL and a str. There ours can be put in its place: the only
 * word of a new encoder that is the address of this function. 3.15 keeps another one, which
 * writes into the encoder's writer, and no slot is found. */
static int
find_slot(struct json *json)
{
    PyCFunction stock = PyCFunction_GetFunction(json->stock[0]);
    PyObject *encoder = PyObject_CallFunction((PyObject *)json->make_encoder, "OOOOssOOO", Py_None,
                                              Py_None, json->stock[0], Py_None, ":", ",", Py_False,
                                              Py_False, Py_True);
    if (encoder == NULL) {
        return -1;
    }
    Py_ssize_t found = 0;
    for (Py_ssize_t offset = sizeof(PyObject);
         offset + (Py_ssize_t)sizeof stock <= json->make_encoder->tp_basicsize;
         offset += sizeof stock)
    {
        if (memcmp(slot_at(encoder, offset), &stock, sizeof stock) == 0) {
            found++;
            json->slot = offset;
        }
    }
    Py_DECREF(encoder);
    if (found != 1) {
        json->slot = 0;
    }
    return 0;
}

/* json.encoder.c_make_encoder: ours as `encoder` would be called as any Python callable, so the
 * encoder is made with the stock one. */
static PyObject *
make_encoder(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct json *json = PyCapsule_GetPointer(self, NULL);
    if (json == NULL) {
        return NULL;
    }
    int form = -1;
    if (nargs == ENCODER_ARGUMENTS && kwnames == NULL) {
        form = args[2] == json->ours[1] ? 1 : args[2] == json->ours[0] ? 0 : -1;
    }
    if (form < 0) {
        return PyObject_Vectorcall((PyObject *)json->make_encoder, args, (size_t)nargs, kwnames);
    }

    PyObject *arguments = PyTuple_New(ENCODER_ARGUMENTS);
    if (arguments == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < ENCODER_ARGUMENTS; i++) {
        PyObject *argument = i == 2 ? json->stock[form] : args[i];
        Py_INCREF(argument);
        PyTuple_SET_ITEM(arguments, i, argument);
    }
    /* The type has no __init__(); to call __new__() alone pays for this function. */
    PyObject *encoder = json->make_encoder->tp_new(json->make_encoder, arguments, NULL);
    Py_DECREF(arguments);
    if (encoder != NULL && json->slot != 0) {
        *slot_at(encoder, json->slot) = PyCFunction_GET_FUNCTION(json->ours[form]);
    }
    return encoder;
}

static PyMethodDef json_methods[] = {
    {"encode_basestring", encode_basestring, METH_O,
     PyDoc_STR("webstr.escape_json(s) in json.encoder")},
    {"encode_basestring_ascii", encode_basestring_ascii, METH_O,
     PyDoc_STR("webstr.escape_json(s, ensure_ascii=True) in json.encoder")},
    {"make_encoder", (PyCFunction)(void (*)(void))make_encoder, METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("_json.make_encoder for the two functions of webstr")},
};

static void
free_json(PyObject *capsule)
{
    struct json *json = PyCapsule_GetPointer(capsule, NULL);
    Py_XDECREF(json->make_encoder);
    for (int form = 0; form < 2; form++) {
        Py_XDECREF(json->stock[form]);
        Py_XDECREF(json->ours[form]);
    }
    PyMem_Free(json);
}

PyDoc_STRVAR(json_functions_doc,
"json_functions($module, make_encoder, encode_basestring,\n"
"               encode_basestring_ascii, /)\n"
"--\n"
"\n"
"Ours for these three of _json, in the same order; None unless they are _json's.");

/* What is called through its pointer has to be what it is taken for: a function of _json of that
 * name, which takes one argument. */
static bool
is_json_function(PyObject *function, const char *name)
{
    if (!PyCFunction_CheckExact(function)) {
        return false;
    }
    PyCFunctionObject *builtin = (PyCFunctionObject *)function;
    return builtin->m_ml->ml_flags == METH_O && strcmp(builtin->m_ml->ml_name, name) == 0
           && builtin->m_module != NULL && PyUnicode_Check(builtin->m_module)
           && PyUnicode_CompareWithASCIIString(builtin->m_module, "_json") == 0;
}

/* The type of that name, of which no class can be derived (a class of Python's could bear the name),
 * and which has no __init__(). */
static bool
is_make_encoder(PyObject *object)
{
    if (!PyType_Check(object)) {
        return false;
    }
    PyTypeObject *type = (PyTypeObject *)object;
    return strcmp(type->tp_name, "_json.Encoder") == 0
           && !PyType_HasFeature(type, Py_TPFLAGS_BASETYPE)
           && type->tp_init == PyBaseObject_Type.tp_init;
}

static PyObject *
webstr_json_functions(PyObject *module, PyObject *args)
{
    PyObject *make, *stock[2];
    if (!PyArg_ParseTuple(args, "OOO:json_functions", &make, &stock[0], &stock[1])) {
        return NULL;
    }
    if (!is_make_encoder(make) || !is_json_function(stock[0], "encode_basestring")
        || !is_json_function(stock[1], "encode_basestring_ascii"))
    {
        Py_RETURN_NONE;
    }
    struct json *json = PyMem_Calloc(1, sizeof *json);
    if (json == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(json, NULL, free_json);
    if (capsule == NULL) {
        PyMem_Free(json);
        return NULL;
    }
    Py_INCREF(make);
    json->make_encoder = (PyTypeObject *)make;

    PyObject *result = NULL, *replacement = NULL;
    PyObject *name = PyModule_GetNameObject(module);
    if (name == NULL) {
        goto done;
    }
    for (int form = 0; form < 2; form++) {
        Py_INCREF(stock[form]);
        json->stock[form] = stock[form];
        if (json_encode[form] != PyCFunction_GET_FUNCTION(stock[form])) {
            json_encode[form] = PyCFunction_GET_FUNCTION(stock[form]);
        }
        json->ours[form] = PyCFunction_NewEx(&json_methods[form], NULL, name);
        if (json->ours[form] == NULL) {
            goto done;
        }
    }
    if (find_slot(json) < 0) {
        goto done;
    }
    replacement = PyCFunction_NewEx(&json_methods[2], capsule, name);
    if (replacement != NULL) {
        result = PyTuple_Pack(3, replacement, json->ours[0], json->ours[1]);
    }

done:
    Py_XDECREF(replacement);
    Py_XDECREF(name);
    Py_DECREF(capsule);
    return result;
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

static PyObject *
webstr_mask(PyObject *Py_UNUSED(module), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"payload", "key", "phase", NULL};
    Py_buffer payload, key;
    Py_ssize_t phase = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "y*y*|n:websocket_mask", names, &payload, &key,
                                     &phase))
    {
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
    if (masked != NULL) {
        webstr_websocket_mask(payload.buf, (size_t)payload.len, key.buf, (unsigned)phase,
                              PyBytes_AS_STRING(masked));
    }
    PyBuffer_Release(&key);
    PyBuffer_Release(&payload);
    return masked;
}

/* --- The module ------------------------------------------------------------ */

static PyMethodDef methods[] = {
    {"accept", webstr_accept, METH_O, accept_doc},
    {"accept_many", webstr_accept_many, METH_O, accept_many_doc},
    {"backend", webstr_backend_name, METH_NOARGS, backend_doc},
    {"c_accept", webstr_c_accept, METH_O, c_accept_doc},
    {"escape_json", (PyCFunction)(void (*)(void))webstr_escape_json, METH_FASTCALL | METH_KEYWORDS,
     escape_json_doc},
    {"json_functions", webstr_json_functions, METH_VARARGS, json_functions_doc},
    {"key_valid", webstr_key_valid, METH_O, key_valid_doc},
    {"websocket_mask", (PyCFunction)(void (*)(void))webstr_mask, METH_VARARGS | METH_KEYWORDS,
     websocket_mask_doc},
    {NULL, NULL, 0, NULL},
};

static int
add_version(PyObject *module)
{
    return PyModule_AddStringConstant(
        module, "__version__",
        VERSION(WEBSTR_VERSION_MAJOR, WEBSTR_VERSION_MINOR, WEBSTR_VERSION_PATCH));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_version},
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
