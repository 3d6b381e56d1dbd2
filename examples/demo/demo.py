"""What webstr does, step by step: run by `make demo`.

usage: demo.py PROGRAMS LIBRARY DOCUMENT

PROGRAMS is the directory of accept, escape and times.
"""

import ctypes
import json
import subprocess
import sys
from json.encoder import py_encode_basestring, py_encode_basestring_ascii

programs, library, document = sys.argv[1:]

webstr = ctypes.CDLL(library)
webstr.webstr_backend.restype = ctypes.c_char_p


def escape_json(text, form=""):
    """The string as JSON, through escape_json_ucs4 or escape_json_ascii_ucs4."""
    size = getattr(webstr, f"escape_json{form}_ucs4_size")
    write = getattr(webstr, f"escape_json{form}_ucs4")
    size.restype = write.restype = ctypes.c_size_t
    units = text.encode("utf-32-le", "surrogatepass")
    unit, codec = (1, "ascii") if form else (4, "utf-32-le")
    length = ctypes.c_size_t(len(text))
    result = ctypes.create_string_buffer(unit * size(units, length))
    write(units, length, result)
    return result.raw.decode(codec, "surrogatepass")


def strings(value):
    """All strings of a JSON document, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


def title(text):
    print(f"\n== {text}", flush=True)


title("The handshake of RFC 6455 §1.3, from C")
key = "dGhlIHNhbXBsZSBub25jZQ=="
print(f"Sec-WebSocket-Key:    {key}\nSec-WebSocket-Accept: ", end="", flush=True)
subprocess.run([f"{programs}/accept", key], check=True)

with open(document, encoding="utf-8") as file:
    texts = list(strings(json.load(file)))

title(f"Strings of {document} that need escapes, from C (as UTF-8)")
escaped = [text for text in texts if py_encode_basestring(text) != f'"{text}"']
escaped = [text for text in escaped if "\0" not in text]  # an argument holds none
subprocess.run([f"{programs}/escape", *escaped], check=True)

title("All of its strings through ctypes, next to json's own encoders")
differences = 0
for text in texts:
    ours, ours_ascii = escape_json(text), escape_json(text, "_ascii")
    same = ours == py_encode_basestring(text) and ours_ascii == py_encode_basestring_ascii(text)
    differences += not same
    print("same" if same else f"DIFFERENT from {py_encode_basestring_ascii(text)}:", ours_ascii)
print(f"{len(texts)} strings, {differences} differences")

title(f"Times; the backend is {webstr.webstr_backend().decode()}")
subprocess.run([f"{programs}/times"], check=True)
sys.exit(differences != 0)
