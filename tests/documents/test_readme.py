"""The documents' examples: each program is compiled and run, and prints the text below it.

So are the lines that link them, as they stand there, and the programs of examples/."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PREFIX = pathlib.Path(os.environ["WEBSTR_PREFIX"])
README, GUIDE, PYTHON = (
    (ROOT / path).read_text("utf-8") for path in ("README.md", "docs/c.md", "python/README.md")
)


def examples(text):
    """(language, program, its output) of each program of a document."""
    return re.findall(r"^```(c|cpp|python)\n(.*?)^```\n\n```text\n(.*?)^```", text, re.S | re.M)


EXAMPLES = examples(README) + examples(GUIDE) + examples(PYTHON)
# (document, line) of each line that compiles a program.
LINK_LINES = [
    (text, line) for text in (README, GUIDE) for line in re.findall(r"^((?:cc|c\+\+) .*)$", text, re.M)
]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def test_every_language_has_an_example():
    assert [language for language, _, _ in EXAMPLES] == ["c", "c", "cpp", "python"]


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


def documented(text, language):
    """The document's program in `language` and its output."""
    return next((program, expected) for name, program, expected in examples(text) if name == language)


def output(program, **environment):
    run = subprocess.run(
        [program], env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    return run.stdout


def needs(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"no {tool} here; install the package {tool}")


def compile_as_documented(line, directory):
    """Runs a line that begins with cc or c++ in this directory, with all warnings, by the compiler at hand."""
    needs("pkg-config")
    command = compiler(*(("CXX", "c++") if line.startswith("c++") else ("CC", "cc")))
    if "-static" in line:
        probe = [*command, "-static", "-x", "c", "-o", directory / "probe", "-"]
        if subprocess.run(probe, input=b"int main(void) { return 0; }", capture_output=True).returncode:
            pytest.skip("no static C library here")
    subprocess.run(
        f'{line.split()[0]}() {{ command {shlex.join(command)} {shlex.join(WARNINGS)} "$@"; }}\n{line}',
        shell=True,
        executable=shutil.which("bash"),
        check=True,
        timeout=60,
        cwd=directory,
        env={**os.environ, "PKG_CONFIG_PATH": str(PREFIX / "lib/pkgconfig")},
    )


def test_link_lines_are_found():
    assert [line.split()[0] for _, line in LINK_LINES] == ["cc", "cc", "cc", "cc", "c++"]


@pytest.mark.parametrize("text, line", LINK_LINES, ids=[line for _, line in LINK_LINES])
def test_link_line(text, line, tmp_path):
    language = "cpp" if line.startswith("c++") else "c"
    source, expected = documented(text, language)
    name = re.search(r" -o (\S+)", line)[1]
    (tmp_path / re.search(r" (\S+\.c(pp)?) ", line)[1]).write_text(source, "utf-8")
    compile_as_documented(line, tmp_path)
    program = tmp_path / name
    # An archive in a program needs no library path.
    environment = {} if ".a" in line or "-static" in line else {"LD_LIBRARY_PATH": str(PREFIX / "lib")}
    assert output(program, **environment) == expected


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("examples/*.*")))
def test_examples_directory(name, tmp_path):
    """The comment on top says how to compile it, how to run it, and what it prints."""
    source = (ROOT / "examples" / name).read_text("utf-8")
    compile_line, run_line, *expected = re.findall(r"^(?: \*|//)     (.*)\n", source, re.M)
    (tmp_path / name).write_text(source, "utf-8")
    compile_as_documented(compile_line, tmp_path)
    run = subprocess.run(
        run_line,
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "LD_LIBRARY_PATH": str(PREFIX / "lib")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.splitlines() == expected


@pytest.mark.parametrize("library", ["webstr", "webstr_static"])
def test_cmake_lists(library, tmp_path):
    needs("cmake")
    project = tmp_path
    for language in ("c", "cpp"):
        (project / f"program.{language}").write_text(documented(GUIDE, language)[0], "utf-8")
    environment = {**os.environ, "CC": shlex.join(compiler("CC", "cc"))}
    environment["CXX"] = shlex.join(compiler("CXX", "c++"))
    lists = re.search(r"^```cmake\n(.*?)^```", GUIDE, re.S | re.M)[1]
    (project / "CMakeLists.txt").write_text(lists.replace("webstr::webstr)", f"webstr::{library})"), "utf-8")
    for command in (["-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={PREFIX}"], ["--build", "build"]):
        subprocess.run(["cmake", *command], check=True, cwd=project, env=environment)
    assert output(project / "build/program") == documented(GUIDE, "c")[1]
    assert output(project / "build/program_cpp") == documented(GUIDE, "cpp")[1]


@pytest.mark.parametrize("name", ["README.md", "python/README.md", "docs/performance.md"])
def test_numbers_are_of_a_whole_run(name):
    """A part that failed or was left out, uncommitted changes and a quick run are not published."""
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"Not measured[:.]\s*(\n|`make)|failed, see|-dirty|a quick run", text)
