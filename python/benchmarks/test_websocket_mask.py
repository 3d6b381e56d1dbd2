"""Ways to mask a WebSocket payload from Python."""

import pytest
import webstr
import wsaccel.xormask
from websockets.speedups import apply_mask

KEY = bytes.fromhex("37fa213d")


def wsaccel_mask(payload, key):
    """Its masker is an object that keeps the phase."""
    return wsaccel.xormask.XorMaskerSimple(key).process(payload)


WAYS = {"webstr": webstr.websocket_mask, "websockets": apply_mask, "wsaccel": wsaccel_mask}


@pytest.mark.parametrize("who", WAYS)
@pytest.mark.parametrize("size", [0, 16, 64, 1024, 65536])
def test_websocket_mask(benchmark, size, who):
    payload = b"x" * size
    assert bytes(benchmark(WAYS[who], payload, KEY)) == webstr.websocket_mask(payload, KEY)
