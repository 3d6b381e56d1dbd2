"""patch_json(): the same results from a json that escapes with webstr."""

import _json
import contextlib
import copy
import ctypes
import gc
import importlib
import inspect
import io
import json
import os
import pickle
import re
import shlex
import subprocess
import sys
import textwrap
import threading
import unittest
import zipfile
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import webstr
from strings import TEXT, Name, Str
from webstr import _patch

STOCK = [getattr(json.encoder, name) for name in _patch.NAMES]
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda child: st.lists(child) | st.dictionaries(TEXT, child),
    max_leaves=20,
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "ensure_ascii": st.booleans(),
        "indent": st.none() | st.integers(0, 4) | st.just("\t"),
        "sort_keys": st.booleans(),
        "skipkeys": st.booleans(),
        "separators": st.just((",", ":")),
        "check_circular": st.booleans(),
    },
)


def is_patched():
    now = [getattr(json.encoder, name) for name in _patch.NAMES]
    kept = [a is b for a, b in zip(now, STOCK)]
    assert all(kept) or not any(kept)
    return not any(kept)


def every_way(document, options):
    file = io.StringIO()
    json.dump(document, file, **options)
    encoder = json.JSONEncoder(**options)
    return json.dumps(document, **options), file.getvalue(), encoder.encode(document), \
        list(encoder.iterencode(document))


@given(DOCUMENTS, OPTIONS)
def test_documents(document, options):
    expected = every_way(document, options)
    with webstr.patch_json():
        assert is_patched()
        assert every_way(document, options) == expected
    assert not is_patched()


@pytest.mark.parametrize("document", [
    {Str("a\tb"): Str("é\n")}, [Name.TAB], {Name.TAB: 1}, Str('"'), {1: "a", None: "b", True: "c"},
], ids=["str subclasses", "enum", "enum key", "subclass", "other keys"])
def test_subclasses_and_keys(document):
    for ensure_ascii in False, True:
        expected = every_way(document, {"ensure_ascii": ensure_ascii})
        with webstr.patch_json():
            assert every_way(document, {"ensure_ascii": ensure_ascii}) == expected


@pytest.mark.parametrize("document, error", [
    ({(1, 2): 3}, TypeError), (object(), TypeError), ([float("nan")], ValueError), (b"a", TypeError),
], ids=["key", "object", "nan", "bytes"])
def test_exceptions(document, error, patched):
    with pytest.raises(error):
        json.dumps(document, allow_nan=False)


def test_own_encoder_and_default(patched):
    class Encoder(json.JSONEncoder):
        def default(self, o):
            return sorted(o)

    assert json.dumps({"a": {"c", "b"}}, cls=Encoder) == '{"a": ["b", "c"]}'
    for make_encoder in STOCK[0], json.encoder.c_make_encoder:
        encode = make_encoder(None, None, lambda s: "<" + s + ">", None, ":", ",", True, False, True)
        assert "".join(encode({"b": "x", "a": "y"}, 0)) == "{<a>:<y>,<b>:<x>}"
        arguments = [None, None, json.encoder.encode_basestring, None, ":", ",", False, False, True]
        assert "".join(make_encoder(*arguments)(["é\n"], 0)) == r'["é\n"]'
        for wrong in [*(arguments[:n] for n in range(9)), [*arguments, None]]:
            with pytest.raises(TypeError):
                make_encoder(*wrong)
        with pytest.raises(TypeError):
            make_encoder(1, None, json.encoder.encode_basestring, None, ":", ",", 0, 0, 1)
        keywords = dict(markers=None, default=None, encoder=json.encoder.encode_basestring,
                        indent=None, key_separator=":", item_separator=",", sort_keys=False,
                        skipkeys=False, allow_nan=True)
        assert "".join(make_encoder(**keywords)(["é\n"], 0)) == r'["é\n"]'


def test_both_forms_in_containers(patched):
    for text in "é\x7f", "é" * 100:
        for wrap in lambda s: [s], lambda s: {"key": s}, lambda s: {s: 1}:
            plain, escaped = (json.dumps(wrap(text), ensure_ascii=form) for form in (False, True))
            assert text in plain and "\\" not in plain and escaped.isascii()


def test_the_encoder_is_ours(patched):
    functions = [getattr(json.encoder, name) for name in _patch.NAMES]
    encoder = functions[0](None, None, functions[2], None, ":", ",", False, False, True)
    assert type(encoder) is functions[0] and is_patched()
    assert type(functions[0].__new__(functions[0], *[None] * 4, ":", ",", 0, 0, 1)) is STOCK[0]
    for function, stock in zip(functions[1:], STOCK[1:]):
        assert function('a"é') == stock('a"é')
        with pytest.raises(TypeError, match="first argument must be a string, not int"):
            function(1)


def signature(function):
    try:
        return str(inspect.signature(function))
    except ValueError:
        return "none"


def pickled(object, protocol):
    try:
        return subprocess.run(
            [sys.executable, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer))"],
            input=pickle.dumps(object, protocol), stdout=subprocess.PIPE, check=True).stdout
    except pickle.PicklingError as error:
        return str(error)


@pytest.mark.parametrize("name, stock", [*zip(_patch.NAMES, STOCK)], ids=_patch.NAMES)
def test_they_look_like_the_stock_ones(name, stock, patched):
    ours = getattr(json.encoder, name)
    assert ours is not stock and type(ours) is type(stock) and signature(ours) == signature(stock)
    for look in "module", "name", "qualname", "doc", "text_signature", "self":
        found, expected = (getattr(function, f"__{look}__", None) for function in (ours, stock))
        assert found == expected
    assert repr(ours) == repr(stock) and {*dir(ours)} - {*dir(stock)} <= {"__vectorcalloffset__"}
    assert copy.copy(ours) is ours is copy.deepcopy(ours)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickled(ours, protocol) == pickled(stock, protocol)
        if not isinstance(stock, type):
            assert pickle.loads(pickle.dumps(ours, protocol)) is ours
            assert pickle.loads(pickle._dumps(ours, protocol)) is ours
    for other in len, json.decoder.scanstring, *STOCK[1:]:
        assert pickle.loads(pickle.dumps(other)) is other
    assert pickle.loads(pickle.dumps("A".lower))() == "a"


def test_undo_restores_the_same_objects():
    for _ in range(3):
        webstr.patch_json()
        webstr.patch_json()
        assert is_patched()
        webstr.unpatch_json()
        assert not is_patched()
        webstr.unpatch_json()
        assert not is_patched()


def test_nesting():
    with webstr.patch_json():
        with webstr.patch_json() as inner:
            with inner:
                assert is_patched()
            assert is_patched()
        assert is_patched()
        webstr.unpatch_json()
        assert is_patched()
    assert not is_patched()

    with pytest.raises(KeyError):
        with webstr.patch_json():
            raise KeyError
    assert not is_patched()


def test_a_call_outlasts_the_blocks():
    webstr.patch_json()
    with webstr.patch_json():
        pass
    assert is_patched()
    with webstr.patch_json():
        webstr.patch_json()
    assert is_patched()
    webstr.unpatch_json()
    assert not is_patched()

    undone = webstr.patch_json()
    webstr.unpatch_json()
    webstr.patch_json()
    with undone:
        pass
    assert is_patched()
    webstr.unpatch_json()
    assert not is_patched()


def test_somebody_elses_functions_stay(monkeypatch):
    def other(s):
        return STOCK[2](s)

    monkeypatch.setattr(json.encoder, "encode_basestring_ascii", other)
    with webstr.patch_json():
        assert json.encoder.encode_basestring_ascii is other
        assert json.encoder.encode_basestring is STOCK[1]
    monkeypatch.undo()

    with webstr.patch_json():
        json.encoder.encode_basestring_ascii = other
        assert json.dumps(["é"]) == r'["\u00e9"]'
    try:
        assert json.encoder.encode_basestring_ascii is other
        assert json.encoder.encode_basestring is STOCK[1]
    finally:
        json.encoder.encode_basestring_ascii = STOCK[2]
    assert not is_patched()


class Encoder:
    """In the place of _json's type: what __new__() alone would make is not initialized."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __call__(self, o, level):
        assert len(self.arguments) == 9
        return ["made by a class"]


class New:
    """What it makes is called, too."""

    def __new__(cls, *arguments):
        return Encoder(*arguments)


@pytest.mark.parametrize("make_encoder", [
    None, Encoder, type("Encoder", (Encoder,), {"__module__": "_json"}),
    type("_json.Encoder", (Encoder,), {}), type("_json.Encoder", (New,), {}),
    lambda *arguments: Encoder(*arguments), dict, bool, print,
], ids=["None", "class", "of _json", "of that name", "with __new__", "function", "dict", "bool", "builtin"])
def test_another_make_encoder(monkeypatch, make_encoder):
    monkeypatch.setattr(json.encoder, "c_make_encoder", make_encoder)
    for _ in range(2):
        with webstr.patch_json():
            assert [getattr(json.encoder, name) for name in _patch.NAMES] == [make_encoder, *STOCK[1:]]
            if make_encoder not in (dict, bool, print):
                expected = '["\\u00e9"]' if make_encoder is None else "made by a class"
                assert json.dumps(["é"]) == expected
    monkeypatch.undo()
    assert_patch_works()


class MethodDef(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = [("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int),
                ("doc", ctypes.c_char_p)]


METH_VARARGS, METH_O = 1, 8


@ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object)
def lower(self, argument):
    """Of a str, or of a tuple with one."""
    return (argument[0] if isinstance(argument, tuple) else argument).lower()


def builtin_function(module, name, flags):
    definition = MethodDef(name.encode(), ctypes.cast(lower, ctypes.c_void_p).value, flags, None)
    KEPT.append(definition)
    new = ctypes.pythonapi.PyCFunction_NewEx
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_void_p, ctypes.py_object]
    return new(ctypes.addressof(definition), None, module)


KEPT = []
KEPT = []
# What takes one argument and what does not; of another module, or another function of _json.
BUILTINS = [format, ascii, "".join, print, json.decoder.scanstring, len, str.upper, str, *STOCK[1:]]
OTHERS = [(name, builtin) for name in _patch.NAMES[1:] for builtin in BUILTINS + [
    builtin_function(module, made, flags)
    for module in ("_json", "json", 5)
    for made in ("encode_basestring", "encode_basestring_ascii", "encode_basestring_")
    for flags in (METH_VARARGS, METH_O)
    if (module, made, flags) != ("_json", name, METH_O)
] if builtin is not getattr(json.encoder, name)]


@pytest.mark.parametrize("name, builtin", OTHERS, ids=ascii)
def test_another_builtin_function(monkeypatch, name, builtin):
    monkeypatch.setattr(json.encoder, name, builtin)
    monkeypatch.setattr(json.encoder, "c_" + name, builtin)

    def outcomes():
        for text in "é", "a", "é\n" * 50:
            for ensure_ascii in True, False:
                try:
                    yield json.dumps(text, ensure_ascii=ensure_ascii)
                except TypeError as error:
                    yield str(error)

    expected = list(outcomes())
    with webstr.patch_json():
        assert not is_patched_partly()
        assert list(outcomes()) == expected
    monkeypatch.undo()
    assert_patch_works()


def is_patched_partly():
    last = _patch.STATE.last
    return any(getattr(json.encoder, name) is function for name, function in last.ours.items())


def assert_patch_works():
    assert not is_patched()
    with webstr.patch_json():
        assert is_patched() and json.dumps(["é"]) == r'["\u00e9"]'
    assert not is_patched()


@pytest.mark.parametrize("name", _patch.NAMES)
def test_a_mock_that_outlasts_the_block(name):
    """What it puts back is our function; the next call notices."""
    for after in webstr.unpatch_json, assert_patch_works_again:
        mocked = mock.patch(f"json.encoder.{name}", None)
        with webstr.patch_json():
            mocked.start()
            with webstr.patch_json():
                pass
        mocked.stop()
        assert json.dumps(["é"]) == r'["\u00e9"]'
        after()
        assert_patch_works()


def assert_patch_works_again():
    with webstr.patch_json():
        assert is_patched()


def test_references():
    """What a patch holds, it gives back; a str that is leaked but once shows nowhere else."""
    # A type's count is spread over the threads in a free-threaded build.
    held = STOCK[getattr(sys, "_is_gil_enabled", lambda: True)() is False:]
    assert_patch_works()
    gc.collect()
    before = list(map(sys.getrefcount, held))
    for _ in range(100):
        _patch.replacement(json.encoder)
    gc.collect()
    assert list(map(sys.getrefcount, held)) == before


def test_exit_without_enter():
    for _ in range(2):
        with contextlib.ExitStack() as stack:
            stack.push(webstr.patch_json())
            assert is_patched()
        assert_patch_works()
    with webstr.patch_json() as inner:
        inner.__exit__(None, None, None)
        assert not is_patched()
        # It is open no longer: neither this nor the end of the block takes anything from others.
        with webstr.patch_json():
            inner.__exit__(None, None, None)
            assert is_patched()
    webstr.patch_json()
    inner.__exit__(None, None, None)
    assert is_patched()
    webstr.unpatch_json()
    assert_patch_works()


FORK = """
    import json, os, signal, threading, warnings, webstr

    warnings.simplefilter("ignore")  # of fork() beside threads
    stop = threading.Event()

    def work():
        while not stop.is_set():
            with webstr.patch_json():
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    statuses = set()
    for _ in range(100):
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            with webstr.patch_json() as patch:
                assert patch.applied and json.dumps(["a"]) == '["a"]'
            webstr.unpatch_json()
            os._exit(0)
        statuses.add(os.waitpid(child, 0)[1])
        if statuses != {0}:
            break
    stop.set()
    for thread in threads:
        thread.join()
    print(statuses)
    """


# As uWSGI does it with --py-call-osafterfork.
FORK_IN_C = """
    import ctypes, os, webstr

    fork = ctypes.PyDLL(None).fork
    for held in False, True:
        with webstr._patch.STATE.lock if held else webstr.patch_json():
            child = fork()
            if child == 0:
                ctypes.pythonapi.PyOS_AfterFork_Child()
                assert webstr.patch_json().applied
                webstr.unpatch_json()
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    print({0})
    """


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")
@pytest.mark.parametrize("program", [FORK, pytest.param(FORK_IN_C, marks=pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="3.12 and later need PyOS_BeforeFork()"))], ids=["beside threads", "in C"])
def test_fork(program):
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert (result.stdout, result.stderr, result.returncode) == ("{0}\n", "", 0)


def test_threads():
    document = {"a\tb" * 9: ["é\n" * 40, "x" * 100]}
    expected = json.dumps(document)
    wrong = []

    def work():
        for _ in range(300):
            with webstr.patch_json():
                if not is_patched() or json.dumps(document) != expected:
                    wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and not is_patched()


def test_cpythons_own_tests():
    """test.test_json with webstr in the copy of json that it tests.

    Left out: the assertions that its functions are those of _json.
    """
    pytest.importorskip("test.support")
    package = pytest.importorskip("test.test_json")
    replacements = []
    for copy in json, package.cjson:
        encoder = copy.encoder
        replacement = _patch.replacement(encoder)
        assert replacement.apply() and encoder.encode_basestring is replacement.ours["encode_basestring"]
        replacements.append(replacement)
    # TestPyTest and TestCTest say where the functions come from; they are in the package itself.
    names = [f"test.test_json.{name}" for name in (
        "test_decode", "test_default", "test_dump", "test_encode_basestring_ascii", "test_enum",
        "test_fail", "test_float", "test_indent", "test_pass1", "test_pass2", "test_pass3",
        "test_recursion", "test_scanstring", "test_separators", "test_speedups", "test_unicode",
    )]
    try:
        suite = unittest.TestSuite(
            test
            for module in unittest.defaultTestLoader.loadTestsFromNames(names)
            for case in module
            for test in case
            if not test.id().endswith("TestSpeedups.test_encode_basestring_ascii")
        )
        output = io.StringIO()
        result = unittest.TextTestRunner(output).run(suite)
    finally:
        for replacement in replacements:
            replacement.undo()
    assert result.wasSuccessful(), output.getvalue()
    assert result.testsRun - len(result.skipped) > 100


@pytest.fixture
def afresh(monkeypatch):
    """As if patch_json() had never been called."""
    monkeypatch.setattr(_patch, "STATE", _patch.State())
    return monkeypatch


@pytest.mark.parametrize("name", _patch.ACCELERATORS)
def test_an_accelerator_without_one_of_them(afresh, name):
    afresh.delattr(_json, name)
    with webstr.patch_json() as patch:
        assert not is_patched() and not patch.applied and "is not _json's" in patch.problem
        assert json.dumps(["é"]) == r'["\u00e9"]'
    afresh.undo()
    assert_patch_works()


def reload():
    importlib.reload(json.encoder)


def import_anew():
    for name in list(sys.modules):
        if name.partition(".")[0] in ("json", "_json"):
            del sys.modules[name]
    importlib.import_module("json")


def put_back(names):
    for name, stock in zip(_patch.NAMES, STOCK):
        if name in names:
            setattr(json.encoder, name, stock)


@pytest.mark.parametrize("change", [
    reload, import_anew, *[lambda names=names: put_back(names) for names in (_patch.NAMES, *_patch.NAMES)],
], ids=["reload", "import anew", "put back", *_patch.NAMES])
def test_what_is_there_now_is_patched(change, monkeypatch):
    for name in "json", "json.encoder", "json.decoder", "json.scanner", "_json":
        monkeypatch.setitem(sys.modules, name, sys.modules[name])
    try:
        patch = webstr.patch_json()
        assert patch.applied and repr(patch) == "<webstr.patch_json(): applied>"
        change()
        assert not patch.applied and repr(patch) == \
            "<webstr.patch_json(): not applied, json.encoder has its own functions>"
        encoder = sys.modules["json.encoder"]
        stock = {name: getattr(encoder, name) for name in _patch.NAMES}
        with webstr.patch_json() as patch:
            assert patch.applied and encoder.JSONEncoder().encode(["é"]) == r'["\u00e9"]'
            assert all(getattr(encoder, name) is _patch.STATE.last.ours[name] for name in _patch.NAMES)
    finally:
        webstr.unpatch_json()
    assert not is_patched() and not patch.applied
    assert encoder is not json.encoder or {*stock.values()} & {*STOCK}
    assert all(getattr(encoder, name) is not ours for name, ours in _patch.STATE.last.ours.items())


@pytest.mark.parametrize("module", ["None", "sys", "types.ModuleType('json')", "types.SimpleNamespace()"])
def test_another_json(module):
    """Of ujson's and orjson's users."""
    program = f"import sys, types; sys.modules['json'] = {module}; import webstr; webstr.accept('x' * 22 + '==');" \
        "print(webstr.patch_json(), [name for name in sys.modules if name.startswith('json')])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout == "<webstr.patch_json(): not applied, json is not the standard library's> ['json']\n", \
        result.stderr


def test_what_is_imported():
    program = "import sys; before = {*sys.modules}; import webstr; print(*sorted({*sys.modules} - before))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout == "webstr webstr._patch webstr._webstr\n", result.stderr


SITECUSTOMIZE = """
    import sys
    sys.path[:0] = {path!r}
    import webstr
    webstr.patch_json()
    """


def test_in_sitecustomize(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(SITECUSTOMIZE.format(path=sys.path)))
    program = "import json, webstr; print(webstr._patch.STATE.problem(), json.dumps(['é']))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                            env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert result.stdout == 'None ["\\u00e9"]\n', result.stderr


# What a program can see of how it was started. With -X dev the import of any extension, so webstr's, encodes ASCII.
SEEN = """
import os, sys
names = dict(globals())
for name in sorted(names):
    print(name, type(names[name]) if name in ("os", "sys", "__builtins__") else names[name])
print(__import__("__main__").__dict__ is globals(), sys.argv, sys.path, sys.flags, sys._xoptions, sys.warnoptions)
print(sorted(os.environ.items()), sys.meta_path[-3:], sys.path_hooks, sys.executable, getattr(sys, "orig_argv", 0))
print(sorted(name for name in sys.modules if not name.startswith(("webstr", "encodings.ascii"))))
import traceback; traceback.print_stack(file=sys.stdout)
"""
FILES = {
    "seen.py": SEEN, "package/__init__.py": "", "package/__main__.py": SEEN, "package/part.py": SEEN,
    "directory/__main__.py": "import neighbour\n" + SEEN, "directory/neighbour.py": "print(__name__)",
    "directory/script.py": "import neighbour\n" + SEEN, "directory/shadow.py": "import seen",
    "traceback.py": "raise KeyError", "uncaught.py": "def f():\n    raise ValueError('é')\nf()",
    "syntax.py": "x = = 1", "exit.py": "raise SystemExit(3)", "text.py": "import sys; sys.exit('a text')",
    "interrupt.py": "raise KeyboardInterrupt", "recursion.py": """
import sys
sys.setrecursionlimit(200)
def f(n):
    try:
        return f(n + 1)
    except RecursionError:
        return n
print(f(0))""",
    "pickles.py": """
import atexit, pickle, threading, time
class C: pass
def dump():
    print(pickle.loads(pickle.dumps(C())).__class__, flush=True)
atexit.register(dump)
threading.Thread(target=lambda: (time.sleep(0.2), dump())).start()""",
    "other/json.py": "print('another json')", "other/script.py": "import json; print(json.__file__)",
    "child.py": "import subprocess, sys; print(subprocess.check_output([sys.executable, 'seen.py']))",
    "input.py": "print(input(), __file__)",
}
BEHAVIOURS = {
    "script": "seen.py a -b --help", "absolute path": "{}/seen.py", "relative path": "./directory/../seen.py",
    "directory": "directory a", "zip": "archive.zip a", "-c": "-c 'import sys; print(sys.argv, __name__)' -c",
    "-m": "-m package a", "-m of a module": "-m package.part -m", "stdin": "- a", "symlink": "link.py",
    "no shadowing": "directory/shadow.py", "uncaught": "uncaught.py", "syntax error": "syntax.py",
    "missing": "missing.py", "missing module": "-m missing", "exit": "exit.py", "exit with a text": "text.py",
    "interrupt": "interrupt.py", "recursion": "recursion.py", "atexit and threads": "pickles.py",
    "another json": "other/script.py", "child": "child.py", "input": "input.py", "joined -m": "-mpackage",
}


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "traceback.py").unlink()
    (folder / "link.py").symlink_to("directory/script.py")
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for name in "__main__.py", "neighbour.py":
            archive.write(folder / "directory" / name, name)
    return folder


def outcome(programs, options, arguments, **environment):
    process = subprocess.run(
        [sys.executable, *options, *arguments], cwd=programs, capture_output=True, text=True,
        input="import sys; print(sys.argv, globals().keys(), sys.stdin.read())\n",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment})
    return process.returncode, *(re.sub("0x[0-9a-f]+", "0x", text) for text in (process.stdout, process.stderr))


@pytest.mark.parametrize("options", ["", "-B -X dev -W ignore", "-P -u"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_as_a_program(programs, behaviour, options):
    if "-P" in options and sys.version_info < (3, 11):
        pytest.skip("-P is of 3.11")
    arguments = shlex.split(BEHAVIOURS[behaviour].format(programs))
    environment = {"PYTHONPATH": "other"} if options else {}
    expected = outcome(programs, options.split(), arguments, **environment)
    assert outcome(programs, [*options.split(), "-m", "webstr"], arguments, **environment) == expected



@pytest.mark.parametrize("options", [["-m", "webstr"], ["-mwebstr"], ["-Bm", "webstr"], ["-Bmwebstr"]], ids=" ".join)
def test_a_program_is_patched(programs, options):
    program = "import json, sys, webstr; print(webstr._patch.STATE.problem(), sys.meta_path[0], " \
        "json.encoder.__loader__ is json.encoder.__spec__.loader, sys.flags.dont_write_bytecode)"
    stock = outcome(programs, [], ["-c", program], PYTHONDONTWRITEBYTECODE="")[1]
    ours = outcome(programs, options, ["-c", program], PYTHONDONTWRITEBYTECODE="")[1]
    assert stock.startswith("json.encoder has its own functions <") and ours.startswith("None <")
    assert ours.split("<")[1] == stock.split("<")[1].replace("0\n", f"{int('B' in options[0])}\n")


@pytest.mark.parametrize("customized", [False, True])
def test_the_real_sitecustomize_of_a_program(programs, tmp_path, customized):
    if customized:
        (tmp_path / "sitecustomize.py").write_text("import sys; print(__file__, sys.path)")
    arguments = ["-c", "import sys; print(sys.modules.get('sitecustomize'))"]
    stock, ours = (outcome(programs, options, arguments, PYTHONPATH=str(tmp_path)) for options in ([], ["-m", "webstr"]))
    assert ours[0] == 0 and ours[1].splitlines()[-1] == stock[1].splitlines()[-1]


@pytest.mark.parametrize("arguments, status, text", [
    ("", 2, "usage: python"), ("-m", 2, "usage: python"), ("-c", 2, "usage: python"), ("-X dev", 2, "usage: python"),
    ("-h", 0, "usage: python"), ("--help", 0, "usage: python"), ("-V", 0, webstr.__version__),
    ("--version", 0, webstr.backend()),
])
def test_its_own_arguments(programs, arguments, status, text):
    returned, output, errors = outcome(programs, ["-m", "webstr"], arguments.split())
    assert (returned, errors if status else "") == (status, errors) and text in output + errors


@pytest.mark.parametrize("option", ["-E", "-I", "-S"])
def test_options_that_leave_out_its_hook(programs, option):
    program = f"import runpy, sys; sys.path = {sys.path!r}; sys.argv = ['', 'seen.py'];" \
        "runpy.run_module('webstr', run_name='__main__', alter_sys=True)"
    returned, output, errors = outcome(programs, [option, "-c", program], [])
    assert (returned, output) == (1, "") and "not with -E, -I or -S" in errors
