/* json's C encoder anew: its type, and json.encoder's three functions.
 *
 * Nothing of json's is written to: its module gets another c_make_encoder and gets its own back
 * (_patch.py). */
#include "json_encoder.h"

#include "_webstr.h"

#include <structmember.h>

/* The encoder is only given an indent from 3.13 on. */
#define HAS_INDENT (PY_VERSION_HEX >= 0x030D0000)

#define ENCODER_ARGUMENTS 9

/* json.encoder's three of this interpreter, and ours; the plain form, then the ASCII form. */
struct json {
    PyObject *make_encoder;
    PyObject *stock[2];
    PyObject *ours[2];
    PyObject *items;  /* the name */
    const PyMethodDef *ordered_items;
    /* A dict's first line begins before it is known whether a key is written: in the first 3.13. */
    bool early_line;
};

/* A type of encoders has its json where other types have their module. */
static inline struct json *
json_of(PyTypeObject *type)
{
    return PyCapsule_GetPointer(PyType_GetModule(type), NULL);
}

/* --- A call of the encoder ----------------------------------------------------------------- */

/* By an encoder of the stock type with the same attributes: for arguments other than JSONEncoder's. */
static PyObject *
call_stock(Encoder *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    struct json *json = json_of(Py_TYPE(self));
    PyObject *encoder = PyObject_CallFunction(
        json->make_encoder, "OOOOOOiii", self->markers, self->defaultfn, json->stock[(int)self->ascii],
        self->indent, self->key_separator, self->item_separator, (int)self->sort_keys,
        (int)self->skipkeys, (int)self->allow_nan);
    if (encoder == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_Vectorcall(encoder, args, nargsf, kwnames);
    Py_DECREF(encoder);
    return result;
}

static inline bool
is_zero(PyObject *number)
{
    int overflow;
    return PyLong_AsLongAndOverflow(number, &overflow) == 0 && !overflow;
}

static PyObject *
encoder_call(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Encoder *self = (Encoder *)op;
    if (PyVectorcall_NARGS(nargsf) != 2 || kwnames != NULL || !PyLong_CheckExact(args[1])
        || !is_zero(args[1]))
    {
        return call_stock(self, args, nargsf, kwnames);
    }

    /* As a call of a type without vectorcall counts, for example of the stock one. */
    if (Py_EnterRecursiveCall(" while calling a Python object") != 0) {
        return NULL;
    }
    PyObject *text = webstr_json_text(self, args[0]);
    Py_LeaveRecursiveCall();
    if (text == NULL) {
        return NULL;
    }
#if PY_VERSION_HEX < 0x030C0000
    PyObject *result = PyList_New(1);
    if (result != NULL) {
        PyList_SET_ITEM(result, 0, text);
        return result;
    }
#else
    PyObject *result = PyTuple_New(1);
    if (result != NULL) {
        PyTuple_SET_ITEM(result, 0, text);
        return result;
    }
#endif
    Py_DECREF(text);
    return NULL;
}

/* --- The type -------------------------------------------------------------------------------- */

static int
encoder_traverse(PyObject *op, visitproc visit, void *arg)
{
    Encoder *self = (Encoder *)op;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->markers);
    Py_VISIT(self->defaultfn);
    Py_VISIT(self->encoder);
    Py_VISIT(self->indent);
    Py_VISIT(self->key_separator);
    Py_VISIT(self->item_separator);
    return 0;
}

/* No cycle goes through it that others do not break: its attributes are read-only, and a call takes
 * none of them to be NULL. */
static void
encoder_dealloc(PyObject *op)
{
    Encoder *self = (Encoder *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->markers);
    Py_XDECREF(self->defaultfn);
    Py_XDECREF(self->encoder);
    Py_XDECREF(self->indent);
    Py_XDECREF(self->key_separator);
    Py_XDECREF(self->item_separator);
    type->tp_free(op);
    Py_DECREF(type);
}

#define MEMBER(name, type, field) {name, type, offsetof(Encoder, field), READONLY, NULL}

/* Those of the stock type. */
static PyMemberDef encoder_members[] = {
    MEMBER("markers", T_OBJECT, markers),
    MEMBER("default", T_OBJECT, defaultfn),
    MEMBER("encoder", T_OBJECT, encoder),
    MEMBER("indent", T_OBJECT, indent),
    MEMBER("key_separator", T_OBJECT, key_separator),
    MEMBER("item_separator", T_OBJECT, item_separator),
    MEMBER("sort_keys", T_BOOL, sort_keys),
    MEMBER("skipkeys", T_BOOL, skipkeys),
    MEMBER("__vectorcalloffset__", T_PYSSIZET, vectorcall),
    {NULL, 0, 0, 0, NULL},
};

/* --- json.encoder's three --------------------------------------------------------------------- */

/* 0 for the plain form's function, 1 for the ASCII form's, ours or the stock one; -1 for any other. */
static inline int
form_of(struct json *json, PyObject *encoder)
{
    return encoder == json->ours[1] || encoder == json->stock[1] ? 1
           : encoder == json->ours[0] || encoder == json->stock[0] ? 0 : -1;
}

static inline bool
is_exact_str(PyObject *object)
{
    return PyUnicode_CheckExact(object)
#if PY_VERSION_HEX < 0x030C0000
           && PyUnicode_IS_READY(object)
#endif
        ;
}

static bool
makes_ours(struct json *json, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return nargs == ENCODER_ARGUMENTS && kwnames == NULL
           && (args[0] == Py_None || PyDict_CheckExact(args[0]))
           && form_of(json, args[2]) >= 0
           && (args[3] == Py_None || (HAS_INDENT && is_exact_str(args[3])))
           && is_exact_str(args[4]) && is_exact_str(args[5]);
}

/* A call of json.encoder.c_make_encoder: an encoder of ours for arguments as JSONEncoder gives them
 * with json's own functions, of the stock type for others. */
static PyObject *
make_encoder(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyTypeObject *type = (PyTypeObject *)op;
    struct json *json = json_of(type);
    if (!makes_ours(json, args, PyVectorcall_NARGS(nargsf), kwnames)) {
        return PyObject_Vectorcall(json->make_encoder, args, nargsf, kwnames);
    }
    int options[3];
    for (int i = 0; i < 3; i++) {
        options[i] = PyObject_IsTrue(args[6 + i]);
        if (options[i] < 0) {
            return NULL;
        }
    }
    Encoder *self = PyObject_GC_New(Encoder, type);
    if (self == NULL) {
        return NULL;
    }
    PyObject **fields[] = {&self->markers, &self->defaultfn, &self->encoder, &self->indent,
                           &self->key_separator, &self->item_separator};
    for (int i = 0; i < 6; i++) {
        Py_INCREF(args[i]);
        *fields[i] = args[i];
    }
    self->vectorcall = encoder_call;
    self->sort_keys = (char)options[0];
    self->skipkeys = (char)options[1];
    self->allow_nan = (char)options[2];
    self->early_line = json->early_line;
    self->items = json->items;
    self->ordered_items = json->ordered_items;
    self->ascii = (char)form_of(json, args[2]);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

/* The same by __new__(). */
static PyObject *
encoder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        return PyObject_Call(json_of(type)->make_encoder, args, kwargs);
    }
    return make_encoder((PyObject *)type, &PyTuple_GET_ITEM(args, 0),
                        (size_t)PyTuple_GET_SIZE(args), NULL);
}

/* A new type, which looks like the stock one. */
static PyObject *
encoder_type(PyObject *capsule, PyTypeObject *stock)
{
    PyType_Slot slots[] = {
        {Py_tp_doc, (void *)stock->tp_doc},
        {Py_tp_new, encoder_new},
        {Py_tp_dealloc, encoder_dealloc},
        {Py_tp_traverse, encoder_traverse},
        {Py_tp_call, PyVectorcall_Call},
        {Py_tp_members, encoder_members},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = "_json.Encoder",
        .basicsize = sizeof(Encoder),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
        .slots = slots,
    };
    PyObject *type = PyType_FromModuleAndSpec(capsule, &spec, NULL);
    if (type != NULL) {
        ((PyTypeObject *)type)->tp_vectorcall = make_encoder;
    }
    return type;
}

static void
free_json(PyObject *capsule)
{
    struct json *json = PyCapsule_GetPointer(capsule, NULL);
    Py_XDECREF(json->make_encoder);
    for (int form = 0; form < 2; form++) {
        Py_XDECREF(json->stock[form]);
        Py_XDECREF(json->ours[form]);
    }
    Py_XDECREF(json->items);
    PyMem_Free(json);
}

/* OrderedDict's items(): -1 with an exception. */
static int
find_ordered_items(struct json *json)
{
    json->items = PyUnicode_InternFromString("items");
    PyObject *method = json->items == NULL ? NULL
                       : PyObject_GetAttr((PyObject *)&PyODict_Type, json->items);
    if (method == NULL) {
        return -1;
    }
    if (Py_IS_TYPE(method, &PyMethodDescr_Type)) {
        json->ordered_items = ((PyMethodDescrObject *)method)->d_method;
    }
    Py_DECREF(method);
    return 0;
}

/* Finds out what differs within a series, from the stock encoder: -1 with an exception. */
static int
probe(struct json *json)
{
#if HAS_INDENT
    PyObject *encoder = PyObject_CallFunction(json->make_encoder, "OOOsssOOO", Py_None, Py_None,
                                              json->stock[0], "", "", "", Py_False, Py_True, Py_True);
    /* No key of it is written. */
    PyObject *chunks = encoder == NULL ? NULL : PyObject_CallFunction(encoder, "({(i)i}i)", 1, 1, 0);
    Py_XDECREF(encoder);
    if (chunks == NULL) {
        return -1;
    }
    json->early_line = PyTuple_Check(chunks) && PyTuple_GET_SIZE(chunks) == 1
                       && PyObject_Length(PyTuple_GET_ITEM(chunks, 0)) > 2;
    Py_DECREF(chunks);
#else
    (void)json;
#endif
    return 0;
}

const char webstr_json_functions_doc[] = PyDoc_STR(
"json_functions($module, make_encoder, encode_basestring,\n"
"               encode_basestring_ascii, /)\n"
"--\n"
"\n"
"Ours for these three of _json, in the same order.\n"
"\n"
"None in a series of CPython whose _json is not known yet.");

PyObject *
webstr_json_functions(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *make, *stock[2];
    if (!PyArg_ParseTuple(args, "OOO:json_functions", &make, &stock[0], &stock[1])) {
        return NULL;
    }
    if (PY_VERSION_HEX >= 0x03100000 || !PyType_Check(make) || !PyCFunction_CheckExact(stock[0])
        || !PyCFunction_CheckExact(stock[1]))
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
    json->make_encoder = make;

    PyObject *result = NULL, *replacement = NULL;
    for (int form = 0; form < 2; form++) {
        Py_INCREF(stock[form]);
        json->stock[form] = stock[form];
        /* Of the same module, with the same documentation: the same text in every interpreter. */
        PyCFunctionObject *function = (PyCFunctionObject *)stock[form];
        if (webstr_encode_basestring[form].ml_doc != function->m_ml->ml_doc) {
            webstr_encode_basestring[form].ml_doc = function->m_ml->ml_doc;
        }
        json->ours[form] = PyCFunction_NewEx(&webstr_encode_basestring[form], function->m_self,
                                             function->m_module);
        if (json->ours[form] == NULL) {
            goto done;
        }
    }
    if (probe(json) < 0 || find_ordered_items(json) < 0) {
        goto done;
    }
    replacement = encoder_type(capsule, (PyTypeObject *)make);
    if (replacement != NULL) {
        result = PyTuple_Pack(3, replacement, json->ours[0], json->ours[1]);
    }

done:
    Py_XDECREF(replacement);
    Py_DECREF(capsule);
    return result;
}
