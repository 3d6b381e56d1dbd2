/* A value as a JSON text: to the letter what _json's Encoder does in this series of CPython, in one
 * growing buffer and without temporary objects. All is of the documented C API.
 *
 * Stock calls itself for each level of the document. Here a level is a Frame, and write_nested() goes up
 * and down among some of them, so that a level takes less of C's stack than it takes there.
 *
 * Where the order of calls shows: other code runs only in default(), in a subclass's __iter__() and
 * items(), in the sorting of keys, in repr() for messages, in handlers of signals, and in other threads.
 * Before, a reference is taken to what is used afterwards, and the dict of markers is brought up to
 * date. */
#include "json_encoder.h"

#include "json_exception.h"
#include "json_number.h"

/* What differs between the series. */

/* Until 3.11 a dict's items are listed before the first is encoded, so that changes do not show. */
#define LISTS_ITEMS (PY_VERSION_HEX < 0x030C0000)
#if PY_VERSION_HEX < 0x030F0000
#  define NEEDS_A_SEQUENCE "_iterencode_list needs a sequence"
#else
#  define NEEDS_A_SEQUENCE "encoder_listencode_list needs a sequence"
#endif

/* An item of a dict, and what sorts it: the first characters of its key as a number. */
typedef struct {
    PyObject *key, *value;
    uint64_t start;
} Pair;

/* A level of the document: an open container, or an object that default() was called for. */
typedef struct {
    PyObject *object;
    PyObject *id;  /* the object's key in the dict of markers, once it is there */
    union {
        PyObject *items;  /* SEQUENCE: a list or tuple. LISTED: what items() returned. OTHER: by default() */
        Pair *pairs;      /* PAIRS: the dict's items at its beginning */
    };
    Py_ssize_t next;  /* the place of the next item */
    union {
        PyObject *held;   /* OWN: the key, LISTED: the pair, as long as the value is written */
        Py_ssize_t size;  /* PAIRS */
    };
    enum { SEQUENCE, OWN, PAIRS, LISTED, OTHER } kind;
    bool first;  /* no item of the dict is written yet */
#ifdef Py_GIL_DISABLED
    PyCriticalSection section;  /* SEQUENCE, OWN */
#endif
} Frame;

/* So many levels are in one call of write_nested(). */
#define LEVELS 16

/* So many open ones are looked through one by one; with more, the dict of markers is used. */
#define UNMARKED 16

/* After so many values handlers of signals are run; a string counts once more for each so many characters.
 * Either takes well below a millisecond. */
#define PATIENCE 8192
#define PATIENCE_CHARACTERS 64

/* A separator that is short ASCII is copied as one block. */
typedef struct {
    PyObject *str;
    char block[BLOCK];
    Py_ssize_t len;  /* 0 if it is not short ASCII */
} Separator;

/* One call of an encoder. */
typedef struct {
    Encoder *encoder;
    PyObject *markers;  /* NULL for None */
    PyObject *indent;   /* NULL for None */
    Py_ssize_t level;   /* of the indent */
    Py_ssize_t patience;
    Frame *unmarked[UNMARKED];  /* the innermost levels, which are not in the dict of markers yet */
    int unmarked_count;
    Separator key_separator, item_separator;
    Buffer buffer;
} Writer;

/* --- Circular references ---------------------------------------------------------- */

/* Puts all that are open into the dict of markers, where other code may look at it. */
static int
mark_all(Writer *w)
{
    int n = 0, rv = 0;
    for (; n < w->unmarked_count; n++) {
        Frame *frame = w->unmarked[n];
        PyObject *id = PyLong_FromVoidPtr(frame->object);
        if (id == NULL || PyDict_SetItem(w->markers, id, frame->object) < 0) {
            Py_XDECREF(id);
            rv = -1;
            break;
        }
        frame->id = id;
    }
    w->unmarked_count -= n;
    memmove(w->unmarked, w->unmarked + n, (size_t)w->unmarked_count * sizeof *w->unmarked);
    return rv;
}

/* Takes the level out of the dict of markers again: whether it was there as mark_all() left it. */
static bool
unmark(Writer *w, Frame *frame)
{
    if (PyDict_GetItemWithError(w->markers, frame->id) != frame->object
        || PyDict_DelItem(w->markers, frame->id) < 0)
    {
        PyErr_Clear();
        return false;
    }
    Py_CLEAR(frame->id);
    return true;
}

/* Levels are in the dict of markers for this time alone: with an empty one enter() is faster. */
Py_NO_INLINE static int
run_handlers(Writer *w)
{
    Frame *levels[UNMARKED];
    int n = w->unmarked_count, kept = n;
    memcpy(levels, w->unmarked, sizeof levels);
    w->patience = PATIENCE;
    if (mark_all(w) < 0 || PyErr_CheckSignals() < 0) {
        return -1;
    }
    while (kept > 0 && unmark(w, levels[kept - 1])) {
        kept--;
    }
    w->unmarked_count = n - kept;
    memcpy(w->unmarked, levels + kept, (size_t)w->unmarked_count * sizeof *levels);
    return 0;
}

/* mark_all() with an exception set. */
static void
mark_all_raised(Writer *w)
{
    if (w->unmarked_count > 0) {
        Raised raised;
        raised_save(&raised);
        if (mark_all(w) < 0) {
            PyErr_Clear();
        }
        raised_restore(&raised);
    }
}

/* 1 with an exception if the object is open, 0 if not, -1 with another exception. */
static int
is_open(Writer *w, PyObject *object)
{
    bool found = false;
    for (int i = 0; i < w->unmarked_count; i++) {
        found |= w->unmarked[i]->object == object;
    }
    if (found) {
        /* In the dict of markers it would be compared, which counts as a call. */
        if (Py_EnterRecursiveCall(" in comparison") != 0) {
            return -1;
        }
        Py_LeaveRecursiveCall();
    }
    else if (PyDict_GET_SIZE(w->markers) > 0) {
        PyObject *id = PyLong_FromVoidPtr(object);
        int rv = id == NULL ? -1 : PyDict_Contains(w->markers, id);
        Py_XDECREF(id);
        if (rv < 0) {
            return -1;
        }
        found = rv;
    }
    if (found) {
        PyErr_SetString(PyExc_ValueError, "Circular reference detected");
    }
    return found;
}

static int
enter(Writer *w, Frame *frame, PyObject *object)
{
    frame->object = object;
    frame->id = NULL;
    if (w->markers == NULL) {
        return 0;
    }
    if (is_open(w, object) != 0 || (w->unmarked_count == UNMARKED && mark_all(w) < 0)) {
        return -1;
    }
    w->unmarked[w->unmarked_count++] = frame;
    return 0;
}

/* With rv < 0 an exception is set, and what is open remains in the dict of markers. */
static int
leave(Writer *w, Frame *frame, int rv)
{
    if (w->markers == NULL) {
        return rv;
    }
    if (rv < 0) {
        mark_all_raised(w);
    }
    if (frame->id == NULL) {
        w->unmarked_count--;
        return rv;
    }
    if (rv == 0) {
        rv = PyDict_DelItem(w->markers, frame->id);
    }
    Py_CLEAR(frame->id);
    return rv;
}

/* --- Strings, numbers, separators -------------------------------------------------- */

static inline Py_ALWAYS_INLINE int
write_string(Writer *w, PyObject *str)
{
    if (webstr_ready(str) < 0) {
        return -1;
    }
    w->patience -= (Py_ssize_t)((size_t)PyUnicode_GET_LENGTH(str) / PATIENCE_CHARACTERS);
    return w->encoder->ascii ? buffer_put_string(&w->buffer, str, true)
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
    if (mark_all(w) == 0) {
        PyErr_Format(PyExc_ValueError, "Out of range float values are not JSON compliant: %R", number);
    }
#endif
    return -1;
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
    /* Which may run Python code, and handlers of signals. */
    PyObject *text = mark_all(w) < 0 ? NULL : PyLong_Type.tp_repr(number);
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

Py_NO_INLINE static int
write_indented_line(Writer *w)
{
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

static inline int
write_newline(Writer *w)
{
    return w->indent == NULL ? 0 : write_indented_line(w);
}

/* What stands before an item: nothing before the first of a list. */
static inline int
write_item_separator(Writer *w)
{
    return write_separator(w, &w->item_separator) < 0 ? -1 : write_newline(w);
}

/* None, True and False: 1 if the object is one of them, and it is written, 0 if not, -1 with an exception. */
static inline int
write_constant(Writer *w, PyObject *object)
{
    int rv = object == Py_None ? buffer_put_block(&w->buffer, "null\0\0\0", 4)
             : object == Py_True ? buffer_put_block(&w->buffer, "true\0\0\0", 4)
             : object == Py_False ? buffer_put_block(&w->buffer, "false\0\0", 5)
                                  : 1;
    return rv > 0 ? 0 : rv == 0 ? 1 : -1;
}

/* 1 if the object is of those that most are, and it is written: in this, no other code runs. Else 0,
 * as it is where handlers of signals are to run; or -1 with an exception. */
static inline Py_ALWAYS_INLINE int
write_plain(Writer *w, PyObject *object)
{
    if (w->patience-- <= 0) {
        return 0;
    }
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
    else if (type == &PyFloat_Type && has_text(w, PyFloat_AS_DOUBLE(object))) {
        rv = write_float(w, PyFloat_AS_DOUBLE(object));
    }
    else {
        return write_constant(w, object);
    }
    return rv < 0 ? -1 : 1;
}

/* The same where it is not called once for each item. */
Py_NO_INLINE static int
write_if_plain(Writer *w, PyObject *object)
{
    return write_plain(w, object);
}

/* --- The items of a level ----------------------------------------------------------- */

/* Those of a level that are plain are written, up to one that is not. */
enum {
    DONE,               /* there is none, and the level is complete */
    VALUE,              /* this value is to be written */
    FAILED = -1,        /* with an exception: before the value */
    VALUE_FAILED = -2,  /* in the value: notes name the item */
};

static inline int
write_before_key(Writer *w, bool first)
{
    return !first ? write_item_separator(w) : w->encoder->early_line ? 0 : write_newline(w);
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
    if (write_before_key(w, first) < 0 || buffer_put_char(&w->buffer, '"') < 0) {
        return -1;
    }
    int rv = write_constant(w, key);
    if (rv == 0) {
        rv = is_float ? write_any_float(w, key) : write_any_int(w, key);
    }
    if (rv < 0 || buffer_put_char(&w->buffer, '"') < 0) {
        return -1;
    }
    return write_separator(w, &w->key_separator) < 0 ? -1 : 1;
}

static inline Py_ALWAYS_INLINE int
write_key(Writer *w, PyObject *key, bool first)
{
    if (!PyUnicode_CheckExact(key) && !PyUnicode_Check(key)) {
        return write_other_key(w, key, first);
    }
    if (write_before_key(w, first) < 0 || write_string(w, key) < 0) {
        return -1;
    }
    return write_separator(w, &w->key_separator) < 0 ? -1 : 1;
}

/* An item of a dict: DONE if it is written or left out. */
static inline Py_ALWAYS_INLINE int
write_pair(Writer *w, Frame *frame, PyObject *key, PyObject *value)
{
    int rv = write_key(w, key, frame->first);
    if (rv <= 0) {
        return rv < 0 ? FAILED : DONE;
    }
    frame->first = false;
    rv = write_plain(w, value);
    return rv > 0 ? DONE : rv == 0 ? VALUE : VALUE_FAILED;
}

/* SEQUENCE. Unless it is DONE, here and below, *value is a new reference. */
static inline int
write_sequence(Writer *w, Frame *frame, PyObject **value)
{
    PyObject *items = frame->items;
    for (Py_ssize_t i = frame->next; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        int rv = FAILED;
        if (i == 0 || write_item_separator(w) == 0) {
            int plain = write_plain(w, item);
            if (plain > 0) {
                continue;
            }
            rv = plain == 0 ? VALUE : VALUE_FAILED;
        }
        frame->next = i + 1;
        *value = Py_NewRef(item);
        return rv;
    }
    return DONE;
}

/* OWN: as the dict is when it comes to an item. */
#if !LISTS_ITEMS
static inline int
write_own(Writer *w, Frame *frame, PyObject **value)
{
    PyObject *key;
    while (PyDict_Next(frame->object, &frame->next, &key, value)) {
        /* repr() of a float and of a long int may run Python code, which may take the item out. */
        bool other = !PyUnicode_CheckExact(key);
        if (other) {
            Py_INCREF(key);
            Py_INCREF(*value);
        }
        int rv = write_pair(w, frame, key, *value);
        if (rv != DONE) {
            frame->held = other ? key : Py_NewRef(key);
            if (!other) {
                Py_INCREF(*value);
            }
            return rv;
        }
        if (other) {
            Py_DECREF(key);
            Py_DECREF(*value);
        }
    }
    return DONE;
}
#endif

Py_NO_INLINE static int
write_pairs(Writer *w, Frame *frame, PyObject **value)
{
    while (frame->next < frame->size) {
        Pair *pair = &frame->pairs[frame->next++];
        int rv = write_pair(w, frame, pair->key, pair->value);
        if (rv != DONE) {
            *value = Py_NewRef(pair->value);
            return rv;
        }
    }
    return DONE;
}

/* LISTED. */
Py_NO_INLINE static int
write_listed(Writer *w, Frame *frame, PyObject **value)
{
    while (frame->next < PyList_GET_SIZE(frame->items)) {
        PyObject *item = Py_NewRef(PyList_GET_ITEM(frame->items, frame->next++));
        int rv = FAILED;
        *value = item;
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_SetString(PyExc_ValueError, "items must return 2-tuples");
        }
        else {
            *value = PyTuple_GET_ITEM(item, 1);
            rv = write_pair(w, frame, PyTuple_GET_ITEM(item, 0), *value);
        }
        if (rv != DONE) {
            frame->held = item;
            Py_INCREF(*value);
            return rv;
        }
        Py_DECREF(item);
    }
    return DONE;
}

/* OTHER: the one value. */
static int
write_returned(Writer *w, Frame *frame, PyObject **value)
{
    if (frame->next++ > 0) {
        return DONE;
    }
    int rv = write_if_plain(w, frame->items);
    if (rv > 0) {
        return DONE;
    }
    *value = Py_NewRef(frame->items);
    return rv == 0 ? VALUE : VALUE_FAILED;
}

static inline int
write_items(Writer *w, Frame *frame, PyObject **value)
{
    return frame->kind == SEQUENCE ? write_sequence(w, frame, value)
#if !LISTS_ITEMS
           : frame->kind == OWN    ? write_own(w, frame, value)
#endif
           : frame->kind == PAIRS  ? write_pairs(w, frame, value)
           : frame->kind == LISTED ? write_listed(w, frame, value)
                                   : write_returned(w, frame, value);
}

/* The note of an exception that was raised in the value. */
Py_NO_INLINE static void
note_item(Writer *w, Frame *frame)
{
    mark_all_raised(w);  /* repr() of the key may run Python code */
    PyObject *object = frame->object;
    (void)object;  /* only notes name it */
    switch (frame->kind) {
    case SEQUENCE:
        ADD_NOTE("when serializing %T item %zd", object, frame->next - 1);
        break;
    case PAIRS:
        ADD_NOTE("when serializing %T item %R", object, frame->pairs[frame->next - 1].key);
        break;
    case OWN:
        ADD_NOTE("when serializing %T item %R", object, frame->held);
        break;
    case LISTED:
        ADD_NOTE("when serializing %T item %R", object, PyTuple_GET_ITEM(frame->held, 0));
        break;
    case OTHER:
        ADD_NOTE("when serializing %T object", object);
    }
}

/* After the value, whose reference goes: 0, or -1 with an exception. */
static inline int
end_value(Writer *w, Frame *frame, PyObject *value, int rv)
{
    if (rv == VALUE_FAILED) {
        note_item(w, frame);
    }
    if (frame->kind == OWN || frame->kind == LISTED) {
        Py_DECREF(frame->held);
    }
    Py_DECREF(value);
    return rv < 0 ? -1 : 0;
}

/* VALUE, DONE, or -1 with an exception. */
static inline int
write_level(Writer *w, Frame *frame, PyObject **value)
{
    int rv = write_items(w, frame, value);
    return rv < 0 ? end_value(w, frame, *value, rv) : rv;
}

/* --- Sequences ------------------------------------------------------------------------ */

/* Of the two functions here and below, the first opens a level: 1, or 0 if the container is empty and
 * written, or -1 with an exception. The second closes it: 0, or -1 with an exception, as always with
 * rv < 0. */

static inline void
lock(Frame *frame, PyObject *object)
{
#ifdef Py_GIL_DISABLED
    PyCriticalSection_Begin(&frame->section, object);
#else
    (void)frame;
    (void)object;
#endif
}

static inline void
unlock(Frame *frame)
{
#ifdef Py_GIL_DISABLED
    PyCriticalSection_End(&frame->section);
#else
    (void)frame;
#endif
}

static int
close_sequence(Writer *w, Frame *frame, int rv)
{
    w->level--;
    unlock(frame);
    rv = leave(w, frame, rv);
    if (rv == 0 && (write_newline(w) < 0 || buffer_put_char(&w->buffer, ']') < 0)) {
        rv = -1;
    }
    Py_DECREF(frame->items);
    return rv;
}

static int
open_sequence(Writer *w, Frame *frame, PyObject *sequence)
{
    /* A subclass is iterated over. */
    PyObject *items = PyList_CheckExact(sequence) || PyTuple_CheckExact(sequence) ? Py_NewRef(sequence)
                      : mark_all(w) < 0 ? NULL : PySequence_Fast(sequence, NEEDS_A_SEQUENCE);
    if (items == NULL) {
        return -1;
    }
    if (PySequence_Fast_GET_SIZE(items) == 0) {
        Py_DECREF(items);
        return buffer_put_ascii(&w->buffer, "[]", 2);
    }
    if (enter(w, frame, sequence) < 0) {
        Py_DECREF(items);
        return -1;
    }
    frame->kind = SEQUENCE;
    frame->items = items;
    frame->next = 0;
    w->level++;
    lock(frame, items);
    if (buffer_put_char(&w->buffer, '[') < 0 || write_newline(w) < 0) {
        return close_sequence(w, frame, -1);
    }
    return 1;
}

/* --- Dicts ---------------------------------------------------------------------------- */

static void
free_pairs(Pair *pairs, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_DECREF(pairs[i].key);
        Py_DECREF(pairs[i].value);
    }
    PyMem_Free(pairs);
}

/* The first eight characters of the key as bytes of a number, with zeros after a shorter key. From 255 on
 * a character, and what follows it, is 255. So of two numbers the less has the less key. */
static inline uint64_t
start_of(PyObject *key)
{
    int kind = (int)PyUnicode_KIND(key);
    const void *text = PyUnicode_DATA(key);
    Py_ssize_t len = Py_MIN(PyUnicode_GET_LENGTH(key), 8);
    uint64_t start = 0;
    for (int i = 0; i < len; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, text, i);
        if (c >= 255) {
            return start | UINT64_MAX >> 8 * i;
        }
        start |= (uint64_t)c << (56 - 8 * i);
    }
    return start;
}

static inline bool
is_less(const Pair *a, const Pair *b)
{
    if (a->start != b->start) {
        return a->start < b->start;
    }
    return PyUnicode_Compare(a->key, b->key) < 0;
}

/* Merges halves; there is scratch for one. */
static void
sort_pairs(Pair *pairs, Py_ssize_t n, Pair *scratch)
{
    if (n <= 8) {
        for (Py_ssize_t i = 1, j; i < n; i++) {
            Pair pair = pairs[i];
            for (j = i; j > 0 && is_less(&pair, &pairs[j - 1]); j--) {
                pairs[j] = pairs[j - 1];
            }
            pairs[j] = pair;
        }
        return;
    }
    Py_ssize_t half = n / 2, left = 0, right = half, to = 0;
    sort_pairs(pairs, half, scratch);
    sort_pairs(pairs + half, n - half, scratch);
    if (is_less(&pairs[half - 1], &pairs[half])) {
        return;
    }
    memcpy(scratch, pairs, (size_t)half * sizeof *pairs);
    while (left < half) {
        pairs[to++] = right < n && is_less(&pairs[right], &scratch[left]) ? pairs[right++] : scratch[left++];
    }
}

/* Whether it is an OrderedDict and its items() are the type's, which instances may replace. */
static bool
is_ordered(Writer *w, PyObject *dict)
{
#ifdef Py_GIL_DISABLED
    (void)w;
    (void)dict;
    return false;  /* other threads may change it between two items */
#else
    if (!PyODict_CheckExact(dict)) {
        return false;
    }
    PyObject *method = PyObject_GetAttr(dict, w->encoder->items);
    if (method == NULL) {
        PyErr_Clear();
        return false;
    }
    bool found = PyCFunction_CheckExact(method) && PyCFunction_GET_SELF(method) == dict
                 && ((PyCFunctionObject *)method)->m_ml == w->encoder->ordered_items;
    Py_DECREF(method);
    return found;
#endif
}

/* Whether an OrderedDict, of whose keys none has code of its own, has the order of the dict within. */
static bool
is_in_order(PyObject *dict, const Pair *pairs, Py_ssize_t n)
{
    PyObject *keys = PyObject_GetIter(dict), *key;
    Py_ssize_t i = 0;
    bool same = keys != NULL;
    while (same && (key = PyIter_Next(keys)) != NULL) {
        same = i < n && pairs[i++].key == key;
        Py_DECREF(key);
    }
    Py_XDECREF(keys);
    same = same && i == n && !PyErr_Occurred();
    PyErr_Clear();
    return same;
}

/* PAIRS, in the order of the keys if `sort`: 1, or 0 if items() may give others, or in another order. Keys
 * that are not exact strs may have code of their own. */
static int
copy_items(Frame *frame, bool sort)
{
    PyObject *dict = frame->object, *key, *value;
    Py_ssize_t size, n = 0, pos = 0;
    Pair *pairs;
    bool ordered = !PyAnyDict_CheckExact(dict), strs = sort || ordered, all = true;
    Py_BEGIN_CRITICAL_SECTION(dict);
    size = PyDict_GET_SIZE(dict);
    pairs = size > PY_SSIZE_T_MAX / 2 ? NULL : PyMem_New(Pair, sort ? size + size / 2 : size);
    while (pairs != NULL && all && n < size && PyDict_Next(dict, &pos, &key, &value)) {
        all = !strs || PyUnicode_CheckExact(key);
        pairs[n++] = (Pair){Py_NewRef(key), Py_NewRef(value), sort && all ? start_of(key) : 0};
    }
    Py_END_CRITICAL_SECTION();
    if (pairs == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (!all || (ordered && !is_in_order(dict, pairs, n))) {
        free_pairs(pairs, n);
        return 0;
    }
    frame->kind = PAIRS;
    frame->pairs = pairs;
    frame->size = n;
    if (sort && n > 1) {
        /* A comparison of two keys counts as a call. */
        if (Py_EnterRecursiveCall(" in comparison") != 0) {
            return -1;
        }
        sort_pairs(pairs, n, pairs + n);
        Py_LeaveRecursiveCall();
    }
    return 1;
}

static int
find_items(Writer *w, Frame *frame)
{
    PyObject *dict = frame->object;
    bool sort = w->encoder->sort_keys;
    bool exact = PyAnyDict_CheckExact(dict);
    if (!LISTS_ITEMS && exact && !sort) {
        frame->kind = OWN;
        lock(frame, dict);
        return 0;
    }
    if (exact || is_ordered(w, dict)) {
        /* items() is a call. */
        if (!exact) {
            if (Py_EnterRecursiveCall(" while calling a Python object") != 0) {
                return -1;
            }
            Py_LeaveRecursiveCall();
        }
        int rv = copy_items(frame, sort);
        if (rv != 0) {
            return rv < 0 ? -1 : 0;
        }
    }
    if (mark_all(w) < 0) {
        return -1;
    }
    frame->items = PyMapping_Items(dict);
    return frame->items == NULL || (sort && PyList_Sort(frame->items) < 0) ? -1 : 0;
}

static int
close_dict(Writer *w, Frame *frame, int rv)
{
    w->level--;
    if (frame->kind == OWN) {
        unlock(frame);
    }
    else if (frame->kind == PAIRS) {
        free_pairs(frame->pairs, frame->size);
    }
    else {
        Py_XDECREF(frame->items);
    }
    rv = leave(w, frame, rv);
    if (rv == 0 && (((w->encoder->early_line || !frame->first) && write_newline(w) < 0)
                    || buffer_put_char(&w->buffer, '}') < 0))
    {
        rv = -1;
    }
    return rv;
}

static int
open_dict(Writer *w, Frame *frame, PyObject *dict)
{
    if (PyDict_GET_SIZE(dict) == 0) {
        return buffer_put_ascii(&w->buffer, "{}", 2);
    }
    if (enter(w, frame, dict) < 0) {
        return -1;
    }
    frame->kind = LISTED;
    frame->items = NULL;
    frame->next = 0;
    frame->first = true;
    w->level++;
    if (buffer_put_char(&w->buffer, '{') < 0 || (w->encoder->early_line && write_newline(w) < 0)
        || find_items(w, frame) < 0)
    {
        return close_dict(w, frame, -1);
    }
    return 1;
}

/* --- Other objects -------------------------------------------------------------------- */

static int
close_other(Writer *w, Frame *frame, int rv)
{
    Py_LeaveRecursiveCall();
    Py_DECREF(frame->items);
    return leave(w, frame, rv);
}

static int
open_other(Writer *w, Frame *frame, PyObject *object)
{
    if (enter(w, frame, object) < 0) {
        return -1;
    }
    PyObject *other = mark_all(w) < 0 ? NULL : PyObject_CallOneArg(w->encoder->defaultfn, object);
    if (other == NULL || Py_EnterRecursiveCall(" while encoding a JSON object") != 0) {
        Py_XDECREF(other);
        return leave(w, frame, -1);
    }
    frame->kind = OTHER;
    frame->items = other;
    frame->next = 0;
    return 1;
}

/* --- Any value -------------------------------------------------------------------------- */

/* A value that is not plain, to which the caller holds a reference. If it is written level by level, 1,
 * and it stands in the frame; 0 if it is written; -1 with an exception. */
static inline int
open_value(Writer *w, Frame *frame, PyObject *object)
{
    if (w->patience < 0) {
        int rv = run_handlers(w) < 0 ? -1 : write_if_plain(w, object);
        if (rv != 0) {
            return rv < 0 ? -1 : 0;
        }
    }
    bool is_sequence = PyList_Check(object) || PyTuple_Check(object);
    if (!is_sequence && !PyAnyDict_Check(object)) {
        return PyUnicode_Check(object) ? write_string(w, object)
               : PyLong_Check(object) ? write_any_int(w, object)
               : PyFloat_Check(object) ? write_any_float(w, object)
                                       : open_other(w, frame, object);
    }
    if (Py_EnterRecursiveCall(" while encoding a JSON object") != 0) {
        return -1;
    }
    int rv = is_sequence ? open_sequence(w, frame, object) : open_dict(w, frame, object);
    if (rv <= 0) {
        Py_LeaveRecursiveCall();
    }
    return rv;
}

static inline int
close_value(Writer *w, Frame *frame, int rv)
{
    if (frame->kind == OTHER) {
        return close_other(w, frame, rv);
    }
    rv = frame->kind == SEQUENCE ? close_sequence(w, frame, rv) : close_dict(w, frame, rv);
    Py_LeaveRecursiveCall();
    return rv;
}

/* A value that is not plain, to which the caller holds a reference, with all in it. */
static int
write_nested(Writer *w, PyObject *object)
{
    Frame frames[LEVELS], *next = frames;  /* after the innermost level */
    PyObject *value = object;
    for (;;) {
        int rv = next == frames + LEVELS ? write_nested(w, value) : open_value(w, next, value);
        if (rv > 0) {
            next++;
        }
        else if (next == frames) {
            return rv;
        }
        else {
            rv = end_value(w, next - 1, value, rv < 0 ? VALUE_FAILED : 0);
        }
        while (rv < 0 || (rv = write_level(w, next - 1, &value)) != VALUE) {
            Frame *frame = --next;
            /* The level ends as it is complete, or with an exception; then it is a value of the one above. */
            rv = close_value(w, frame, rv);
            if (frame == frames) {
                return rv;
            }
            rv = end_value(w, frame - 1, frame->object, rv < 0 ? VALUE_FAILED : 0);
        }
    }
}

/* --- The whole text ------------------------------------------------------------------------- */

PyObject *
webstr_json_text(Encoder *encoder, PyObject *object)
{
    Writer w;
    w.encoder = encoder;
    w.markers = encoder->markers == Py_None ? NULL : encoder->markers;
    w.indent = encoder->indent == Py_None ? NULL : encoder->indent;
    w.level = 0;
    w.patience = PATIENCE;
    w.unmarked_count = 0;
    separator_init(&w.key_separator, encoder->key_separator);
    separator_init(&w.item_separator, encoder->item_separator);
    buffer_init(&w.buffer);

    int rv = write_if_plain(&w, object);
    if (rv == 0) {
        rv = write_nested(&w, object);
    }
    if (rv < 0) {
        buffer_free(&w.buffer);
        return NULL;
    }
    return buffer_finish(&w.buffer);
}
