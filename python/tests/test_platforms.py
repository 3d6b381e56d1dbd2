"""What is there for other systems than this one, as far as it can run here."""

import ctypes.util
import importlib.util
import pathlib
import shutil
import sys

import pytest
import setuptools

from webstr import ctypes_api

PYTHON = pathlib.Path(__file__).parent.parent
SHIPPED = {"linux": "libwebstr.so", "freebsd14": "libwebstr.so", "darwin": "libwebstr.dylib",
           "win32": "webstr.dll"}
INSTALLED = {"linux": "libwebstr.so.0", "darwin": "libwebstr.0.dylib", "win32": "webstr.dll"}


def execute(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def asked(monkeypatch):
    """The names by which the system's loader was asked for a library; it finds none."""
    names, load = [], ctypes.CDLL

    def loader(name):
        if pathlib.Path(name).is_absolute():
            return load(name)
        names.append(name)
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", loader)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    return names


@pytest.fixture
def alone(tmp_path, monkeypatch, asked):
    """A copy of ctypes_api.py with no library beside it, and none installed."""
    monkeypatch.delenv("WEBSTR_LIBRARY", raising=False)
    return shutil.copy(ctypes_api.__file__, tmp_path)


@pytest.mark.parametrize("platform, name", SHIPPED.items())
def test_the_library_beside_the_module(alone, monkeypatch, platform, name):
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(OSError, match=f"{name} is not beside"):
        execute(pathlib.Path(alone))
    for other in {*SHIPPED.values()} - {name}:  # not another system's
        pathlib.Path(alone).with_name(other).write_bytes(b"")
    with pytest.raises(OSError, match=f"{name} is not beside"):
        execute(pathlib.Path(alone))
    shutil.copy(ctypes_api.library._name, pathlib.Path(alone).with_name(name))
    module = execute(pathlib.Path(alone))
    assert module.library._name == str(pathlib.Path(alone).with_name(name))
    assert module.webstr_version() == ctypes_api.webstr_version()


@pytest.mark.parametrize("platform, name", INSTALLED.items())
def test_the_library_where_the_loader_finds_it(alone, asked, monkeypatch, platform, name):
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(OSError, match=f"nor {name} installed"):
        execute(pathlib.Path(alone))
    assert asked == [name]


@pytest.fixture
def build(monkeypatch):
    """setup.py, which sets nothing up."""
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: None)
    return execute(PYTHON / "setup.py")


@pytest.mark.parametrize("built, static, shared", [
    (["libwebstr.so", "libwebstr.a"], "libwebstr.a", "libwebstr.so"),
    (["libwebstr.dylib", "libwebstr.a"], "libwebstr.a", "libwebstr.dylib"),
    (["webstr.dll", "webstr.dll.lib", "webstr.pdb", "webstr.lib"], "webstr.lib", "webstr.dll"),
    (["webstr.dll", "libwebstr.dll.a", "libwebstr.a"], "libwebstr.a", "webstr.dll"),
])
def test_the_libraries_that_cargo_builds(build, built, static, shared):
    files = [pathlib.Path("release", name) for name in built]
    assert [file.name for file in build.library_files(files)] == [static, shared]


@pytest.mark.parametrize("platform, compiler, arguments", [
    ("linux", "unix", f"-Wl,--version-script={PYTHON / 'src' / 'exports.map'} -Wl,--gc-sections"),
    ("darwin", "unix", "-Wl,-exported_symbol,_PyInit__webstr -Wl,-dead_strip"),
    ("win32", "msvc", "kernel32.lib"),
    ("win32", "mingw32", "-Wl,--exclude-libs,ALL -Wl,--gc-sections"),
])
def test_what_the_linker_is_told(build, monkeypatch, platform, compiler, arguments):
    monkeypatch.setattr(sys, "platform", platform)
    assert build.link_arguments(compiler) == arguments.split()
