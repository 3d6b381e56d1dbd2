"""patch_json(): the same results from a json that escapes with webstr."""

import _json
import contextlib
import ctypes
import io
import json
import os
import subprocess
import sys
import textwrap
import threading
import unittest
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

import webstr
from strings import TEXT, Name, Str
from webstr import _patch, _webstr

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
    assert [f.__module__ for f in functions] == ["webstr._webstr"] * 3
    encoder = functions[0](None, None, functions[2], None, ":", ",", False, False, True)
    assert type(encoder).__module__ == "webstr._webstr"
    for function, stock in zip(functions[1:], STOCK[1:]):
        assert function('a"é') == stock('a"é')
        with pytest.raises(TypeError, match="first argument must be a string, not int"):
            function(1)


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
    functions = [getattr(json.encoder, name) for name in _patch.NAMES]
    return any(getattr(function, "__module__", None) == "webstr._webstr" for function in functions)


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
    held = [_webstr.__name__] + STOCK[getattr(sys, "_is_gil_enabled", lambda: True)() is False:]
    assert_patch_works()
    before = list(map(sys.getrefcount, held))
    for _ in range(100):
        _patch.Replacement(json.encoder, _json)
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
            with webstr.patch_json():
                assert json.encoder.encode_basestring.__module__ == "webstr._webstr"
                assert json.dumps(["a"]) == '["a"]'
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")
def test_fork_beside_threads():
    result = subprocess.run([sys.executable, "-c", textwrap.dedent(FORK)], capture_output=True, text=True)
    assert result.stdout == "{0}\n" and result.returncode == 0, result.stdout + result.stderr


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
        replacement = _patch.Replacement(encoder, encoder.c_encode_basestring.__self__)
        replacement.apply()
        assert encoder.encode_basestring is replacement.ours[1]
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


@pytest.mark.parametrize("name", _patch.ACCELERATORS)
def test_an_accelerator_without_one_of_them(monkeypatch, name):
    monkeypatch.delattr(_json, name)
    with webstr.patch_json():
        assert not is_patched()
        assert json.dumps(["é"]) == r'["\u00e9"]'
    monkeypatch.undo()
    assert_patch_works()
    assert _patch.Replacement(json.encoder, None).ours is None


SITECUSTOMIZE = """
    import sys
    sys.path[:0] = {path!r}
    import webstr
    webstr.patch_json()
    """


def test_in_sitecustomize(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(SITECUSTOMIZE.format(path=sys.path)))
    program = "import json; print(json.encoder.c_make_encoder.__module__, json.dumps(['é']))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                            env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert result.stdout == 'webstr._webstr ["\\u00e9"]\n', result.stderr


def test_as_a_program(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import json, sys; print(__name__, json.encoder.c_make_encoder.__module__, sys.argv)")
    result = subprocess.run([sys.executable, "-m", "webstr", str(script), "a", "-b"], capture_output=True, text=True)
    assert result.stdout == f"__main__ webstr._webstr {[str(script), 'a', '-b']}\n", result.stderr
    result = subprocess.run([sys.executable, "-m", "webstr", "-m", "json.tool", "--help"], capture_output=True, text=True)
    assert result.returncode == 0 and "json.tool" in result.stdout, result.stderr
    for wrong in [], ["-m"]:
        result = subprocess.run([sys.executable, "-m", "webstr", *wrong], capture_output=True, text=True)
        assert result.returncode == 2 and "usage:" in result.stderr
