"""Builds the Rust library with cargo and the extension that links it.

The crate is the repository around this folder, or `crate/` beside this file in an sdist. What is
built goes below the repository's build/ and cargo's target directory.

With WEBSTR_SYSTEM=1 in the environment the extension uses the libwebstr that is installed instead, as a
distribution wants it. CFLAGS and LDFLAGS say where it is, if that is not where the compiler looks.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
EXPORTS = HERE / "src" / "exports.map"
IN_SDIST = (HERE / "crate").is_dir()
CRATE = HERE / "crate" if IN_SDIST else HERE.parent
# What of the repository the build needs.
CRATE_FILES = ["Cargo.toml", "Cargo.lock", "build.rs", "src", "include", "cpython_patch/webstr_str.h"]

SYSTEM = os.environ.get("WEBSTR_SYSTEM", "0") != "0"
VERSION = re.search(r'^version = "(.*)"', (CRATE / "Cargo.toml").read_text("utf-8"), re.M)[1]


def missing_tools(compiler, include_dirs):
    """What cannot be found, and where to get it."""
    if not SYSTEM and shutil.which("cargo") is None:
        yield "'cargo' is missing: install Rust from https://rustup.rs"
    if compiler and shutil.which(compiler[0]) is None:
        yield f"'{compiler[0]}' is missing: install a C compiler (on Debian: apt-get install gcc)"
    if not any(Path(directory, "Python.h").exists() for directory in include_dirs):
        yield "Python.h is missing: install Python's headers (on Debian: apt-get install python3-dev)"


def build_library():
    """The static and the shared library, as `make` builds them."""
    command = ["cargo", "rustc", "--locked", "--release", "--lib", "--features", "capi"]
    command += ["--crate-type", "cdylib,staticlib", "--message-format", "json-render-diagnostics"]
    command += ["--", "--cfg", "cargo_c"]
    # On Linux CC may name a compiler for another C library. It links the shared library, too.
    linker = shutil.which(os.environ.get("CC", ""))
    if linker and sys.platform == "linux":
        command += [f"-Clinker={linker}"]
    profile = {"CARGO_PROFILE_RELEASE_LTO": "fat", "CARGO_PROFILE_RELEASE_PANIC": "abort"}
    environment = {**os.environ, **profile}
    cargo = subprocess.run(command, cwd=CRATE, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    if cargo.returncode != 0:
        sys.exit(f"webstr: cargo failed in {CRATE} (see above)")
    messages = map(json.loads, cargo.stdout.splitlines())
    files = [
        Path(file)
        for message in messages
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "webstr"
        for file in message["filenames"]
    ]
    return library_files(files)


def library_files(files):
    """Of what cargo has built, the static and the shared library; not the DLL's import library."""
    static = next(file for file in files if file.name in ("libwebstr.a", "webstr.lib"))
    shared = next(file for file in files if file.suffix in (".so", ".dylib", ".dll"))
    return static, shared


def link_arguments(compiler):
    """The linker is to export none of the library's functions, and to keep only what is used."""
    if compiler == "msvc":  # which does so without being told
        return ["kernel32.lib"]
    if sys.platform == "darwin":
        return ["-Wl,-exported_symbol,_PyInit__webstr", "-Wl,-dead_strip"]
    if sys.platform == "win32":
        return ["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"]
    return [f"-Wl,--version-script={EXPORTS}", "-Wl,--gc-sections"]  # zig knows no --exclude-libs


class BuildExt(build_ext):
    def build_extension(self, ext):
        missing = list(missing_tools(getattr(self.compiler, "compiler", None), self.include_dirs))
        if missing:
            sys.exit("\n".join(f"webstr: {line}" for line in missing))
        if SYSTEM:
            ext.libraries = ["webstr"]
            return super().build_extension(ext)
        static, shared = build_library()
        ext.extra_objects = [str(static)]
        ext.depends += [str(static), *map(str, CRATE.glob("cpython_patch/*.h"))]
        ext.extra_link_args = link_arguments(self.compiler.compiler_type)
        super().build_extension(ext)
        # For webstr.ctypes_api.
        shutil.copyfile(shared, Path(self.get_ext_fullpath(ext.name)).with_name(shared.name))


class Sdist(sdist):
    """With the crate, and the crates that it is built from: the build of an sdist needs no network."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        crate = Path(base_dir, "crate")
        for name in CRATE_FILES + ([".cargo", "vendor"] if IN_SDIST else []):
            source, copy = CRATE / name, crate / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copy)
            else:
                shutil.copyfile(source, copy)
        if not IN_SDIST:
            subprocess.run([CRATE / "packaging" / "vendor.sh", crate], check=True)


# Nothing is left in the source tree, and nothing of an earlier build is taken: the compiler's flags
# may have changed.
build = CRATE / "build" / "python"
build.mkdir(parents=True, exist_ok=True)

setup(
    version=VERSION,
    cmdclass={"build_ext": BuildExt, "sdist": Sdist},
    ext_modules=[
        Extension(
            "webstr._webstr",
            ["src/_webstr.c", "src/json_encoder.c", "src/json_string.c", "src/json_writer.c"],
            depends=["src/exports.map", "src/_webstr.h", "src/compat.h", "src/json_buffer.h",
                     "src/json_encoder.h", "src/json_exception.h", "src/json_number.h"],
            include_dirs=[str(CRATE / "include"), str(CRATE / "cpython_patch")],
        )
    ],
    options={
        "build": {"build_base": str(build), "force": True},
        "egg_info": {"egg_base": str(build)},
    },
)
