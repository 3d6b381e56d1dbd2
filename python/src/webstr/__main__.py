"""Runs a program with patch_json(): see USAGE.

Python is started anew, with the same options, so that it runs the program as ever. It finds _startup/sitecustomize.py
on PYTHONPATH first.
"""

import os
import sys

import webstr

USAGE = """usage: python [OPTION...] -m webstr (SCRIPT | - | -c CODE | -m MODULE) [ARGUMENT...]

Runs a Python program as `python [OPTION...] (SCRIPT | ...)` does, with webstr.patch_json().
"""


def interpreter() -> "list[str]":
    """What stands before `-m webstr`, which may be written together."""
    words = getattr(sys, "orig_argv", [])[: -len(sys.argv[1:]) or None]
    last = words.pop() if words else ""
    if words and not last.startswith("-"):
        last = words.pop()
    if last.startswith("-") and "m" in last:
        letters = last[: last.index("m")]
        return words + [letters] * (letters != "-")
    # Python 3.9, or somebody has run this file in another way. The current directory may have modules of these names.
    import subprocess

    return [sys.executable, *subprocess._args_from_interpreter_flags()]  # type: ignore[attr-defined]


def main() -> None:
    arguments = sys.argv[1:]
    first = arguments[0] if arguments else ""
    if first in ("-h", "--help"):
        sys.exit(print(USAGE, end=""))
    if first in ("-V", "--version"):
        sys.exit(print(f"webstr {webstr.__version__} ({webstr.backend()}), Python {sys.version.split()[0]}"))
    if not first or first in ("-c", "-m") and len(arguments) == 1 or \
            first.startswith("-") and first != "-" and first[:2] not in ("-c", "-m"):
        sys.exit(print(USAGE, end="", file=sys.stderr) or 2)
    if sys.flags.ignore_environment or sys.flags.no_site:
        sys.exit("python -m webstr: not with -E, -I or -S, with which python looks at no PYTHONPATH")
    path = [os.path.join(os.path.dirname(os.path.abspath(webstr.__file__)), "_startup")]
    path += filter(None, [os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    command = interpreter() + arguments
    if os.name == "nt":  # where exec would not wait for the end
        import subprocess

        sys.exit(subprocess.call(command, executable=sys.executable, env=environment))
    os.execve(sys.executable, command, environment)


if __name__ == "__main__":
    main()
