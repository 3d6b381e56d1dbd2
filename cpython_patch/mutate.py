#!/usr/bin/env python3
"""Mutation testing of the C glue: webstr_str.h, webstr_json.h and the sources of the package.

Each mutation changes one place of one file, builds the extension that has it anew, and runs the
tests until one fails. A mutation that no test notices is a survivor; one whose text no longer
stands in its file exactly once is an error, so that the list keeps up with the code.

    make mutants-glue [ARGS="--only TEXT"]
"""

import argparse
import functools
import itertools
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "stage"
OUT = ROOT / "build" / "mutants-glue"
# Trees of test.sh. The debug build asserts and counts references.
TREE = ROOT / "build" / "cpython" / "test" / "3.14-debug"
TIMEOUT = 600  # of one run of tests; an endless loop is noticed, too

JSON, STR = "cpython_patch/webstr_json.h", "cpython_patch/webstr_str.h"
MODULE, STRING, ENCODER, EXCEPTION, WRITER, BUFFER, NUMBER = PACKAGE = tuple(
    f"python/src/{name}" for name in ("_webstr.c", "json_string.c", "json_encoder.c", "json_exception.h",
                                      "json_writer.c", "json_buffer.h", "json_number.h"))

# (file, text, text in its place)
MUTATIONS = [
    # --- webstr_json.h: a new str
    (JSON, "? escape_unicode(pystr) : webstr_encode(pystr, false)", "? escape_unicode(pystr) : webstr_encode(pystr, true)"),
    (JSON, "? ascii_escape_unicode(pystr) : webstr_encode(pystr, true)", "? ascii_escape_unicode(pystr) : webstr_encode(pystr, false)"),
    (JSON, "#define ascii_escape_unicode webstr_ascii_escape_unicode", "#define ascii_escape_unicode webstr_escape_unicode"),
    # --- The encoder's writer
    (JSON, "if (ascii || PyUnicode_IS_ASCII(pystr)) {", "if (true) {"),
    (JSON, "escape(pystr, ascii, buffer, WEBSTR_BUFFER);", "escape(pystr, ascii, buffer, WEBSTR_BUFFER / 2);"),
    (JSON, "if (size <= WEBSTR_BUFFER) {", "if (true) {"),
    (JSON, "PyUnicodeWriter_WriteASCII(writer, buffer, size);", "PyUnicodeWriter_WriteASCII(writer, buffer, size - 1);"),
    (JSON, "    Py_DECREF(escaped);\n", ""),
    (JSON, "webstr_maxchar(pystr, ascii);", "127;"),
    (JSON, "if ((int)writer->kind != kind) {", "if ((int)writer->kind < kind) {"),
    (JSON, "if ((int)writer->kind != kind) {", "if (false) {"),
    (JSON, "room = writer->size - writer->pos;", "room = writer->size;"),
    (JSON, "room = writer->size - writer->pos;", "room = (writer->size - writer->pos) * kind;"),
    (JSON, "writer->pos * kind,", "writer->pos,"),
    (JSON, "} while (size > room);", "} while (false);"),
    (JSON, "} while (size > room);", "} while (size > room + 1);"),
    (JSON, "writer->pos += size;", "writer->pos += room;"),
    (JSON, "writer->pos += size;", "writer->pos += size - 1;"),
    (JSON, "return webstr_write(writer, pystr, true);", "return webstr_write(writer, pystr, false);"),
    (JSON, "return webstr_write(writer, pystr, false);", "return webstr_write(writer, pystr, true);"),
    # --- webstr_str.h: a new str
    (STR, "return ascii ? 127 : PyUnicode_MAX_CHAR_VALUE(pystr);", "return PyUnicode_MAX_CHAR_VALUE(pystr);"),
    (STR, "return ascii ? (int)PyUnicode_1BYTE_KIND : ", "return "),
    (STR, "? escape_json_ascii_ucs1_into(", "? escape_json_ucs1_into("),
    (STR, "? escape_json_ascii_ucs2_into(", "? escape_json_ascii_ucs1_into("),
    (STR, ": escape_json_ucs2_into(", ": escape_json_ucs1_into("),
    (STR, ": escape_json_ucs4_into(", ": escape_json_ascii_ucs4_into("),
    (STR, "Py_UCS4 buffer[WEBSTR_BUFFER / sizeof(Py_UCS4)];", "Py_UCS4 buffer[WEBSTR_BUFFER / sizeof(Py_UCS4) / 2];"),
    (STR, "Py_ssize_t room = WEBSTR_BUFFER / kind;", "Py_ssize_t room = WEBSTR_BUFFER;"),
    (STR, "bool on_stack = size <= room;", "bool on_stack = size < 2 * room;"),
    (STR, "(size_t)(size * kind));", "(size_t)size);"),
    (STR, "(size_t)(size * kind));", "(size_t)(size * kind) - 1);"),
    (STR, "PyUnicode_DATA(rval), size);", "PyUnicode_DATA(rval), size + 8);"),
    (STR, "if (needed == size) {", "if (true) {"),
    (STR, "        Py_DECREF(rval);\n        size = needed;", "        size = needed;"),
    # --- The package's module and its strings
    (MODULE, "|| PyUnicode_GET_LENGTH(key) != SEC_WEBSOCKET_KEY_LEN)", ")"),
    (MODULE, "|| !PyUnicode_IS_ASCII(key)", ""),
    (MODULE, "return accept_bytes(valid_key_bytes(key));", "return accept_bytes(key_bytes(key));"),
    (MODULE, "return accept_bytes(key_bytes(key));", "return accept_bytes(valid_key_bytes(key));"),
    (MODULE, "            const void *bytes = valid_key_bytes(", "            const void *bytes = key_bytes("),
    (MODULE, "if (!PyErr_Occurred()) {", "if (PyErr_Occurred()) {"),
    (MODULE, "memcpy(src + i * SEC_WEBSOCKET_KEY_LEN,", "memcpy(src + i * SEC_WEBSOCKET_ACCEPT_LEN,"),
    (MODULE, "PyList_SET_ITEM(values, done + i, value);", "PyList_SET_ITEM(values, i, value);"),
    (MODULE, "        done += batch;\n    }\n    Py_DECREF(keys);\n", "        done += batch;\n    }\n"),
    (MODULE, "error:\n    Py_DECREF(keys);\n", "error:\n"),
    (MODULE, "    Py_DECREF(values);\n", ""),
    (STRING, "if (!PyUnicode_Check(str)) {", "if (false) {"),
    (STRING, "if (nargs != 1) {", "if (nargs < 1) {"),
    (STRING, "if (ascii < 0) {", "if (false) {"),
    (ENCODER, "    Py_XDECREF(replacement);\n    Py_XDECREF(name);\n", "    Py_XDECREF(replacement);\n"),
    (ENCODER, "    Py_DECREF(capsule);\n    return result;", "    return result;"),
    (ENCODER, "        Py_XDECREF(json->ours[form]);\n", ""),
    # --- Its encoder
    (WRITER, "if (id == NULL || PyDict_SetItem(w->markers, id, frame->object) < 0) {", "if (id == NULL) {"),
    (WRITER, "found |= up->object == object;", ""),
    (WRITER, "    if (!found && PyDict_GET_SIZE(w->markers) > 0) {", "    if (false) {"),
    (WRITER, "    if (w->unmarked == UNMARKED && mark_all(w) < 0) {", "    if (false) {"),
    (WRITER, "PyObject *other = mark_all(w) < 0 ? NULL : ", "PyObject *other = "),
    (WRITER, "        if (mark_all(w) < 0) {\n            PyErr_Clear();", "        if (false) {\n            PyErr_Clear();"),
    (WRITER, "return w->encoder->allow_nan || isfinite(value);", "return true;"),
    (WRITER, "value > 0 ? buffer_put_ascii(&w->buffer, \"Infinity\", 8)", "value < 0 ? buffer_put_ascii(&w->buffer, \"Infinity\", 8)"),
    (WRITER, "    if (!overflow) {\n        return buffer_put_int", "    if (overflow <= 0) {\n        return buffer_put_int"),
    (WRITER, "if (PyUnstable_Long_IsCompact((PyLongObject *)number)) {", "if (true) {"),
    (WRITER, "            Py_INCREF(item);\n            rv = write_value(w, item);\n            Py_DECREF(item);", "            rv = write_value(w, item);"),
    (WRITER, "    bool exact = PyList_CheckExact(sequence) || PyTuple_CheckExact(sequence);", "    bool exact = PyList_Check(sequence) || PyTuple_Check(sequence);"),
    (WRITER, "        if (w->encoder->skipkeys) {", "        if (!w->encoder->skipkeys) {"),
    (WRITER, "is_float ? write_any_float(w, key)", "is_float ? 0"),
    (WRITER, "    bool other = !PyUnicode_CheckExact(key);", "    bool other = false;"),
    (WRITER, "int rv = w->encoder->sort_keys ? PyList_Sort(items) : 0;", "int rv = 0;"),
    (WRITER, "if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {", "if (!PyTuple_Check(item)) {"),
    (WRITER, "? write_listed_items(w, dict, &first)", "? write_own_items(w, dict, &first)"),
    (WRITER, "        *first = false;\n", ""),
    (ENCODER, "    PyTypeObject *type = Py_TYPE(op);\n    PyObject_GC_UnTrack(op);", "    PyTypeObject *type = Py_TYPE(op);"),
    (ENCODER, "    Py_XDECREF(self->markers);\n", ""),
    (ENCODER, "!PyLong_CheckExact(args[1])\n        || !is_zero(args[1]))", "!PyLong_CheckExact(args[1]))"),
    (ENCODER, "           && is_exact_str(args[4]) && is_exact_str(args[5]);", ";"),
    (ENCODER, "           && form_of(json, args[2]) >= 0\n", ""),
    (ENCODER, "(args[0] == Py_None || PyDict_CheckExact(args[0]))", "true"),
    (ENCODER, "encoder == json->ours[1] || encoder == json->stock[1] ? 1", "encoder == json->ours[1] ? 1"),
    (ENCODER, "        ((PyTypeObject *)type)->tp_new = NULL;\n", ""),
    # --- Its growing text
    (BUFFER, "if (b->str != NULL && buffer_move(b, b->room, maxchar) < 0) {", "if (false) {"),
    (BUFFER, "return maxchar > b->maxchar ? buffer_widen(b, maxchar) : 0;", "return 0;"),
    (BUFFER, "    Py_XSETREF(b->str, str);\n", "    b->str = str;\n"),
    (BUFFER, "        Py_DECREF(b->wide);\n", ""),
    (BUFFER, "return b->room - b->len < more ? buffer_grow(b, more) : 0;", "return b->room - b->len < more - 1 ? buffer_grow(b, more) : 0;"),
    (BUFFER, "if (b->wide_room - b->wide_len < more) {", "if (b->wide_room - b->wide_len < more - 1) {"),
    (BUFFER, "return room + (room < 32768 ? room : room / 4);", "return room + room;"),
    (BUFFER, "return buffer_flush(b) < 0 ? -1 : wide_put_units(", "return wide_put_units("),
    (BUFFER, "            return buffer_flush(b) < 0 ? -1\n                   : kind", "            return kind"),
    (BUFFER, "    b->len = 0;\n    return 0;\n}\n\n/* --- The front", "    return 0;\n}\n\n/* --- The front"),
    (BUFFER, "    } while (size > room);\n    b->wide_len", "    } while (false);\n    b->wide_len"),
    (BUFFER, "    } while (size > room);\n    b->len", "    } while (false);\n    b->len"),
    (BUFFER, "escaped + !first, 2,", "escaped, 2,"),
    (BUFFER, "WIDEN_BLOCK(to + n - 16, from + n - 16, 16);", ""),
    # --- Its numbers
    (NUMBER, "if (rest == half || below == ten_k || above == ten_k) {", "if (false) {"),
    (NUMBER, "m += rest > half;", ""),
    (NUMBER, "if (!(size >= 1e-4 && size < 1e15)) {", "if (!(size >= 1e-5 && size < 1e15)) {"),
    (NUMBER, "if (below < ten_k || above < ten_k) {", "if (below < ten_k) {"),
    (NUMBER, "uint64_t n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, head = n;", "uint64_t n = (uint64_t)value, head = n;"),
    (NUMBER, "if (n >= (uint64_t)block * block) {", "if (n > (uint64_t)block * block) {"),
]


# --- The extensions, each built into a folder that goes before the installed one ---

def run(command, folder=ROOT, **environment):
    """Whether it succeeded in time; OUT/log has what it printed."""
    with open(OUT / "log", "w") as log:
        try:
            return subprocess.run(
                command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, timeout=TIMEOUT).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def build_extension(output, sources, folders, *options):
    command = [*shlex.split(os.environ.get("CC", "cc")), "-shared", "-fPIC", "-O1", "-w", *options,
               *(f"-I{folder}" for folder in folders), "-o", output, *sources, STAGE / "lib/libwebstr.a",
               "-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"]
    if not run(command):
        sys.exit(f"mutate.py: {output.name} cannot be built:\n{(OUT / 'log').read_text()}")


def fresh_folder(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@functools.cache
def tree_variable(name):
    return subprocess.run([TREE / "python", "-c", f"import sysconfig; print(sysconfig.get_config_var('{name}'))"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def build_json(texts):
    """_json of TREE."""
    folder = fresh_folder("json")
    sources = TREE / tree_variable("srcdir")
    (folder / "_webstr").mkdir()
    for file in JSON, STR:
        (folder / "_webstr" / Path(file).name).write_text(texts[file])
    # Beside the glue, as the compiler looks for it there first.
    shutil.copy(sources / "Modules" / "_json.c", folder)
    build_extension(folder / ("_json" + tree_variable("EXT_SUFFIX")), [folder / "_json.c"],
                    [STAGE / "include", TREE, sources / "Include", sources / "Include/internal",
                     sources / "Modules"], "-DHAVE_WEBSTR")
    return folder


def build_package(texts):
    """The package of python/, for TREE."""
    folder = fresh_folder("package")
    package = shutil.copytree(ROOT / "python/src/webstr", folder / "webstr")
    for file in STR, *PACKAGE:
        (folder / Path(file).name).write_text(texts[file])
    for header in "_webstr.h", "json_encoder.h":
        shutil.copy(ROOT / "python/src" / header, folder)
    shutil.copy(STAGE / "lib/libwebstr.so", package)
    build_extension(package / ("_webstr" + tree_variable("EXT_SUFFIX")), sorted(folder.glob("*.c")),
                    [folder, STAGE / "include", TREE, Path(tree_variable("srcdir")) / "Include"])
    return folder


# --- Their tests, fast ones first ---------------------------------------------

HERE = Path(__file__).resolve().parent
PYTEST = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
PACKAGE_TESTS = [
    [*PYTEST, "-k", "not random and not memory", "test_json_encoder.py"],
    [*PYTEST, "-k", "not fork and not cpythons_own", "test_accept.py", "test_patch_json.py"],
    [*PYTEST, "-k", "random or memory", "test_json_encoder.py"],
    [*PYTEST, "-k", "no_leaks or ctypes_api or threads", "test_module.py"],
    [*PYTEST, "-k", "not huge and not simplejson", "test_escape_json.py"],
]
WRITER_TESTS = ["test_writer_becomes_wider", "test_str_subclass", "test_length_of_all_kinds", "test_growth"]
JSON_TESTS = [
    [TREE / "python", HERE / "test_encoder.py", "--failfast", *(f"EncoderTest.{name}" for name in WRITER_TESTS)],
    [TREE / "python", "-m", "test", "-R", "3:3", "--testdir", HERE, "test_encoder",
     *itertools.chain(*(("-m", name) for name in WRITER_TESTS[:2]))],
    [TREE / "python", HERE / "test_encoder.py", "--failfast"],
]


def failing(tests, build, texts):
    """The first of the tests that fails with these texts."""
    folder = build(texts)
    for command in tests:
        # The count of references leaves a file where it runs.
        where = ROOT / "python/tests" if build is build_package else folder
        if not run(command, where, PYTHONPATH=str(folder), LEAK_ROUNDS="1000", WEBSTR_DOCUMENTS="3000"):
            return " ".join(Path(word).name for word in command[2:])
    return None


def caught(file, texts):
    if file != JSON:
        # The changed file's own tests first.
        first = {STR: -1, MODULE: 1}.get(file, 0)
        found = failing(PACKAGE_TESTS[first:] + PACKAGE_TESTS[:first], build_package, texts)
        if found or file in PACKAGE:
            return found
    return failing(JSON_TESTS, build_json, texts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="TEXT", default="", help="the mutations whose file or texts have it")
    only = parser.parse_args().only
    if not (TREE / "python").exists():
        sys.exit("mutate.py: CPython is not built yet: cpython_patch/test.sh 3.14-debug")
    OUT.mkdir(parents=True, exist_ok=True)

    texts = {file: (ROOT / file).read_text() for file in (JSON, STR, *PACKAGE)}
    wrong = [f"{file}: {old!r} occurs {texts[file].count(old)} times"
             for file, old, _ in MUTATIONS if texts[file].count(old) != 1]
    if wrong:
        sys.exit("\n".join(wrong))
    for file in JSON, MODULE:
        found = caught(file, texts)
        if found:
            sys.exit(f"mutate.py: {found} fails without any mutation:\n{(OUT / 'log').read_text()}")

    count = survivors = 0
    for file, old, new in MUTATIONS:
        if not any(only in text for text in (file, old, new)):
            continue
        start = time.monotonic()
        found = caught(file, {**texts, file: texts[file].replace(old, new)})
        count += 1
        survivors += found is None
        print(f"{found or 'SURVIVED'}, {time.monotonic() - start:.0f} s: {file}: {old!r} -> {new!r}", flush=True)
    print(f"{count} mutations, {count - survivors} caught, {survivors} survived")
    sys.exit(survivors > 0 or count == 0)


if __name__ == "__main__":
    main()
