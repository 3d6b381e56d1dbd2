"""The C functions of webstr.h through ctypes, each with its argument and result types.

The library is the one that WEBSTR_LIBRARY names, else the one beside this file, else the one that
is installed. Pointers are void *: a bytes object or a ctypes buffer does for a source, a ctypes
buffer for a destination. Nothing is checked: too small a buffer is overrun, as in C.

>>> value = ctypes.create_string_buffer(SEC_WEBSOCKET_ACCEPT_LEN)
>>> sec_websocket_accept(b"dGhlIHNhbXBsZSBub25jZQ==", value)
>>> value.raw
b's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

A function whose name ends in _into returns the length of the whole result:

>>> json = ctypes.create_string_buffer(64)
>>> size = escape_json_utf8_into(b"tab\\t", 4, json, len(json))
>>> json.raw[:size]
b'"tab\\\\t"'

The two for the messages of a WebSocket:

>>> incomplete = ctypes.c_size_t()
>>> webstr_utf8_valid_up_to(b"caf\\xc3", 4, incomplete), incomplete.value
(3, 1)
>>> masked = ctypes.create_string_buffer(5)
>>> webstr_websocket_mask(b"Hello", 5, b"\\x37\\xfa\\x21\\x3d", 0, masked)
1
>>> masked.raw.hex()
'7f9f4d5158'
"""

import ctypes
import ctypes.util
import os
import sys
from pathlib import Path
from typing import Any

SEC_WEBSOCKET_KEY_LEN = 24
SEC_WEBSOCKET_ACCEPT_LEN = 28


# As cargo names it, and as the system's loader does.
if sys.platform == "win32":
    _SHIPPED, _INSTALLED = "webstr.dll", "webstr.dll"
elif sys.platform == "darwin":
    _SHIPPED, _INSTALLED = "libwebstr.dylib", "libwebstr.0.dylib"
else:
    _SHIPPED, _INSTALLED = "libwebstr.so", "libwebstr.so.0"


def _load() -> ctypes.CDLL:
    named = os.environ.get("WEBSTR_LIBRARY")
    if named:
        return ctypes.CDLL(named)
    shipped = Path(__file__).with_name(_SHIPPED)
    if shipped.exists():
        return ctypes.CDLL(str(shipped))
    try:
        return ctypes.CDLL(ctypes.util.find_library("webstr") or _INSTALLED)
    except OSError as error:
        raise OSError(f"{_SHIPPED} is not beside webstr.ctypes_api, nor {_INSTALLED} installed; "
                      "WEBSTR_LIBRARY can name it") from error


library = _load()


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, name)
    function.argtypes, function.restype = arguments, result
    return function


_pointer, _size = ctypes.c_void_p, ctypes.c_size_t

sec_websocket_accept = _declare("sec_websocket_accept", None, _pointer, _pointer)
sec_websocket_accept_many = _declare("sec_websocket_accept_many", None, _pointer, _pointer, _size)
sec_websocket_key_valid = _declare("sec_websocket_key_valid", ctypes.c_bool, _pointer, _size)
webstr_version = _declare("webstr_version", ctypes.c_uint32)
webstr_backend = _declare("webstr_backend", ctypes.c_char_p)

escape_json_ucs1_size = _declare("escape_json_ucs1_size", _size, _pointer, _size)
escape_json_ucs2_size = _declare("escape_json_ucs2_size", _size, _pointer, _size)
escape_json_ucs4_size = _declare("escape_json_ucs4_size", _size, _pointer, _size)
escape_json_ascii_ucs1_size = _declare("escape_json_ascii_ucs1_size", _size, _pointer, _size)
escape_json_ascii_ucs2_size = _declare("escape_json_ascii_ucs2_size", _size, _pointer, _size)
escape_json_ascii_ucs4_size = _declare("escape_json_ascii_ucs4_size", _size, _pointer, _size)
escape_json_ucs1 = _declare("escape_json_ucs1", _size, _pointer, _size, _pointer)
escape_json_ucs2 = _declare("escape_json_ucs2", _size, _pointer, _size, _pointer)
escape_json_ucs4 = _declare("escape_json_ucs4", _size, _pointer, _size, _pointer)
escape_json_ascii_ucs1 = _declare("escape_json_ascii_ucs1", _size, _pointer, _size, _pointer)
escape_json_ascii_ucs2 = _declare("escape_json_ascii_ucs2", _size, _pointer, _size, _pointer)
escape_json_ascii_ucs4 = _declare("escape_json_ascii_ucs4", _size, _pointer, _size, _pointer)
escape_json_ucs1_into = _declare("escape_json_ucs1_into", _size, _pointer, _size, _pointer, _size)
escape_json_ucs2_into = _declare("escape_json_ucs2_into", _size, _pointer, _size, _pointer, _size)
escape_json_ucs4_into = _declare("escape_json_ucs4_into", _size, _pointer, _size, _pointer, _size)
escape_json_ascii_ucs1_into = _declare(
    "escape_json_ascii_ucs1_into", _size, _pointer, _size, _pointer, _size
)
escape_json_ascii_ucs2_into = _declare(
    "escape_json_ascii_ucs2_into", _size, _pointer, _size, _pointer, _size
)
escape_json_ascii_ucs4_into = _declare(
    "escape_json_ascii_ucs4_into", _size, _pointer, _size, _pointer, _size
)
escape_json_utf8_into = _declare("escape_json_utf8_into", _size, _pointer, _size, _pointer, _size)
escape_json_ascii_utf8_into = _declare(
    "escape_json_ascii_utf8_into", _size, _pointer, _size, _pointer, _size
)

webstr_utf8_valid_up_to = _declare(
    "webstr_utf8_valid_up_to", _size, _pointer, _size, ctypes.POINTER(_size)
)
webstr_websocket_mask = _declare(
    "webstr_websocket_mask", ctypes.c_uint, _pointer, _size, _pointer, ctypes.c_uint, _pointer
)
