"""The module itself: documentation, types, ctypes, interpreters, threads, leaks, what it exports."""

import ctypes
import doctest
import gc
import importlib.util
import os
import pathlib
import shlex
import subprocess
import sys
import sysconfig
import textwrap
import threading

import pytest

import webstr
from strings import ACCEPT, KEY
from webstr import _patch, _webstr, ctypes_api

FUNCTIONS = [
    "accept", "accept_many", "backend", "c_accept", "escape_json", "key_valid", "websocket_mask",
]
BACKENDS = ["scalar", "sse2", "avx2", "avx512", "neon"]
PYTHON = pathlib.Path(__file__).parent.parent


def run(program, *options, **environment):
    return subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(program)],
        env={**os.environ, **environment}, check=True, capture_output=True, text=True,
    ).stdout.strip()


@pytest.mark.parametrize("module", [webstr, _webstr, _patch, ctypes_api], ids=lambda m: m.__name__)
def test_examples(module):
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("readme", [PYTHON / "README.md", PYTHON.parent / "README.md"], ids=str)
def test_readme(readme):
    result = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert result.attempted > 0 and result.failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_example(name):
    function = getattr(webstr, name)
    assert doctest.DocTestFinder().find(function, globs={})[0].examples
    assert function.__text_signature__.startswith("($module")


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="no mypy for this series")
def test_types():
    for command in ["mypy.stubtest", "webstr._webstr"], ["mypy", "--strict", "-p", "webstr"]:
        result = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    assert pathlib.Path(webstr.__file__).with_name("py.typed").exists()


def test_version():
    assert ctypes_api.webstr_version() == int.from_bytes(
        bytes([0, *map(int, webstr.__version__.split("."))]), "big")


def compiler():
    """The one that built this interpreter, which has just built the package too."""
    return shlex.split(sysconfig.get_config_var("CC"))


@pytest.fixture(scope="session")
def cpu_has(tmp_path_factory):
    """cpu_has() of cpu.h: this process asks the CPU itself, and takes no answer from the library."""
    library = tmp_path_factory.mktemp("cpu") / "cpu.so"
    source = f'#include "{PYTHON.parent}/c_tests/cpu.h"\n' \
        "int has(const char *backend) { return cpu_has(backend); }\n"
    command = [*compiler(), "-shared", "-fPIC", "-o", str(library), "-x", "c", "-"]
    subprocess.run(command, input=source, check=True, text=True)
    has = ctypes.CDLL(str(library)).has
    return lambda backend: has(backend.encode()) == 1


def test_default_backend(cpu_has):
    best = [backend for backend in BACKENDS if cpu_has(backend)][-1]
    assert run("import webstr; print(webstr.backend())", WEBSTR_BACKEND="") == best


@pytest.mark.parametrize("backend", BACKENDS)
def test_backend(backend, cpu_has):
    """The tests of every position, length and batch on this backend, where the CPU has it."""
    used = run("import webstr; print(webstr.backend())", WEBSTR_BACKEND=backend)
    assert (used == backend) == cpu_has(backend)
    if used != backend:
        pytest.skip(f"backend {backend}: not on this machine")
    if backend == webstr.backend():
        return  # this process has them all
    here = pathlib.Path(__file__).parent
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "position or runs or many",
         str(here / "test_accept.py"), str(here / "test_escape_json.py")],
        env={**os.environ, "WEBSTR_BACKEND": backend}, capture_output=True, text=True,
    )
    assert result.returncode == 0, result.stdout


def test_ctypes_api():
    value = ctypes.create_string_buffer(28)
    ctypes_api.sec_websocket_accept(KEY.encode(), value)
    assert value.raw.decode() == ACCEPT
    values = (ctypes.c_ubyte * 56)()
    ctypes_api.sec_websocket_accept_many(2 * KEY.encode(), values, 2)
    assert bytes(values).decode() == 2 * ACCEPT
    assert ctypes_api.sec_websocket_key_valid(KEY.encode(), 24) is True
    assert ctypes_api.webstr_backend().decode() == webstr.backend()
    order = "le" if sys.byteorder == "little" else "be"
    for width, encoding in (1, "latin-1"), (2, f"utf-16-{order}"), (4, f"utf-32-{order}"):
        source = "é\n".encode(encoding)
        for form, expected in ("", '"é\\n"'.encode(encoding)), ("_ascii", b'"\\u00e9\\n"'):
            size = getattr(ctypes_api, f"escape_json{form}_ucs{width}_size")(source, 2)
            result = ctypes.create_string_buffer(len(expected))
            assert getattr(ctypes_api, f"escape_json{form}_ucs{width}")(source, 2, result) == size
            assert result.raw == expected
            into = getattr(ctypes_api, f"escape_json{form}_ucs{width}_into")
            assert into(source, 2, None, 0) == size
            filled = ctypes.create_string_buffer(len(expected))
            assert into(source, 2, filled, size) == size and filled.raw == expected
    with pytest.raises(ctypes.ArgumentError):
        ctypes_api.sec_websocket_key_valid(KEY.encode(), "24")


def test_where_ctypes_finds_the_library(tmp_path):
    program = "import webstr; print(webstr.ctypes_api.library._name)"
    shipped = run(program, WEBSTR_LIBRARY="")
    assert pathlib.Path(shipped).parent == pathlib.Path(webstr.__file__).parent
    named = tmp_path / "named.so"
    named.write_bytes(pathlib.Path(shipped).read_bytes())
    assert run(program, WEBSTR_LIBRARY=str(named)) == str(named)
    installed = f"""
        import ctypes.util, pathlib
        pathlib.Path.exists = lambda path: False
        ctypes.util.find_library = lambda name: {str(named)!r} if name == "webstr" else None
        {program}
        """
    assert run(installed, WEBSTR_LIBRARY="") == str(named)


def test_ctypes_is_loaded_only_when_named():
    assert run("import sys, webstr; print('ctypes' in sys.modules)") == "False"
    with pytest.raises(AttributeError):
        webstr.nothing_of_this_name  # noqa: B018


@pytest.mark.parametrize("macro", ["PYPY_VERSION", "GRAALVM_PYTHON"])
def test_other_implementations_are_refused(macro):
    root = PYTHON.parent
    folders = root / "include", root / "cpython_patch", sysconfig.get_path("include")
    command = [*compiler(), *(f"-I{folder}" for folder in folders), "-fsyntax-only",
               str(PYTHON / "src" / "json_string.c")]
    assert subprocess.run(command).returncode == 0
    result = subprocess.run([*command, f"-D{macro}"], capture_output=True, text=True)
    assert result.returncode != 0 and "webstr needs CPython" in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF with nm")
def test_the_extension_exports_nothing_but_its_init():
    try:
        output = subprocess.run(["nm", "-D", "--defined-only", _webstr.__file__], check=True,
                                capture_output=True, text=True).stdout
    except FileNotFoundError:
        pytest.skip("nm is missing (on Debian: apt-get install binutils)")
    assert [line.split()[-1] for line in output.splitlines()] == ["PyInit__webstr"]


INTERPRETERS = """
    import threading
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    program = '''
    import json, webstr
    assert webstr.accept({key!r}) == {accept!r}
    with webstr.patch_json():
        assert json.dumps(["e" * 70 + chr(10)]) == '["' + "e" * 70 + r'\\\\n"]'
    assert webstr.accept_many([{key!r}] * 300)[299] == {accept!r}
    '''
    import textwrap
    program = textwrap.dedent(program)

    def work():
        for _ in range(3):
            interpreter = interpreters.create({config})
            problem = interpreters.run_string(interpreter, program)
            assert problem is None, problem
            interpreters.destroy(interpreter)

    threads = [threading.Thread(target=work) for _ in range(2)]
    work()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    print("done")
    """


def test_subinterpreters():
    # From 3.13 on the default is an interpreter with a GIL of its own.
    config = '"isolated"' if sys.version_info >= (3, 13) else ""
    if sys.version_info < (3, 12):
        single = INTERPRETERS.replace("for thread in threads", "for thread in []")
    else:
        single = INTERPRETERS
    assert run(single.format(key=KEY, accept=ACCEPT, config=config)) == "done"


def test_threads():
    wrong = []
    keys = [f"{n:022}==" for n in range(300)]
    values = [webstr.accept(key) for key in keys]

    def work():
        for _ in range(100):
            if webstr.accept_many(keys) != values or webstr.accept(KEY) != ACCEPT:
                wrong.append("accept")
            if webstr.escape_json("é\n" * 100) != '"' + "é\\n" * 100 + '"':
                wrong.append("escape_json")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_list_that_changes_meanwhile():
    """accept_many() of a list that another thread empties and fills."""
    keys = [KEY] * 500
    stop = threading.Event()

    def change():
        while not stop.is_set():
            keys.clear()
            keys.extend([KEY] * 500)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(300):
            assert set(webstr.accept_many(keys)) <= {ACCEPT}
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="no free-threaded build")
def test_the_gil_stays_off():
    assert run("import sys, webstr; print(sys._is_gil_enabled())", PYTHON_GIL="") == "False"


def calls():
    """Every function once, with good arguments and bad ones."""
    import json

    webstr.accept(KEY), webstr.c_accept(KEY), webstr.accept_many([KEY] * 3), webstr.backend()
    for text in "", "a", "a\n", "é" * 30, "中\n" * 40:
        webstr.escape_json(text), webstr.escape_json(text, ensure_ascii=True)
    for function, wrong in [
        (webstr.accept, "wrong"), (webstr.accept, "é" * 24), (webstr.c_accept, None),
        (webstr.accept_many, [KEY, 5]), (webstr.accept_many, 5), (webstr.escape_json, 5),
    ]:
        try:
            function(wrong)
        except (ValueError, TypeError):
            pass
    with webstr.patch_json():
        json.dumps(["a\n", "é"]), json.dumps("a")


def test_no_leaks():
    """10⁵ calls of each function: references on a debug build, else what tracemalloc counts.

    LEAK_ROUNDS is for a shorter run.
    """
    import tracemalloc

    debug = hasattr(sys, "gettotalrefcount")
    rounds = int(os.environ.get("LEAK_ROUNDS", 3_000 if debug else 100_000 // 5))

    def count():
        gc.collect()
        return sys.gettotalrefcount() if debug else tracemalloc.get_traced_memory()[0]

    for _ in range(1000):
        calls()
    if not debug:
        tracemalloc.start()
    try:
        for _ in range(100):
            calls()
        before = count()
        for _ in range(rounds):
            calls()
        grown = count() - before
    finally:
        tracemalloc.stop()
    # One leaked reference or object a round would be `rounds`, or some 50 times it in bytes.
    assert grown < rounds / 2, grown
