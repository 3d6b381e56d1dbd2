"""Measures everything side by side and writes the samples: `make bench` runs this.

build/bench/results.json: the machine, the compilers, the date, what could not be measured, and for
each comparison (a suite, a case) the nanoseconds per call of every contender in every round.
"""

import argparse
import datetime
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
sys.path.insert(0, str(ROOT / "cpython_patch"))
import bench as cpython_bench  # noqa: E402

# Each a benchmark of this name. The peers need all that the compiler may use here.
SUITES = ["ladder", "contents", "peers", "handshake"]
# Over all of them, with a tenth of the rounds each: a busy minute of the machine then meets a part of
# every comparison's rounds and not all rounds of some.
PASSES = 5
NATIVE = {"CARGO_TARGET_DIR": str(BUILD / "native"), "RUSTFLAGS": "-C target-cpu=native"}


def first_line(command):
    try:
        return subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ).stdout.partition("\n")[0]
    except OSError:
        return "?"


def machine():
    """The machine that the numbers are of."""
    fields = {}
    for line in (
        Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else ()
    ):
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    model = fields.get("model name") or first_line(["sysctl", "-n", "machdep.cpu.brand_string"])
    if "cpu family" in fields:
        model += f" (family {fields['cpu family']}, model {fields['model']})"
    return {
        "cpu": model or platform.processor() or "?",
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
    }


def pin():
    """Keeps this process and its children on one core where the system lets it; which one."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))  # the first ones serve most interrupts
    try:
        os.sched_setaffinity(0, {core})
    except OSError:
        return None
    return core


class Bar(tqdm):
    """Progress of one suite, in comparisons or processes; a line where there is no terminal."""

    def __init__(self, suite, unit, total=None):
        super().__init__(desc=f"{suite:10}", unit=unit, total=total, disable=None)
        if self.disable:
            print(f"measuring: {suite}", file=sys.stderr, flush=True)


def rust_suites(passes):
    """Comparisons of the suites that are Rust benchmarks, the rounds of all passes together."""
    comparisons = {}
    for number in range(1, passes + 1):
        for suite in SUITES:
            for entry in rust_suite(suite, f"{suite} {number}/{passes}"):
                key = suite, json.dumps(entry["case"])
                known = comparisons.setdefault(key, entry)
                if known is not entry:
                    for name, samples in entry["ns"].items():
                        known["ns"][name] += samples
    return list(comparisons.values())


def rust_suite(suite, title):
    """Comparisons of one pass of a suite, as it writes them down."""
    lines, log = BUILD / "bench" / f"{suite}.jsonl", BUILD / "bench" / f"{suite}.log"
    lines.unlink(missing_ok=True)
    command = [
        os.environ.get("CARGO", "cargo"),
        "bench",
        "--locked",
        "--quiet",
        "--manifest-path=benches/Cargo.toml",
        f"--target-dir={'build/native' if suite == 'peers' else 'target'}",
        "--bench",
        suite,
    ]
    command += ["--", "--json", str(lines), "--quick"]
    environment = {**os.environ, **(NATIVE if suite == "peers" else {})}
    comparisons = []
    with log.open("w") as output, Bar(title, "comparison") as bar:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        position, running = 0, True
        while running:
            running = process.poll() is None
            time.sleep(0.1)
            if not lines.exists():
                continue
            with lines.open() as file:
                file.seek(position)
                while (line := file.readline()).endswith("\n"):
                    position = file.tell()
                    entry = json.loads(line)
                    if "comparisons" in entry:
                        bar.reset(entry["comparisons"])
                    else:
                        comparisons.append(entry)
                        bar.update()
    if process.returncode:
        sys.exit(f"run.py: {shlex.join(command)} failed:\n{log.read_text()[-2000:]}")
    return comparisons


def is_current(tree):
    """Whether a patched tree has the library, header and glue of today in it."""
    sources = {
        "libwebstr.ar": BUILD / "stage/lib/libwebstr.a",
        "webstr.h": ROOT / "include/webstr.h",
    }
    glue = tree / "Modules" / "_webstr"
    if not glue.is_dir():
        return False
    for file in glue.iterdir():
        source = sources.get(file.name, ROOT / "cpython_patch" / file.name)
        if not source.is_file() or source.read_bytes() != file.read_bytes():
            return False
    return True


def patched_cpythons(missing):
    """(release, stock python, patched python) of what `make cpython` has built, oldest first; what
    it has to build again goes to `missing`."""
    folder = cpython_bench.OUT
    found = []
    for patched in folder.glob("*-webstr/python"):
        release = patched.parent.name[: -len("-webstr")]
        stock = folder / f"{release}-stock" / "python"
        if not stock.is_file():
            continue
        if is_current(patched.parent):
            found.append((release, stock, patched))
        else:
            missing[f"CPython {release}"] = (
                f"it was built with another state of webstr: run `make cpython VERSION={release}` first"
            )
    if not found:
        missing["CPython"] = "run `make cpython` first"
    return sorted(found, key=lambda each: [int(n) for n in re.findall(r"\d+", each[0])])


def cpython_suite(release, stock, patched, quick):
    """Comparisons of json in two builds of a release, by turns, a process each time."""
    documents = BUILD / "documents"
    peers = (
        cpython_bench.fetch_peers(stock) if release.startswith(cpython_bench.PEERS_SERIES + ".") else ""
    )
    rounds = 3 if quick else 9
    with Bar("cpython", "process", 3 * rounds) as bar:
        times = cpython_bench.measure(
            stock,
            patched,
            0.001 if quick else 0.004,
            rounds,
            documents if documents.is_dir() else "",
            peers,
            twin=True,
            done=bar.update,
        )
    comparisons = {}
    for (table, row, contender), samples in times.items():
        comparison = comparisons.setdefault(
            (table, row),
            {
                "suite": "cpython",
                "case": {"release": release, "table": table, "row": row},
                "units": 1,
                "ns": {},
            },
        )
        comparison["ns"][contender] = [round(ns, 2) for ns in samples]
    return list(comparisons.values())


# The functions that the tests of python/benchmarks/test_accept.py call.
CALLS = {
    "python_code": "py_accept: hashlib, base64",
    "optimized_code": "webstr.c_accept",
    "checked_key": "webstr.accept, checks the key",
    "ctypes": "webstr through ctypes",
    "magic_code": "a function that returns a constant",
    "plain_c_hash": "plain C in an extension",
    "websockets": "websockets.utils.accept_key",
    "1000_keys_in_a_loop[py_accept]": "py_accept, in a loop",
    "1000_keys_in_a_loop[scalar_accept]": "plain C in an extension, in a loop",
    "1000_keys_in_a_loop[c_accept]": "webstr.c_accept, in a loop",
    "1000_keys_at_once": "webstr.accept_many",
}


def python_suite(quick):
    """Comparisons of the Python package from what `make bench-python`, which is pytest-benchmark,
    writes down in several passes over all its tests: a sample is the median of a pass. Or in one
    line why there are none."""
    path, log = BUILD / "bench" / "python.json", BUILD / "bench" / "python.log"
    path.unlink(missing_ok=True)
    passes = 3 if quick else 15
    options = (
        f"--benchmark-json={path} --benchmark-max-time=0.02 --count={passes} --repeat-scope=session"
    )
    command = [os.environ.get("MAKE", "make"), "bench-python", f"ARGS={options}"]
    with log.open("w") as output, Bar("python", "run", 1) as bar:
        result = subprocess.run(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
        bar.update()
    if result.returncode or not path.exists():
        return f"`make bench-python` failed, see {log.relative_to(ROOT)}"
    comparisons = {}
    for benchmark in json.loads(path.read_text("utf-8"))["benchmarks"]:
        # test_ctypes[1-9] is of the first of nine passes, test_x[…-json-1-9] stands against […-webstr-1-9].
        name = re.sub(r"\[\d+-\d+\]$", "", benchmark["name"].removeprefix("test_"))
        name = re.sub(r"-\d+-\d+\]$", "]", name)
        who = benchmark["params"].get("who")
        keys = re.match(r"\d+_keys", name)
        if who:
            case, contender = name.replace(f"-{who}]", "]"), who
        else:
            case, contender = keys[0] if keys else "accept", CALLS[name]
        comparison = comparisons.setdefault(
            case,
            {"suite": "python", "case": {"call": case}, "units": 1000 if keys else 1, "ns": {}},
        )
        samples = comparison["ns"].setdefault(contender, [])
        samples.append(round(benchmark["stats"]["median"] * 1e9, 2))
    return list(comparisons.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="a fifth of the rounds: for a look, not a claim"
    )
    parser.add_argument("--output", type=Path, default=BUILD / "bench" / "results.json")
    options = parser.parse_args()

    passes = 1 if options.quick else PASSES
    missing = {}
    results = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "quick": options.quick,
        "passes": passes,
        "machine": machine(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "core": pin(),
        "compilers": {
            "cc": first_line([*shlex.split(os.environ.get("CC", "cc")), "--version"]),
            "rustc": first_line([os.environ.get("RUSTC", "rustc"), "--version"]),
        },
        "python": platform.python_version(),
        "revision": first_line(
            ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
        ),
        "missing": missing,
        "comparisons": [],
    }
    start = time.monotonic()
    results["comparisons"] += rust_suites(passes)
    builds = patched_cpythons(missing)
    for build in builds[-1:] if options.quick else builds:
        results["comparisons"] += cpython_suite(*build, options.quick)
    python = python_suite(options.quick)
    if isinstance(python, str):
        missing["From Python"] = python
    else:
        results["comparisons"] += python
    results["seconds"] = round(time.monotonic() - start)

    # A comparison a line: the file is large, and looked at.
    head = {key: value for key, value in results.items() if key != "comparisons"}
    body = ",\n".join(json.dumps(comparison) for comparison in results["comparisons"])
    options.output.write_text(
        f'{json.dumps(head, indent=1)[:-2]},\n "comparisons": [\n{body}\n]\n}}\n', "utf-8"
    )
    print(f"{len(results['comparisons'])} comparisons in {results['seconds']} s: {options.output}")


if __name__ == "__main__":
    main()
