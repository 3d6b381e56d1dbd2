"""What a release needs: one version in every place, the functions of the Debian package, the workflow."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def read(name):
    return (ROOT / name).read_text("utf-8")


VERSION = re.search(r'^version = "(\d+\.\d+\.\d+)"', read("Cargo.toml"), re.M)[1]
MAJOR, MINOR, PATCH = map(int, VERSION.split("."))


@pytest.mark.parametrize(
    "name, pattern, expected",
    [
        ("Cargo.lock", r'^name = "webstr"\nversion = "(.*)"', VERSION),
        ("fuzz/Cargo.lock", r'^name = "webstr"\nversion = "(.*)"', VERSION),
        ("include/webstr.h", r"^#define WEBSTR_VERSION (.*)", f"0x{MAJOR << 16 | MINOR << 8 | PATCH:08x}"),
        ("CHANGELOG.md", r"^## \[(.*?)\]", VERSION),
        ("packaging/debian/changelog", r"\Awebstr \((.*)-", VERSION),
        ("docs/c.md", r"^find_package\(webstr (\S+)", f"{MAJOR}.{MINOR}"),
        ("docs/c.md", r"webstr-(\d\S*)\.tar\.gz", VERSION),
        ("tests/install/consumer/CMakeLists.txt", r"find_package\(webstr (\d\S+)", f"{MAJOR}.{MINOR}"),
    ],
)
def test_version(name, pattern, expected):
    assert re.search(pattern, read(name), re.M)[1] == expected


def test_debian_symbols():
    functions = re.findall(r"^ (.*)@Base ", read("packaging/debian/libwebstr0.symbols"), re.M)
    assert functions == read("src/symbols.txt").split()


@pytest.mark.parametrize("fault", [None, ("runs-on:", "run-on:"), ("permissions:", "permission:")])
def test_workflow(fault, tmp_path):
    """GitHub's schema takes the workflow, and refuses one with a wrong word."""
    workflow = tmp_path / "ci.yml"
    workflow.write_text(read(".github/workflows/ci.yml").replace(*fault or ("", "")), "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", workflow]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == (1 if fault else 0), checked.stdout
