"""escape_json() against json's own pure Python functions."""

import ctypes
import io
import json
import os
import sys
import unittest
from json.encoder import py_encode_basestring, py_encode_basestring_ascii

import pytest
from hypothesis import given, settings

import webstr
from strings import TEXT, Name, Str

UNITS = ["a", '"', "\\", "\0", "\v", "\n", "\x7f", "\x80", "é", "\u0100", "中", "\udc80", "🎉", "\U0010ffff"]


def same_state(string, expected):
    """Equal, and of the same kind: the size shows what maxchar the str was made with."""
    assert string == expected and type(string) is str
    assert string.isascii() == expected.isascii()
    assert string.__sizeof__() == "".join(list(expected)).__sizeof__()


def check(text):
    same_state(webstr.escape_json(text), py_encode_basestring(text))
    same_state(webstr.escape_json(text, ensure_ascii=True), py_encode_basestring_ascii(text))


@settings(max_examples=1000, deadline=None)
@given(TEXT)
def test_random_strings(text):
    check(text)


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_one_unit_at_every_position(unit):
    for around in "x", "é", "中", "🎉":
        for length in [*range(1, 34), 63, 64, 65, 66]:
            for position in range(length):
                check(around * position + unit + around * (length - position - 1))


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_runs(unit):
    for length in [*range(140), 4096, 65537]:
        check(unit * length)
        check(unit * length + "a")


def test_every_character():
    for start in range(0, 0x110000, 0x1000):
        check("".join(map(chr, range(start, start + 0x1000))))
    for c in range(0x10000):
        check(chr(c))


def str_of_kind(maxchar, text):
    """A str with room for maxchar, which is more than PyUnicode_New() should be asked for."""
    api = ctypes.pythonapi
    new = api.PyUnicode_New
    new.restype, new.argtypes = ctypes.c_void_p, [ctypes.c_ssize_t, ctypes.c_uint32]
    write = api.PyUnicode_WriteChar
    write.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_uint32]
    address = new(len(text), maxchar)
    for i, c in enumerate(text):
        assert write(address, i, ord(c)) == 0
    made = ctypes.cast(address, ctypes.py_object).value
    api.Py_DecRef(ctypes.py_object(made))
    return made


@pytest.mark.skipif(hasattr(sys, "gettotalrefcount"), reason="a debug build asserts the kind")
def test_str_wider_than_its_characters():
    for maxchar in 0xff, 0xffff, 0x10ffff:
        for length in 1, 8, 16, 17, 64, 65, 100, 4096:
            for text in "a" * length, "a" * (length - 1) + "\n":
                made = str_of_kind(maxchar, text)
                assert webstr.escape_json(made, ensure_ascii=True) == py_encode_basestring_ascii(text)
                plain = webstr.escape_json(made)
                assert len(plain) == len(py_encode_basestring(text))
                assert list(plain) == list(py_encode_basestring(text))


def test_subclasses():
    for text in "", "a", "a\tb", "é" * 30, "中" * 100:
        for ensure_ascii in False, True:
            result = webstr.escape_json(Str(text), ensure_ascii=ensure_ascii)
            assert result == webstr.escape_json(text, ensure_ascii=ensure_ascii)
            assert type(result) is str
    assert webstr.escape_json(Name.TAB) == '"a\\tb"'


def test_interned():
    assert webstr.escape_json(sys.intern("one\ntwo")) == '"one\\ntwo"'


@pytest.mark.parametrize("wrong", [None, 1, b"a", bytearray(b"a"), ["a"], object(), str])
def test_no_str(wrong):
    for ensure_ascii in False, True:
        with pytest.raises(TypeError, match="first argument must be a string, not "):
            webstr.escape_json(wrong, ensure_ascii=ensure_ascii)


def test_arguments():
    for truth, expected in (False, '"é"'), (0, '"é"'), (True, r'"\u00e9"'), ([0], r'"\u00e9"'):
        assert webstr.escape_json("é", ensure_ascii=truth) == expected
    for arguments in (), ("a", "b"), ("a", True):
        with pytest.raises(TypeError):
            webstr.escape_json(*arguments)
    for keywords in {"s": "a"}, {"ascii": True}, {"ensure_ascii": True, "other": 1}:
        with pytest.raises(TypeError):
            webstr.escape_json("a", **keywords)

    class NoTruth:
        def __bool__(self):
            raise KeyError("no truth")

    with pytest.raises(KeyError, match="no truth"):
        webstr.escape_json("a", ensure_ascii=NoTruth())


def test_huge_strings():
    """A result of more than 2³¹ characters, of one sixth of them."""
    if os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 6 << 30:
        pytest.skip("less than 6 GiB of memory are free")
    length = 7 + 2**31 // 6
    result = webstr.escape_json("\0" * length)
    assert len(result) == 6 * length + 2
    assert result[:13] == '"\\u0000\\u0000' and result[-7:] == '\\u0000"'


def test_no_memory():
    """PyUnicode_New() fails: MemoryError, and nothing is left behind."""
    resource = pytest.importorskip("resource")
    text = "é" * (1 << 26)
    limit = resource.getrlimit(resource.RLIMIT_AS)
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() \
        if sys.platform == "linux" else pytest.skip("no /proc/self/statm")
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 26), limit[1]))
    try:
        with pytest.raises(MemoryError):
            webstr.escape_json(text, ensure_ascii=True)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)
    assert len(webstr.escape_json(text)) == len(text) + 2


def test_what_stays_of_the_round_trip():
    for text in "", '"\\/\b\f\n\r\t', "\u2028é中🎉", "\ud800", "\udc00\ud800", "\ud83c\udf89":
        assert json.loads(webstr.escape_json(text)) == text
        ascii = webstr.escape_json(text, ensure_ascii=True)
        assert json.loads(ascii) == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def test_simplejsons_own_tests(monkeypatch):
    """The string tests that simplejson's authors wrote, escape_json() in the place of theirs.

    Left out is the one of U+2028, which simplejson escapes even without ensure_ascii.
    """
    import simplejson.encoder

    called = []

    def as_str(s):
        called.append(s)
        return str(s, "utf-8") if isinstance(s, bytes) else s

    def encode_basestring(s, _PY3=True, _q='"'):
        return webstr.escape_json(as_str(s))

    def encode_basestring_ascii(s, _PY3=True):
        return webstr.escape_json(as_str(s), ensure_ascii=True)

    for function in encode_basestring, encode_basestring_ascii:
        for prefix in "", "py_", "c_":
            name = prefix + function.__name__
            monkeypatch.setattr(simplejson.encoder, name, function, raising=False)
    monkeypatch.setattr(simplejson.encoder, "c_make_encoder", None)

    suite = unittest.TestSuite()
    for module in "encode_basestring_ascii", "unicode", "str_subclass", "pass1", "dump":
        tests = unittest.defaultTestLoader.loadTestsFromName(f"simplejson.tests.test_{module}")
        suite.addTests(
            test for case in tests for test in case if "linebreak_encoding" not in test.id()
        )
    output = io.StringIO()
    result = unittest.TextTestRunner(output).run(suite)
    assert result.wasSuccessful(), output.getvalue()
    assert result.testsRun > 30 and len(called) > 60
