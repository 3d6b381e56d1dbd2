"""websocket_mask() against a loop over the bytes."""

import array
import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

import webstr


def py_mask(payload, key, phase=0):
    return bytes(byte ^ key[(phase + i) % 4] for i, byte in enumerate(payload))


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4), st.integers(0, 3))
def test_bytes(payload, key, phase):
    masked = webstr.websocket_mask(payload, key, phase)
    assert type(masked) is bytes
    assert masked == py_mask(payload, key, phase)
    assert webstr.websocket_mask(masked, key, phase=phase) == payload


def test_every_length():
    key = b"\x00\x7f\x80\xff"
    payload = bytes(range(256)) * 3
    for length in range(len(payload)):
        assert webstr.websocket_mask(payload[:length], key) == py_mask(payload[:length], key)


def every_second(data):
    return memoryview(bytes(byte for pair in zip(data, data[::-1]) for byte in pair))[::2]


def backwards(data):
    return memoryview(bytearray(data[::-1]))[::-1]


def two_rows(data):
    """Of 4 bytes each: with an odd length none."""
    return memoryview(data).cast("B", (2, len(data) // 2)) if len(data) % 2 == 0 and data else memoryview(data)


@pytest.mark.parametrize("kind", [
    bytearray, memoryview, lambda data: array.array("B", data), every_second, backwards, two_rows,
    lambda data: memoryview(data).cast("b"), lambda data: (ctypes.c_ubyte * len(data))(*data),
])
def test_bytes_like(kind):
    for length in 1, 2, 3, 8, 300, 5000:
        payload = bytes(range(256)) * 20
        payload = payload[:length]
        assert bytes(kind(payload)) == payload
        assert webstr.websocket_mask(kind(payload), kind(b"abcd"), 1) == py_mask(payload, b"abcd", 1)
    key = b"abcd"
    assert webstr.websocket_mask(kind(b"payload"), kind(key), 1) == py_mask(b"payload", key, 1)
    assert webstr.websocket_mask(payload=kind(b"payload"), key=key) == py_mask(b"payload", key)


def test_other_values():
    for key in b"", b"abc", b"abcde":
        with pytest.raises(ValueError, match="^the key must have 4 bytes$"):
            webstr.websocket_mask(b"payload", key)
    for phase in -1, 4, 2**40:
        with pytest.raises(ValueError, match="^the phase must be 0 to 3$"):
            webstr.websocket_mask(b"payload", b"abcd", phase)
    for payload, key in ("payload", b"abcd"), (b"payload", "abcd"), (None, b"abcd"), (b"payload", 4):
        with pytest.raises(TypeError):
            webstr.websocket_mask(payload, key)
    for arguments, named in [
        ((), {}),
        ((b"payload",), {}),
        ((), {"key": b"abcd"}),
        ((b"payload", b"abcd", 0, 0), {}),
        ((b"payload", b"abcd"), {"key": b"abcd"}),
        ((b"payload", b"abcd"), {"masks": 1}),
        ((b"payload", b"abcd", "0"), {}),
        ((b"payload", b"abcd", 1.0), {}),
    ]:
        with pytest.raises(TypeError):
            webstr.websocket_mask(*arguments, **named)


@pytest.mark.parametrize("view", [
    memoryview(array.array("H", range(40))), memoryview(array.array("d", range(9)))[::-2],
    memoryview(bytes(60)).cast("i", (3, 5)), memoryview((ctypes.c_short * 3 * 2)((1, 2, 3), (4, 5, 6))),
], ids=lambda view: f"{view.format} {view.shape}")
def test_what_bytes_reads(view):
    assert webstr.websocket_mask(view, b"abcd") == py_mask(bytes(view), b"abcd")
    assert webstr.websocket_mask(b"payload", memoryview(array.array("H", [1, 2, 3, 4]))[::2]) == \
        py_mask(b"payload", array.array("H", [1, 3]).tobytes())
