/* A value as a JSON text: to the letter what _json's Encoder does in this series of CPython, in one
 * growing buffer and without temporary objects. All is of the documented C API.
 *
 * Where the order of calls shows: other code runs only in default(), in a subclass's __iter__() and
 * items(), in the sorting of keys, in repr() for messages, and in other threads. Before, a reference is
 * taken to what is used afterwards, and the dict of markers is brought up to date. */
#include "json_encoder.h"

#include "json_exception.h"
#include "json_number.h"

#if PY_VERSION_HEX < 0x030B0000
#  include <longintrepr.h>
#endif

#if PY_VERSION_HEX < 0x030D0000
#  define Py_BEGIN_CRITICAL_SECTION(object) {
#  define Py_END_CRITICAL_SECTION() }
#endif

/* What differs between the series. */

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
    /* repr() of a float and of a long int may run Python code, which may take the item out. */
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

/* --- The whole text ------------------------------------------------------------------------- */

PyObject *
webstr_json_text(Encoder *encoder, PyObject *object)
{
    Writer w;
    w.encoder = encoder;
    w.ascii = encoder->ascii;
    w.markers = encoder->markers == Py_None ? NULL : encoder->markers;
    w.indent = encoder->indent == Py_None ? NULL : encoder->indent;
    w.level = 0;
    w.early_line = encoder->early_line;
    w.top = NULL;
    w.unmarked = 0;
    separator_init(&w.key_separator, encoder->key_separator);
    separator_init(&w.item_separator, encoder->item_separator);
    buffer_init(&w.buffer);

    if (write_value(&w, object) < 0) {
        buffer_free(&w.buffer);
        return NULL;
    }
    return buffer_finish(&w.buffer);
}
