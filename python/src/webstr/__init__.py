"""The WebSocket handshake's accept value and JSON string escaping, fast and exact.

>>> import webstr
>>> webstr.accept("dGhlIHNhbXBsZSBub25jZQ==")
's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
>>> webstr.escape_json("tab\\t", ensure_ascii=True)
'"tab\\\\t"'

`webstr.ctypes_api` is the C library through ctypes; it is loaded when it is first named.
"""

from ._patch import patch_json, unpatch_json
from ._webstr import (
    __version__,
    accept,
    accept_many,
    backend,
    c_accept,
    escape_json,
    key_valid,
    websocket_mask,
)

TYPE_CHECKING = False  # typing takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from . import ctypes_api

__all__ = [
    "__version__",
    "accept",
    "accept_many",
    "backend",
    "c_accept",
    "ctypes_api",
    "escape_json",
    "key_valid",
    "patch_json",
    "unpatch_json",
    "websocket_mask",
]


def __getattr__(name: str) -> "Any":
    if name == "ctypes_api":
        import importlib

        return importlib.import_module(".ctypes_api", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
