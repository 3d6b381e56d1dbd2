"""The handshake and masks from Python, and what a call costs that does nothing."""

import ctypes
from base64 import b64encode
from hashlib import sha1

import baseline
import pytest
import webstr
import websockets.speedups
import websockets.utils
import wsaccel.xormask

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEYS = [b64encode(n.to_bytes(16, "big")).decode() for n in range(1000)]


def py_accept(key):
    return b64encode(sha1((key + GUID).encode()).digest()).decode()


def test_python_code(benchmark):
    assert benchmark(py_accept, KEY) == ACCEPT


def test_optimized_code(benchmark):
    assert benchmark(webstr.c_accept, KEY) == ACCEPT


def test_magic_code(benchmark):
    assert benchmark(baseline.magic, KEY) == ACCEPT


def test_checked_key(benchmark):
    assert benchmark(webstr.accept, KEY) == ACCEPT


def test_plain_c_hash(benchmark):
    assert benchmark(baseline.scalar_accept, KEY) == ACCEPT


def test_ctypes(benchmark):
    value = ctypes.create_string_buffer(28)
    key, accept = KEY.encode(), webstr.ctypes_api.sec_websocket_accept
    benchmark(accept, key, value)
    assert value.raw.decode() == ACCEPT


def test_websockets(benchmark):
    assert benchmark(websockets.utils.accept_key, KEY) == ACCEPT


@pytest.mark.parametrize("function", [py_accept, baseline.scalar_accept, webstr.c_accept])
def test_1000_keys_in_a_loop(benchmark, function):
    values = benchmark(lambda: [function(key) for key in KEYS])
    assert values == [py_accept(key) for key in KEYS]


def test_1000_keys_at_once(benchmark):
    assert benchmark(webstr.accept_many, KEYS) == [py_accept(key) for key in KEYS]


def wsaccel_mask(payload, key):
    """Its masker is an object that keeps the phase."""
    return wsaccel.xormask.XorMaskerSimple(key).process(payload)


@pytest.mark.parametrize("mask", [webstr.websocket_mask, websockets.speedups.apply_mask, wsaccel_mask])
@pytest.mark.parametrize("size", [16, 64, 1024, 65536])
def test_mask(benchmark, size, mask):
    payload, key = b"x" * size, bytes.fromhex("37fa213d")
    assert bytes(benchmark(mask, payload, key)) == webstr.websocket_mask(payload, key)
