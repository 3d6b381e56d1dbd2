"""escape_json() and the patched json against json's own C functions."""

import json
from json.encoder import c_encode_basestring, c_encode_basestring_ascii

import pytest
import webstr

STRINGS = {
    "0": "", "1": "a", "3": "abc", "8": "abcdefgh", "17": "abcdefghijklmnopq", "64": "a" * 64,
    "1 newline": "\n", "17, two escapes": 'say "abcdefgh" ok', "190 digits": "1234567890" * 19,
    "17 CJK": "中" * 17, "16 Ki": "a" * 16384, "16 Ki Latin-1": "é" * 16384,
}
DOCUMENT = [{"id": n, "name": f"name {n}", "text": "a line of text\n" * 5} for n in range(20)]


@pytest.mark.parametrize("who", ["json", "webstr"])
@pytest.mark.parametrize("name", STRINGS)
@pytest.mark.parametrize("form", ["plain", "ascii"])
def test_string(benchmark, form, name, who):
    with webstr.patch_json():
        patched = json.encoder.encode_basestring, json.encoder.encode_basestring_ascii
    ascii = form == "ascii"
    function = patched[ascii] if who == "webstr" else \
        (c_encode_basestring, c_encode_basestring_ascii)[ascii]
    assert json.loads(benchmark(function, STRINGS[name])) == STRINGS[name]


@pytest.mark.parametrize("who", ["json", "webstr"])
@pytest.mark.parametrize("name", STRINGS)
def test_escape_json(benchmark, name, who):
    function = webstr.escape_json if who == "webstr" else c_encode_basestring
    assert json.loads(benchmark(function, STRINGS[name])) == STRINGS[name]


@pytest.mark.parametrize("who", ["json", "webstr"])
@pytest.mark.parametrize("way", ["dumps", "iterencode", "empty"])
def test_document(benchmark, way, who):
    encoder = json.JSONEncoder()
    document = [] if way == "empty" else DOCUMENT

    def iterencode(document):
        return "".join(encoder.iterencode(document))

    function = iterencode if way == "iterencode" else encoder.encode
    if who == "webstr":
        with webstr.patch_json():
            text = benchmark(function, document)
    else:
        text = benchmark(function, document)
    assert json.loads(text) == document
