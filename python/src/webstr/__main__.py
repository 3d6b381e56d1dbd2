"""Runs a program with patch_json(): python -m webstr SCRIPT [ARGUMENT…], or -m MODULE [ARGUMENT…]."""

import os
import runpy
import sys

from . import patch_json


def main() -> None:
    arguments = sys.argv[1:]
    as_module = arguments[:1] == ["-m"]
    if not arguments[as_module:]:
        print("usage: python -m webstr (SCRIPT | -m MODULE) [ARGUMENT...]", file=sys.stderr)
        sys.exit(2)
    sys.argv = arguments[as_module:]
    patch_json()
    if as_module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, os.path.dirname(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
