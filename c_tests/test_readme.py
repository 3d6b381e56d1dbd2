"""The README's examples: each program is compiled and run, and prints what stands below it."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

README = pathlib.Path(__file__).parent.parent / "README.md"
PREFIX = pathlib.Path(os.environ["WEBSTR_PREFIX"])
EXAMPLES = re.findall(
    r"^```(c|cpp|python)\n(.*?)^```\n\n```text\n(.*?)^```", README.read_text("utf-8"), re.S | re.M
)
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def test_every_language_has_an_example():
    assert [language for language, _, _ in EXAMPLES] == ["c", "cpp", "python"]


def compiler(variable, default):
    command = shlex.split(os.environ.get(variable, default))
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    return command


@pytest.mark.parametrize("link", ["static", "shared"])
@pytest.mark.parametrize("language, program, expected", EXAMPLES)
def test_example(language, program, expected, link, tmp_path):
    if language == "python":
        command = [sys.executable, "-c", program]
    else:
        variable, default, standard = {"c": ("CC", "cc", "c99"), "cpp": ("CXX", "c++", "c++17")}[language]
        source = tmp_path / f"example.{language}"
        source.write_text(program, "utf-8")
        command = [tmp_path / "example"]
        library = [PREFIX / "lib/libwebstr.a"]
        if link == "shared":
            library = [f"-L{PREFIX}/lib", "-lwebstr", f"-Wl,-rpath,{PREFIX}/lib"]
        subprocess.run(
            [*compiler(variable, default), f"-std={standard}", *WARNINGS, f"-I{PREFIX}/include"]
            + ["-o", *command, source, *library],
            check=True,
        )
    environment = {**os.environ, "WEBSTR_LIBRARY": str(PREFIX / "lib/libwebstr.so")}
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert run.stdout == expected
