"""accept(), c_accept(), accept_many() and key_valid() against hashlib."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import webstr
from strings import ACCEPT, KEY, TEXT, Name, Str

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
KEYS = st.binary(min_size=16, max_size=16).map(lambda nonce: base64.b64encode(nonce).decode())
NO_STR = [None, 24, KEY.encode(), bytearray(KEY.encode()), [KEY], object()]
NO_ASCII = ["é" * 24, "é" * 12, "中" * 24, "中" * 8, "🎉" * 24, "🎉" * 6, "\udc80" * 24, KEY[:-1] + "é"]


def py_accept(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


@given(KEYS)
def test_key(key):
    assert webstr.key_valid(key) is True
    assert webstr.accept(key) == webstr.c_accept(key) == py_accept(key)


@given(st.text(st.characters(max_codepoint=127), min_size=24, max_size=24))
def test_any_24_characters(key):
    assert webstr.c_accept(key) == py_accept(key)


@given(st.one_of(TEXT, KEYS.flatmap(lambda key: st.integers(0, 24).map(lambda n: key[:n] + key[n + 1 :]))))
def test_other_strings(key):
    valid = len(key) == 24 and key.endswith("==") and all(c in ALPHABET for c in key[:22])
    assert webstr.key_valid(key) is valid
    if not valid:
        with pytest.raises(ValueError, match="^invalid key$"):
            webstr.accept(key)
        with pytest.raises(ValueError, match="^invalid key$"):
            webstr.accept_many([KEY, key])
    if len(key) != 24 or not key.isascii():
        with pytest.raises(ValueError, match="^invalid key$"):
            webstr.c_accept(key)


@pytest.mark.parametrize("position", range(24))
def test_one_wrong_character(position):
    for wrong in "\0", "\n", "-", "_", "\x7f", "=" if position < 22 else "A":
        key = KEY[:position] + wrong + KEY[position + 1 :]
        assert not webstr.key_valid(key)
        assert webstr.c_accept(key) == py_accept(key)
        with pytest.raises(ValueError, match="^invalid key$"):
            webstr.accept(key)


@pytest.mark.parametrize("key", NO_STR + NO_ASCII + ["", KEY + "=", KEY[:-1]], ids=ascii)
def test_no_key(key):
    assert webstr.key_valid(key) is False
    for function in webstr.accept, webstr.c_accept, lambda key: webstr.accept_many([key]):
        with pytest.raises(ValueError, match="^invalid key$"):
            function(key)


def test_subclasses():
    for key in Str(KEY), Name.KEY:
        assert webstr.key_valid(key)
        for value in webstr.accept(key), webstr.c_accept(key), *webstr.accept_many((key,)):
            assert value == ACCEPT and type(value) is str


def test_arguments():
    for function in webstr.accept, webstr.c_accept, webstr.accept_many, webstr.key_valid:
        for arguments in (), (KEY, KEY):
            with pytest.raises(TypeError):
                function(*arguments)
        with pytest.raises(TypeError):
            function(key=KEY)


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 127, 128, 129, 1000])
def test_accept_many(count):
    keys = [base64.b64encode(n.to_bytes(16, "big")).decode() for n in range(count)]
    values = [py_accept(key) for key in keys]
    for iterable in keys, tuple(keys), iter(keys), (key for key in keys), dict.fromkeys(keys):
        result = webstr.accept_many(iterable)
        assert result == values and type(result) is list
    for wrong in range(0, count, 40):
        with pytest.raises(ValueError, match="^invalid key$"):
            webstr.accept_many(keys[:wrong] + ["x" * 24] + keys[wrong:])


def test_accept_many_of_no_iterable():
    with pytest.raises(TypeError):
        webstr.accept_many(5)

    def failing():
        yield KEY
        raise KeyError("from the iterable")

    with pytest.raises(KeyError, match="from the iterable"):
        webstr.accept_many(failing())


def test_the_value_is_an_ascii_str():
    """As far as Python can tell: dict and set find it, and it takes the room of one."""
    for value in webstr.accept(KEY), webstr.c_accept(KEY), webstr.accept_many([KEY])[0]:
        assert value.isascii() and {ACCEPT: 1}[value] == 1
        assert value.__sizeof__() == "".join(list(ACCEPT)).__sizeof__()
