"""Strings for the tests, of every kind that CPython tells apart."""

import enum

from hypothesis import strategies as st

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

SPECIAL = st.sampled_from('"\\\0\b\t\n\v\f\r\x1f\x7f\x80\xff /')
ANY_WIDTH = [
    st.lists(st.integers(0, highest).map(chr) | SPECIAL | st.integers(32, 126).map(chr), max_size=200)
    for highest in (0x7F, 0xFF, 0xFFFF, 0x10FFFF)
]
TEXT = st.one_of(ANY_WIDTH).map("".join)


class Str(str):
    """A subclass whose methods must not be asked."""

    def __str__(self):
        raise AssertionError("__str__ was called")

    __repr__ = __len__ = __iter__ = __getitem__ = encode = __str__
    __hash__ = str.__hash__


class Name(str, enum.Enum):
    KEY = KEY
    TAB = "a\tb"
