"""What the tests share."""

import json
import sys

import pytest

import webstr


def pytest_report_header():
    build = "free-threaded" if not getattr(sys, "_is_gil_enabled", lambda: True)() else ""
    build += " debug" if hasattr(sys, "gettotalrefcount") else ""
    return f"webstr {webstr.__version__} ({webstr.backend()}) in {webstr.__file__} {build}".rstrip()


@pytest.fixture
def patched():
    """json with webstr in its encoder."""
    with webstr.patch_json():
        assert json.encoder.encode_basestring is not json.encoder.c_encode_basestring
        yield
    assert json.encoder.encode_basestring is json.encoder.c_encode_basestring
