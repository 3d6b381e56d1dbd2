/* json's C encoder anew: to the letter what _json's Encoder does in this series of CPython, in one
 * growing buffer and without temporary objects.
 *
 * All is of the documented C API. Nothing of json's is written to: its module gets another
 * c_make_encoder and gets its own back (_patch.py).
 *
 * Where the order of calls shows: other code runs only in default(), in a subclass's __iter__() and
 * items(), in the sorting of keys, in repr() for messages, and in other threads. Before, a reference is
 * taken to what is used afterwards, and the dict of markers is brought up to date. */
#include "_webstr.h"

#include "json_number.h"

#include <structmember.h>
#if PY_VERSION_HEX < 0x030B0000
#  include <longintrepr.h>
#endif

#if PY_VERSION_HEX < 0x030D0000
#  define Py_BEGIN_CRITICAL_SECTION(object) {
#  define Py_END_CRITICAL_SECTION() }
#endif

/* What differs between the series. */

/* The encoder is only given an indent from 3.13 on. */
#define HAS_INDENT (PY_VERSION_HEX >= 0x030D0000)
/* From 3.14 on an exception gets notes that say where in the document it was raised. */
#define HAS_NOTES (PY_VERSION_HEX >= 0x030E0000)
/* Until 3.11 a dict's items are listed before the first is encoded, so that changes do not show. */
#define LISTS_ITEMS (PY_VERSION_HEX < 0x030C0000)
/* frozendict */
#if PY_VERSION_HEX < 0x030F0000
#  define PyAnyDict_Check PyDict_Check
#  define PyAnyDict_CheckExact PyDict_CheckExact
#  define NEEDS_A_SEQUENCE "_iterencode_list needs a sequence"
#else
#  define NEEDS_A_SEQUENCE "encoder_listencode_list needs a sequence"
#endif

#define ENCODER_ARGUMENTS 9

/* json.encoder's three of this interpreter, and ours; the plain form, then the ASCII form. */
struct json {
    PyObject *make_encoder;
    PyObject *stock[2];
    PyObject *ours[2];
    PyTypeObject *type;
    /* A dict's first line begins before it is known whether a key is written: in the first 3.13. */
    bool early_line;
};

/* --- The encoder object -------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *json;  /* the capsule of a struct json */
    PyObject *markers;
    PyObject *defaultfn;
    PyObject *encoder;
    PyObject *indent;
    PyObject *key_separator;
    PyObject *item_separator;
    char sort_keys;
    char skipkeys;
    char allow_nan;
    char ascii;
    char early_line;
} Encoder;

/* An open container, or an object that default() was called for. */
typedef struct Frame {
    struct Frame *up;
    PyObject *object;
    bool marked;  /* it is in the dict of markers */
} Frame;

/* So many open ones are looked through one by one; with more, the dict of markers is used. */
#define UNMARKED 16

/* A separator that is short ASCII is copied as one block. */
typedef struct {
    PyObject *str;
    char block[BLOCK];
    Py_ssize_t len;  /* 0 if it is not short ASCII */
} Separator;

/* One call of an encoder. */
typedef struct {
    Encoder *encoder;
    bool ascii;
    PyObject *markers;  /* NULL for None */
    PyObject *indent;   /* NULL for None */
    Py_ssize_t level;   /* of the indent */
    bool early_line;
    Frame *top;
    int unmarked;
    Separator key_separator, item_separator;
    Buffer buffer;
} Writer;

static int
write_value(Writer *w, PyObject *object);

/* --- Exceptions ------------------------------------------------------------------ */

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

#if HAS_NOTES
/* BaseException.add_note(), which a call of would raise another RecursionError where one is raised. */
static int
append_note(PyObject *raised, PyObject *note)
{
    PyObject *notes;
    if (PyObject_GetOptionalAttrString(raised, "__notes__", &notes) < 0) {
        return -1;
    }
    int rv = -1;
    if (notes == NULL) {
        notes = PyList_New(0);
        rv = notes == NULL ? -1 : PyObject_SetAttrString(raised, "__notes__", notes);
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

/* --- Circular references ---------------------------------------------------------- */

/* Puts all that are open into the dict of markers, where default() and tracebacks may look at it. */
static int
mark_all(Writer *w)
{
    Frame *unmarked[UNMARKED];
    int n = 0;
    if (w->unmarked == 0) {
        return 0;
    }
    for (Frame *frame = w->top; frame != NULL && !frame->marked; frame = frame->up) {
        unmarked[n++] = frame;
    }
    while (n > 0) {
        Frame *frame = unmarked[--n];
        PyObject *id = PyLong_FromVoidPtr(frame->object);
        if (id == NULL || PyDict_SetItem(w->markers, id, frame->object) < 0) {
            Py_XDECREF(id);
            return -1;
        }
        Py_DECREF(id);
        frame->marked = true;
        w->unmarked--;
    }
    return 0;
}

static int
enter(Writer *w, Frame *frame, PyObject *object)
{
    if (w->markers == NULL) {
        return 0;
    }
    int found = 0;
    for (Frame *up = w->top; up != NULL && !up->marked; up = up->up) {
        found |= up->object == object;
    }
    if (!found && PyDict_GET_SIZE(w->markers) > 0) {
        PyObject *id = PyLong_FromVoidPtr(object);
        found = id == NULL ? -1 : PyDict_Contains(w->markers, id);
        Py_XDECREF(id);
    }
    if (found) {
        if (found > 0) {
            PyErr_SetString(PyExc_ValueError, "Circular reference detected");
        }
        return -1;
    }
    if (w->unmarked == UNMARKED && mark_all(w) < 0) {
        return -1;
    }
    *frame = (Frame){w->top, object, false};
    w->top = frame;
    w->unmarked++;
    return 0;
}

static int
leave(Writer *w, Frame *frame)
{
    if (w->markers == NULL) {
        return 0;
    }
    w->top = frame->up;
    if (!frame->marked) {
        w->unmarked--;
        return 0;
    }
    PyObject *id = PyLong_FromVoidPtr(frame->object);
    int rv = id == NULL ? -1 : PyDict_DelItem(w->markers, id);
    Py_XDECREF(id);
    return rv;
}

/* In place of leave(), with an exception set: the open containers remain in the dict. */
static void
leave_open(Writer *w, Frame *frame)
{
    if (w->markers == NULL) {
        return;
    }
    if (w->unmarked > 0) {
        Raised raised;
        raised_save(&raised);
        if (mark_all(w) < 0) {
            PyErr_Clear();
            w->unmarked -= !frame->marked;
        }
        raised_restore(&raised);
    }
    w->top = frame->up;
}

/* --- Strings, numbers, separators -------------------------------------------------- */

static inline int
write_string(Writer *w, PyObject *str)
{
    if (str_ready(str) < 0) {
        return -1;
    }
    return w->ascii ? buffer_put_string(&w->buffer, str, true)
                    : buffer_put_string(&w->buffer, str, false);
}

/* The float if it has a text, as it has unless allow_nan is false. */
static inline int
write_float(Writer *w, double value)
{
    if (isfinite(value)) {
        return buffer_put_float(&w->buffer, value);
    }
    return value > 0 ? buffer_put_ascii(&w->buffer, "Infinity", 8)
           : value < 0 ? buffer_put_ascii(&w->buffer, "-Infinity", 9)
                       : buffer_put_ascii(&w->buffer, "NaN", 3);
}

static inline bool
has_text(Writer *w, double value)
{
    return w->encoder->allow_nan || isfinite(value);
}

static int
write_any_float(Writer *w, PyObject *number)
{
    double value = PyFloat_AS_DOUBLE(number);
    if (has_text(w, value)) {
        return write_float(w, value);
    }
#if PY_VERSION_HEX < 0x030C0000
    PyErr_SetString(PyExc_ValueError, "Out of range float values are not JSON compliant");
#else
    PyErr_Format(PyExc_ValueError, "Out of range float values are not JSON compliant: %R", number);
#endif
    return -1;
}

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

/* int.__repr__() */
static int
write_any_int(Writer *w, PyObject *number)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (!overflow) {
        return buffer_put_int(&w->buffer, value);
    }
    PyObject *text = PyLong_Type.tp_repr(number);
    if (text == NULL) {
        return -1;
    }
    int rv = buffer_put_str(&w->buffer, text);
    Py_DECREF(text);
    return rv;
}

static void
separator_init(Separator *separator, PyObject *str)
{
    separator->str = str;
    separator->len = 0;
    if (PyUnicode_IS_ASCII(str) && PyUnicode_GET_LENGTH(str) <= BLOCK) {
        separator->len = PyUnicode_GET_LENGTH(str);
        memset(separator->block, 0, BLOCK);
        memcpy(separator->block, PyUnicode_DATA(str), (size_t)separator->len);
    }
}

static inline int
write_separator(Writer *w, const Separator *separator)
{
    if (separator->len == 0) {
        return buffer_put_str(&w->buffer, separator->str);
    }
    return buffer_put_block(&w->buffer, separator->block, separator->len);
}

static inline int
write_newline(Writer *w)
{
    if (w->indent == NULL) {
        return 0;
    }
    if (buffer_put_char(&w->buffer, '\n') < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < w->level; i++) {
        if (buffer_put_str(&w->buffer, w->indent) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What stands before an item: nothing before the first of a list. */
static inline int
write_item_separator(Writer *w)
{
    return write_separator(w, &w->item_separator) < 0 ? -1 : write_newline(w);
}

/* 1 if the object is of those that most are, and it is written: in this, no other code runs. Else 0,
 * or -1 with an exception. */
static inline int
write_plain(Writer *w, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    int rv;
    if (type == &PyUnicode_Type) {
        rv = write_string(w, object);
    }
    else if (type == &PyLong_Type) {
        long long value;
        if (!is_small_int(object, &value)) {
            return 0;
        }
        rv = buffer_put_int(&w->buffer, value);
    }
    else if (object == Py_None) {
        rv = buffer_put_block(&w->buffer, "null\0\0\0", 4);
    }
    else if (object == Py_True) {
        rv = buffer_put_block(&w->buffer, "true\0\0\0", 4);
    }
    else if (object == Py_False) {
        rv = buffer_put_block(&w->buffer, "false\0\0", 5);
    }
    else if (type == &PyFloat_Type && has_text(w, PyFloat_AS_DOUBLE(object))) {
        rv = write_float(w, PyFloat_AS_DOUBLE(object));
    }
    else {
        return 0;
    }
    return rv < 0 ? -1 : 1;
}

/* --- Lists and tuples --------------------------------------------------------------- */

static int
write_items(Writer *w, PyObject *sequence, PyObject *items)
{
    (void)sequence;  /* only notes name it */
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        if (i != 0 && write_item_separator(w) < 0) {
            return -1;
        }
        int rv = write_plain(w, item);
        if (rv == 0) {
            Py_INCREF(item);
            rv = write_value(w, item);
            Py_DECREF(item);
        }
        if (rv < 0) {
            ADD_NOTE("when serializing %T item %zd", sequence, i);
            return -1;
        }
    }
    return 0;
}

static int
write_sequence(Writer *w, PyObject *sequence)
{
    /* A subclass is iterated over. */
    bool exact = PyList_CheckExact(sequence) || PyTuple_CheckExact(sequence);
    PyObject *items = NULL;
    if (exact) {
        Py_INCREF(sequence);
        items = sequence;
    }
    else if (mark_all(w) == 0) {
        items = PySequence_Fast(sequence, NEEDS_A_SEQUENCE);
    }
    if (items == NULL) {
        return -1;
    }
    if (PySequence_Fast_GET_SIZE(items) == 0) {
        Py_DECREF(items);
        return buffer_put_ascii(&w->buffer, "[]", 2);
    }
    Frame frame;
    if (enter(w, &frame, sequence) < 0) {
        Py_DECREF(items);
        return -1;
    }
    int rv = -1;
    w->level++;
    if (buffer_put_char(&w->buffer, '[') == 0 && write_newline(w) == 0) {
        Py_BEGIN_CRITICAL_SECTION(items);
        rv = write_items(w, sequence, items);
        Py_END_CRITICAL_SECTION();
    }
    w->level--;
    if (rv < 0) {
        leave_open(w, &frame);
    }
    else if (leave(w, &frame) < 0 || write_newline(w) < 0 || buffer_put_char(&w->buffer, ']') < 0) {
        rv = -1;
    }
    Py_DECREF(items);
    return rv;
}

/* --- Dicts ---------------------------------------------------------------------------- */

static inline int
write_before_key(Writer *w, bool first)
{
    return !first ? write_item_separator(w) : w->early_line ? 0 : write_newline(w);
}

/* What precedes a value, for a key that is not a str: 1, or 0 if the item is left out. */
Py_NO_INLINE static int
write_other_key(Writer *w, PyObject *key, bool first)
{
    bool is_float = PyFloat_Check(key), is_int = PyLong_Check(key);
    if (!is_float && !is_int && key != Py_None) {
        if (w->encoder->skipkeys) {
            return 0;
        }
        PyErr_Format(PyExc_TypeError, "keys must be str, int, float, bool or None, not %.100s",
                     Py_TYPE(key)->tp_name);
        return -1;
    }
    /* What raises does so before anything is written, but an exception discards all anyhow. */
    if (write_before_key(w, first) < 0
        || buffer_put_char(&w->buffer, '"') < 0)
    {
        return -1;
    }
    int rv = key == Py_True ? buffer_put_block(&w->buffer, "true\0\0\0", 4)
             : key == Py_False ? buffer_put_block(&w->buffer, "false\0\0", 5)
             : key == Py_None ? buffer_put_block(&w->buffer, "null\0\0\0", 4)
             : is_float ? write_any_float(w, key)
                        : write_any_int(w, key);
    if (rv < 0 || buffer_put_char(&w->buffer, '"') < 0) {
        return -1;
    }
    return write_separator(w, &w->key_separator) < 0 ? -1 : 1;
}

static inline int
write_key(Writer *w, PyObject *key, bool first)
{
    if (!PyUnicode_Check(key)) {
        return write_other_key(w, key, first);
    }
    if (write_before_key(w, first) < 0 || write_string(w, key) < 0) {
        return -1;
    }
    return write_separator(w, &w->key_separator) < 0 ? -1 : 1;
}

/* The value after its key, where it is not plain (plain == 0) or has failed to be written (-1). */
Py_NO_INLINE static int
write_other_value(Writer *w, PyObject *dict, PyObject *key, PyObject *value, int plain)
{
    (void)dict;  /* only notes name it */
    Py_INCREF(key);
    Py_INCREF(value);
    int rv = plain == 0 ? write_value(w, value) : plain;
    if (rv < 0) {
        ADD_NOTE("when serializing %T item %R", dict, key);
    }
    Py_DECREF(key);
    Py_DECREF(value);
    return rv;
}

static inline int
write_item(Writer *w, PyObject *dict, PyObject *key, PyObject *value, bool *first)
{
    bool other = !PyUnicode_CheckExact(key);
    if (other) {
        Py_INCREF(key);
        Py_INCREF(value);
    }
    int rv = write_key(w, key, *first);
    if (rv > 0) {
        *first = false;
        rv = write_plain(w, value);
        if (rv <= 0) {
            rv = write_other_value(w, dict, key, value, rv);
        }
    }
    if (other) {
        Py_DECREF(key);
        Py_DECREF(value);
    }
    return rv < 0 ? -1 : 0;
}

/* What items() returned, sorted if need be. */
static int
write_listed_items(Writer *w, PyObject *dict, bool *first)
{
    if (mark_all(w) < 0) {
        return -1;
    }
    PyObject *items = PyMapping_Items(dict);
    if (items == NULL) {
        return -1;
    }
    int rv = w->encoder->sort_keys ? PyList_Sort(items) : 0;
    for (Py_ssize_t i = 0; rv == 0 && i < PyList_GET_SIZE(items); i++) {
        PyObject *item = PyList_GET_ITEM(items, i);
        Py_INCREF(item);
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_SetString(PyExc_ValueError, "items must return 2-tuples");
            rv = -1;
        }
        else {
            rv = write_item(w, dict, PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1), first);
        }
        Py_DECREF(item);
    }
    Py_DECREF(items);
    return rv;
}

#if LISTS_ITEMS
static int
write_own_items(Writer *w, PyObject *dict, bool *first)
{
    Py_ssize_t size = PyDict_GET_SIZE(dict), n = 0, pos = 0;
    PyObject **pairs = PyMem_New(PyObject *, size * 2);
    if (pairs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    while (n < size * 2 && PyDict_Next(dict, &pos, &pairs[n], &pairs[n + 1])) {
        Py_INCREF(pairs[n]);
        Py_INCREF(pairs[n + 1]);
        n += 2;
    }
    int rv = 0;
    for (Py_ssize_t i = 0; rv == 0 && i < n; i += 2) {
        rv = write_item(w, dict, pairs[i], pairs[i + 1], first);
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_DECREF(pairs[i]);
    }
    PyMem_Free(pairs);
    return rv;
}
#else
static int
write_own_items(Writer *w, PyObject *dict, bool *first)
{
    int rv = 0;
    PyObject *key, *value;
    Py_ssize_t pos = 0;
    Py_BEGIN_CRITICAL_SECTION(dict);
    while (rv == 0 && PyDict_Next(dict, &pos, &key, &value)) {
        rv = write_item(w, dict, key, value, first);
    }
    Py_END_CRITICAL_SECTION();
    return rv;
}
#endif

static int
write_dict(Writer *w, PyObject *dict)
{
    if (PyDict_GET_SIZE(dict) == 0) {
        return buffer_put_ascii(&w->buffer, "{}", 2);
    }
    Frame frame;
    if (enter(w, &frame, dict) < 0) {
        return -1;
    }
    bool first = true;
    w->level++;
    int rv = buffer_put_char(&w->buffer, '{');
    if (rv == 0 && w->early_line) {
        rv = write_newline(w);
    }
    if (rv == 0) {
        rv = w->encoder->sort_keys || !PyAnyDict_CheckExact(dict)
             ? write_listed_items(w, dict, &first)
             : write_own_items(w, dict, &first);
    }
    w->level--;
    if (rv < 0) {
        leave_open(w, &frame);
        return -1;
    }
    if (leave(w, &frame) < 0 || ((w->early_line || !first) && write_newline(w) < 0)) {
        return -1;
    }
    return buffer_put_char(&w->buffer, '}');
}

/* --- Any value -------------------------------------------------------------------------- */

static int
write_default(Writer *w, PyObject *object)
{
    Frame frame;
    if (enter(w, &frame, object) < 0) {
        return -1;
    }
    PyObject *other = mark_all(w) < 0 ? NULL : PyObject_CallOneArg(w->encoder->defaultfn, object);
    if (other == NULL || Py_EnterRecursiveCall(" while encoding a JSON object") != 0) {
        Py_XDECREF(other);
        leave_open(w, &frame);
        return -1;
    }
    int rv = write_value(w, other);
    Py_LeaveRecursiveCall();
    Py_DECREF(other);
    if (rv < 0) {
        ADD_NOTE("when serializing %T object", object);
        leave_open(w, &frame);
        return -1;
    }
    return leave(w, &frame);
}

/* The caller holds a reference to the object. */
static int
write_value(Writer *w, PyObject *object)
{
    int rv = write_plain(w, object);
    if (rv != 0) {
        return rv < 0 ? -1 : 0;
    }
    bool is_sequence = PyList_Check(object) || PyTuple_Check(object);
    if (!is_sequence && !PyAnyDict_Check(object)) {
        return PyUnicode_Check(object) ? write_string(w, object)
               : PyLong_Check(object) ? write_any_int(w, object)
               : PyFloat_Check(object) ? write_any_float(w, object)
                                       : write_default(w, object);
    }
    if (Py_EnterRecursiveCall(" while encoding a JSON object") != 0) {
        return -1;
    }
    rv = is_sequence ? write_sequence(w, object) : write_dict(w, object);
    Py_LeaveRecursiveCall();
    return rv;
}

/* --- A call of the encoder ----------------------------------------------------------------- */

/* By an encoder of the stock type with the same attributes: for arguments other than JSONEncoder's. */
static PyObject *
call_stock(Encoder *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    struct json *json = PyCapsule_GetPointer(self->json, NULL);
    if (json == NULL) {
        return NULL;
    }
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

    Writer w;
    w.encoder = self;
    w.ascii = self->ascii;
    w.markers = self->markers == Py_None ? NULL : self->markers;
    w.indent = self->indent == Py_None ? NULL : self->indent;
    w.level = 0;
    w.early_line = self->early_line;
    w.top = NULL;
    w.unmarked = 0;
    separator_init(&w.key_separator, self->key_separator);
    separator_init(&w.item_separator, self->item_separator);
    buffer_init(&w.buffer);

    /* As a call of a type without vectorcall counts, for example of the stock one. */
    if (Py_EnterRecursiveCall(" while calling a Python object") != 0) {
        return NULL;
    }
    int rv = write_value(&w, args[0]);
    Py_LeaveRecursiveCall();
    if (rv < 0) {
        buffer_free(&w.buffer);
        return NULL;
    }
    PyObject *text = buffer_finish(&w.buffer);
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
    Py_VISIT(self->json);
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
    Py_XDECREF(self->json);
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

static PyType_Slot encoder_slots[] = {
    {Py_tp_doc, "An encoder as _json.Encoder, by webstr."},
    {Py_tp_dealloc, encoder_dealloc},
    {Py_tp_traverse, encoder_traverse},
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_members, encoder_members},
    {0, NULL},
};

static PyType_Spec encoder_spec = {
    .name = "webstr._webstr.Encoder",
    .basicsize = sizeof(Encoder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = encoder_slots,
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

/* json.encoder.c_make_encoder: an encoder of ours for arguments as JSONEncoder gives them with json's
 * own functions, of the stock type for others. */
static PyObject *
make_encoder(PyObject *capsule, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    struct json *json = PyCapsule_GetPointer(capsule, NULL);
    if (json == NULL) {
        return NULL;
    }
    if (!makes_ours(json, args, nargs, kwnames)) {
        return PyObject_Vectorcall(json->make_encoder, args, (size_t)nargs, kwnames);
    }
    int options[3];
    for (int i = 0; i < 3; i++) {
        options[i] = PyObject_IsTrue(args[6 + i]);
        if (options[i] < 0) {
            return NULL;
        }
    }
    Encoder *self = (Encoder *)json->type->tp_alloc(json->type, 0);
    if (self == NULL) {
        return NULL;
    }
    PyObject **fields[] = {&self->markers, &self->defaultfn, &self->encoder, &self->indent,
                           &self->key_separator, &self->item_separator};
    for (int i = 0; i < 6; i++) {
        Py_INCREF(args[i]);
        *fields[i] = args[i];
    }
    Py_INCREF(capsule);
    self->json = capsule;
    self->vectorcall = encoder_call;
    self->sort_keys = (char)options[0];
    self->skipkeys = (char)options[1];
    self->allow_nan = (char)options[2];
    self->early_line = json->early_line;
    self->ascii = (char)form_of(json, args[2]);
    return (PyObject *)self;
}

static PyMethodDef make_encoder_method = {
    "make_encoder", (PyCFunction)(void (*)(void))make_encoder, METH_FASTCALL | METH_KEYWORDS,
    PyDoc_STR("_json.make_encoder for the two functions of webstr"),
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
    Py_XDECREF(json->type);
    PyMem_Free(json);
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
webstr_encoder_type(void)
{
    PyObject *type = PyType_FromSpec(&encoder_spec);
    if (type != NULL) {
        /* Made by make_encoder() alone. */
        ((PyTypeObject *)type)->tp_new = NULL;
    }
    return type;
}

PyObject *
webstr_json_functions(PyObject *module, PyObject *type, PyObject *args)
{
    PyObject *make, *stock[2];
    if (!PyArg_ParseTuple(args, "OOO:json_functions", &make, &stock[0], &stock[1])) {
        return NULL;
    }
    if (PY_VERSION_HEX >= 0x03100000) {
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
    PyObject *name = PyModule_GetNameObject(module);
    if (name == NULL) {
        goto done;
    }
    for (int form = 0; form < 2; form++) {
        Py_INCREF(stock[form]);
        json->stock[form] = stock[form];
        json->ours[form] = PyCFunction_NewEx(&webstr_encode_basestring[form], NULL, name);
        if (json->ours[form] == NULL) {
            goto done;
        }
    }
    if (probe(json) < 0) {
        goto done;
    }
    Py_INCREF(type);
    json->type = (PyTypeObject *)type;
    replacement = PyCFunction_NewEx(&make_encoder_method, capsule, name);
    if (replacement != NULL) {
        result = PyTuple_Pack(3, replacement, json->ours[0], json->ours[1]);
    }

done:
    Py_XDECREF(replacement);
    Py_XDECREF(name);
    Py_DECREF(capsule);
    return result;
}
