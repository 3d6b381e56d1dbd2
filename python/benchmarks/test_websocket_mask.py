"""Ways to mask a WebSocket payload from Python."""

import pytest
import webstr
import wsaccel.xormask
from websockets.speedups import apply_mask

KEY = bytes.fromhex("37fa213d")
SIZES = [0, 16, 64, 1024, 65536]


@pytest.mark.parametrize("size", SIZES)
def test_webstr(benchmark, size):
    benchmark(webstr.websocket_mask, b"x" * size, KEY)


@pytest.mark.parametrize("size", SIZES)
def test_websockets(benchmark, size):
    assert benchmark(apply_mask, b"x" * size, KEY) == webstr.websocket_mask(b"x" * size, KEY)


@pytest.mark.parametrize("size", SIZES)
def test_wsaccel(benchmark, size):
    """Its masker is an object that keeps the phase."""

    def mask(payload):
        return wsaccel.xormask.XorMaskerSimple(KEY).process(payload)

    assert bytes(benchmark(mask, b"x" * size)) == webstr.websocket_mask(b"x" * size, KEY)
