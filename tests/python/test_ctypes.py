"""The shared library through ctypes, next to CPython's own json, hashlib and base64.

WEBSTR_LIBRARY names the library; every backend of this machine is a process of its own. Which ones
it has, cpu.h says, compiled by CC.
"""

import base64
import ctypes
import hashlib
import os
import pathlib
import random
import shlex
import subprocess
import sys
from json.encoder import py_encode_basestring, py_encode_basestring_ascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BACKENDS = ["scalar", "sse2", "avx2", "avx512", "neon"]
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

webstr = ctypes.CDLL(os.environ["WEBSTR_LIBRARY"])
webstr.webstr_backend.restype = ctypes.c_char_p
webstr.sec_websocket_accept.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
webstr.sec_websocket_accept.restype = None
webstr.sec_websocket_accept_many.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
webstr.sec_websocket_accept_many.restype = None
BUFFER = [ctypes.c_char_p, ctypes.c_size_t]  # with its length
for form in "", "_ascii":
    for width in 1, 2, 4:
        size = getattr(webstr, f"escape_json{form}_ucs{width}_size")
        write = getattr(webstr, f"escape_json{form}_ucs{width}")
        size.argtypes = BUFFER
        write.argtypes = [*BUFFER, ctypes.c_char_p]
        size.restype = write.restype = ctypes.c_size_t
    for units in "ucs1", "ucs2", "ucs4", "utf8":
        into = getattr(webstr, f"escape_json{form}_{units}_into")
        into.argtypes = [*BUFFER, *BUFFER]
        into.restype = ctypes.c_size_t
webstr.webstr_utf8_valid_up_to.argtypes = [*BUFFER, ctypes.POINTER(ctypes.c_size_t)]
webstr.webstr_utf8_valid_up_to.restype = ctypes.c_size_t

ORDER = "le" if sys.byteorder == "little" else "be"


def encode(text, width):
    """The text as a buffer of units of this width."""
    if width == 1:
        return text.encode("latin-1")
    return text.encode({2: f"utf-16-{ORDER}", 4: f"utf-32-{ORDER}"}[width], "surrogatepass")


def escape(text, width, form):
    units = encode(text, width)
    length = len(units) // width
    size = getattr(webstr, f"escape_json{form}_ucs{width}_size")(units, length)
    size_bytes = size * (1 if form else width)
    result = ctypes.create_string_buffer(b"\xa5" * (size_bytes + 16), size_bytes + 16)
    assert getattr(webstr, f"escape_json{form}_ucs{width}")(units, length, result) == size
    assert result.raw[size_bytes:] == b"\xa5" * 16
    written = result.raw[:size_bytes]
    into = getattr(webstr, f"escape_json{form}_ucs{width}_into")
    for cap in length + 2, size:
        room = cap * (1 if form else width)
        result = ctypes.create_string_buffer(b"\xa5" * (room + 16), room + 16)
        assert into(units, length, result, cap) == size
        assert result.raw[room:] == b"\xa5" * 16
    assert result.raw[:room] == written
    return written


def check(text):
    """Both forms in every width that can hold the text; UTF-16 in the 2-byte one."""
    for width in 1, 2, 4:
        if width == 1 and max(map(ord, text), default=0) > 0xFF:
            continue
        assert escape(text, width, "") == encode(py_encode_basestring(text), width)
        assert escape(text, width, "_ascii").decode("ascii") == py_encode_basestring_ascii(text)


def characters(highest):
    return st.integers(0, highest).map(chr)


SPECIAL = st.sampled_from('"\\\0\b\t\n\v\f\r\x1f\x7f /')
SURROGATES = st.integers(0xD800, 0xDFFF).map(chr)


@pytest.mark.parametrize("highest", [0x7F, 0xFF, 0xFFFF, 0x10FFFF])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_random_strings(highest, data):
    units = st.one_of(characters(highest), SPECIAL, characters(0x7F))
    if highest > 0xFF:
        units |= SURROGATES
    check("".join(data.draw(st.lists(units, max_size=200))))


@pytest.mark.parametrize("unit", ['"', "\v", "\n", "\x7f", "é", "中", "\udc80", "🎉"])
def test_one_unit_at_every_position(unit):
    for length in list(range(1, 70)) + [127, 128, 129, 300]:
        for position in range(length):
            check("x" * position + unit + "x" * (length - position - 1))


def test_every_character():
    for start in range(0, 0x110000, 0x1000):
        check("".join(map(chr, range(start, start + 0x1000))))


def check_utf8(data):
    """Both forms of bytes and their check, beside bytes.decode()."""
    text = data.decode("utf-8", "replace")
    for form, expected in (
        ("", py_encode_basestring(text).encode()),
        ("_ascii", py_encode_basestring_ascii(text).encode()),
    ):
        into = getattr(webstr, f"escape_json{form}_utf8_into")
        size = into(data, len(data), None, 0)
        result = ctypes.create_string_buffer(b"\xa5" * (size + 16), size + 16)
        assert into(data, len(data), result, size) == size
        assert result.raw == expected + b"\xa5" * 16
    incomplete = ctypes.c_size_t(9)
    valid = webstr.webstr_utf8_valid_up_to(data, len(data), ctypes.byref(incomplete))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        cut_off = error.reason == "unexpected end of data"
        assert (valid, incomplete.value) == (error.start, len(data) - valid if cut_off else 0)
    else:
        assert (valid, incomplete.value) == (len(data), 0)


WRONG = st.sampled_from([bytes([byte]) for byte in range(0x80, 0x100)])
PIECES = st.one_of(st.text(max_size=40).map(str.encode), WRONG, st.binary(max_size=4))


@settings(max_examples=1000, deadline=None)
@given(st.lists(PIECES, max_size=20).map(b"".join), st.integers(0, 4))
def test_utf8(data, cut):
    check_utf8(data)
    check_utf8(data[: len(data) - cut])


def accept(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def test_accept():
    generator = random.Random(6455)
    keys = [generator.randbytes(24) for _ in range(1000)]
    keys += [base64.b64encode(generator.randbytes(16)) for _ in range(1000)]
    keys.append(b"dGhlIHNhbXBsZSBub25jZQ==")
    result = ctypes.create_string_buffer(28)
    for key in keys:
        webstr.sec_websocket_accept(key, result)
        assert result.raw == accept(key)
    for count in list(range(70)) + [len(keys)]:
        results = ctypes.create_string_buffer(28 * count + 1)
        webstr.sec_websocket_accept_many(b"".join(keys[:count]), results, count)
        assert results.raw == b"".join(map(accept, keys[:count])) + b"\0"


@pytest.fixture(scope="session")
def cpu_has(tmp_path_factory):
    """cpu_has of cpu.h: this process asks the CPU itself, and takes no answer from the library."""
    library = tmp_path_factory.mktemp("cpu") / "cpu.so"
    subprocess.run(
        [*shlex.split(os.environ.get("CC", "cc")), "-shared", "-fPIC", "-o", library, "-x", "c", "-"],
        input=f'#include "{pathlib.Path(__file__).parents[2] / "c_tests/cpu.h"}"\n'
        "int has(const char *backend) { return cpu_has(backend); }\n",
        check=True,
        text=True,
    )
    has = ctypes.CDLL(str(library)).has
    return lambda backend: has(backend.encode()) == 1


@pytest.fixture(scope="session", autouse=True)
def other_backends(cpu_has):
    """This module's tests on each backend that is not this process's own, which run beside it."""
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", __file__]
    mine = webstr.webstr_backend().decode()
    processes = {
        backend: subprocess.Popen(
            command, env={**os.environ, "WEBSTR_BACKEND": backend},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for backend in BACKENDS if cpu_has(backend) and backend != mine and "WEBSTR_BACKEND" not in os.environ
    }
    yield processes
    for process in processes.values():
        process.kill()
        process.wait()


@pytest.mark.skipif("WEBSTR_BACKEND" in os.environ, reason="runs once, for all backends")
@pytest.mark.parametrize("backend", BACKENDS)
def test_on_backend(backend, cpu_has, other_backends):
    program = "import os, ctypes; w = ctypes.CDLL(os.environ['WEBSTR_LIBRARY']);" \
        "w.webstr_backend.restype = ctypes.c_char_p; print(w.webstr_backend().decode())"
    used = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "WEBSTR_BACKEND": backend},
        check=True, capture_output=True, text=True,
    ).stdout.strip()
    assert (used == backend) == cpu_has(backend)
    if used != backend:
        pytest.skip(f"backend {backend}: not on this machine")
    if backend != webstr.webstr_backend().decode():
        output, _ = other_backends[backend].communicate()
        assert other_backends[backend].returncode == 0, output
