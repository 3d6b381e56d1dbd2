#!/usr/bin/env python3
"""Times json in two builds of the same CPython release, stock and with webstr.

Both builds are timed by turns, each time in a new process; a process reports
the best of several repeats of every case, and the table shows the medians of
the processes. --together loads both _json modules into one process instead, where
they take turns of some microseconds: what else the machine does meets both.
"""

import argparse
import importlib
import importlib.machinery
import importlib.util
import itertools
import json
import operator
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "build" / "cpython"

DOCUMENTS = ["twitter", "github_events", "update-center", "gsoc-2018", "citm_catalog"]
PEERS = {"orjson": "dumps", "ssrjson": "dumps", "msgspec": "json.encode"}  # requirements.txt pins them
PEERS_SERIES = "3.13"
PATCH_JSON = "patch_json()"  # the package of python/, in the stock build

LENGTHS = [0, 1, 2, 3, 5, 8, 12, 17, 32, 64]


# --- The cases: the same in every process -----------------------------------

def strings():
    """(name, str) of every string that is timed."""
    text = "the quick brown fox jumps over the lazy dog, "
    for length in LENGTHS:
        yield f"ASCII {length}", (text * 2)[:length]
    yield "17, two escapes", 'a "quoted" string'
    yield "190 digits", "".join(map(str, range(100)))
    yield "16 Ki ASCII", (text * 400)[:16384]
    yield "16 Ki, 1 in 32 escaped", ((text * 2)[:31] + '"') * 512
    for kind, letter in (("Latin-1", "\xe9"), ("CJK", "\u6f22"), ("emoji", "\U0001f600")):
        for length in (3, 8, 17, 64):
            yield f"{kind} {length}", (letter + text * 2)[:length]
        yield f"16 Ki {kind}", letter * 16384


def documents(folder):
    """(name, object) of every document that is timed."""
    for name in DOCUMENTS:
        path = folder / f"{name}.json"
        if path.is_file():
            yield name, json.loads(path.read_bytes())
    yield "1000 small dicts", [
        {"id": i, "x": i / 4, "name": f"item{i}", "ok": True} for i in range(1000)]
    simple = {"key1": 0, "key2": True, "key3": "value", "key4": "foo", "key5": "string"}
    nested = {"key1": 0, "key2": simple, "key3": "value", "key4": simple, "key5": simple,
              "key": "\u0105\u0107\u017c"}
    yield "like pyperformance json_dumps", [{}, simple, nested, [nested] * 1000]


def best(function, argument, seconds, repeats=5):
    """Nanoseconds a call, the best of some repeats of `seconds` each."""
    clock = time.perf_counter_ns
    number = 1
    while True:
        loops = range(number)
        start = clock()
        for _ in loops:
            function(argument)
        elapsed = clock() - start
        if elapsed >= seconds * 1e9:
            break
        number = max(2 * number, min(100 * number, int(1.2 * number * seconds * 1e9 / (elapsed + 1))))
    times = [elapsed]
    for _ in range(repeats - 1):
        start = clock()
        for _ in loops:
            function(argument)
        times.append(clock() - start)
    return min(times) / number


def work(seconds, folder, peers):
    """Times every case in this interpreter; prints [table, row, column, ns]."""
    from json.encoder import c_encode_basestring, c_encode_basestring_ascii

    results = []
    others = {}
    for name, function in PEERS.items() if peers else ():
        sys.path.insert(0, str(Path(peers, name)))
        try:
            module = importlib.import_module(name)
            if "." in function:
                importlib.import_module(f"{name}.{function.split('.')[0]}")
        except ImportError:
            continue  # fetch_peers() said so
        others[name] = operator.attrgetter(function)(module)
    for name, value in strings():
        for table, function in (("c_encode_basestring", c_encode_basestring),
                                ("c_encode_basestring_ascii", c_encode_basestring_ascii)):
            results.append([table, name, "", best(function, value, seconds)])
        for peer, function in others.items():
            results.append(["peers", name, peer, best(function, value, seconds)])
    try:
        sys.path.insert(0, str(Path(peers, "webstr")))
        import webstr
    except ImportError:
        webstr = None
    for name, value in documents(folder) if folder else ():
        for table, encoder in (
                ("json.dumps, default", json.JSONEncoder()),
                ("json.dumps, ensure_ascii=False", json.JSONEncoder(ensure_ascii=False))):
            results.append([table, name, "", best(encoder.encode, value, 4 * seconds)])
            if webstr:
                with webstr.patch_json():
                    results.append([table, name, PATCH_JSON, best(encoder.encode, value, 4 * seconds)])
        for peer, function in others.items():
            results.append(["peers, documents", name, peer, best(function, value, 4 * seconds)])
    print(json.dumps(results))


# --- Both in one process -------------------------------------------------------

def load_json(path, name):
    loader = importlib.machinery.ExtensionFileLoader(f"{name}._json", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(f"{name}._json", path, loader=loader))
    loader.exec_module(module)
    return module


def by_turns(functions, argument, rounds):
    """Nanoseconds a call of each function, the best of all rounds; they take turns of about 50 µs."""
    clock = time.perf_counter_ns
    start = clock()
    functions[0](argument)
    number = 1 + 50_000 // (clock() - start + 1)
    times = [[] for _ in functions]
    for turn in range(rounds):
        for i in range(len(functions))[::1 if turn % 2 else -1]:
            function = functions[i]
            arguments = itertools.repeat(argument, number)
            start = clock()
            for each in arguments:
                function(each)
            times[i].append(clock() - start)
    return [min(all_times) / number for all_times in times]


def table(head, rows):
    print(f"\n| {' | '.join(head)} |\n|---|{'---|' * (len(head) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def work_together(stock, webstr, rounds, folder):
    """Times both _json modules in this process; prints tables, the ratio of both forms side by side."""
    modules = [load_json(stock, "stock"), load_json(webstr, "webstr")]
    forms = [("Unicode", "encode_basestring"), ("ASCII", "encode_basestring_ascii")]

    def cells(functions, value, rounds, unit):
        before, after = by_turns(functions, value, rounds)
        return [f"{before / unit:.4g}", f"{after / unit:.4g}", f"{before / after:.2f}"]

    head = [f"{form}: {column}" for form, _ in forms for column in ("stock", "webstr", "ratio")]
    table(["ns", *head], (
        [name, *itertools.chain(*(cells([getattr(module, form) for module in modules], value, rounds, 1) for _, form in forms))]
        for name, value in strings()))

    def dumps(module, form):
        return lambda value: "".join(
            module.make_encoder({}, None, getattr(module, form), None, ": ", ", ", False, False, True)(value, 0))

    table(["json.dumps, ms", *head], (
        [name, *itertools.chain(*(cells([dumps(module, form) for module in modules], value, rounds // 2, 1e6)
                                  for _, form in forms))]
        for name, value in (documents(folder) if folder else ())))

    text = "the quick brown fox jumps over the lazy dog, " * 2
    kinds = [("ASCII", "")]
    kinds += [(f"{kind}{more}", letter) for kind, letter in (("Latin-1", "\xe9"), ("CJK", "\u6f22"), ("emoji", "\U0001f600"))
              for more in ("", ", one")]

    def least(kind, letter, form):
        """The lengths from 0 to 64 with the least gain."""
        functions = [getattr(module, form) for module in modules]
        ratios = []
        for length in range(1 if letter else 0, 65):
            string = (letter + text)[:length] if kind.endswith("one") or not letter else letter * length
            before, after = by_turns(functions, string, rounds)
            if before < 1.03 * after:  # again, lest it is noise
                before, after = by_turns(functions, string, 4 * rounds)
            ratios.append((before / after, length))
        return ", ".join(f"{ratio:.2f} ({length})" for ratio, length in sorted(ratios)[:3])

    table(["least ratios (at lengths) of 0 to 64", *(form for form, _ in forms)], (
        [kind, *(least(kind, letter, form) for _, form in forms)] for kind, letter in kinds))


# --- The tables -------------------------------------------------------------

def run(python, arguments, seed):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["PYTHONHASHSEED"] = str(seed)
    answer = subprocess.run([python, "-s", __file__, "--work", *map(str, arguments)],
                            env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout)


def measure(stock, webstr, seconds, rounds, folder, peers, twin=False, done=lambda: None):
    """{(table, row, column): [ns of every round]}; `twin` times stock twice, to show the noise"""
    times = {}
    builds = [("stock", stock, peers), ("webstr", webstr, "")]
    if twin:
        builds.append(("stock again", stock, ""))
    for turn in range(rounds):
        for column, python, others in builds if turn % 2 == 0 else reversed(builds):
            for table, row, peer, value in run(python, [seconds, folder, others], turn + 1):
                times.setdefault((table, row, peer or column), []).append(value)
            done()
    return times


def print_tables(title, times):
    middle = {key: statistics.median(values) for key, values in times.items()}
    rows = {}
    for table, row, _ in middle:
        rows.setdefault(table, {})[row] = None
    rows.pop("peers", {})
    rows.pop("peers, documents", {})
    for table, names in rows.items():
        document = table.startswith("json.dumps")
        unit, scale, digits = ("ms", 1e6, 3) if document else ("ns", 1, 1)
        columns = ["stock", "webstr"]
        print(f"\n{title}, {table}, {unit}\n")
        source = "peers, documents" if document else "peers"
        others = [(table, PATCH_JSON)] if any((table, name, PATCH_JSON) in middle for name in names) else []
        others += [(source, peer) for peer in PEERS if any((source, name, peer) in middle for name in names)]
        print("| |", " | ".join(columns + ["ratio"] + [other for _, other in others]), "|")
        print("|---|" + "---|" * (3 + len(others)))
        for name in names:
            stock, webstr = (middle[table, name, column] for column in columns)
            cells = [f"{stock / scale:.{digits}f}", f"{webstr / scale:.{digits}f}", f"{stock / webstr:.2f}"]
            cells += [f"{middle[where, name, other] / scale:.{digits}f}" for where, other in others]
            print(f"| {name} |", " | ".join(cells), "|")
    sys.stdout.flush()


# --- What is needed for it --------------------------------------------------

def fetch_documents():
    subprocess.run([HERE.parent / "benches" / "fetch_documents.sh"], check=True)
    return HERE.parent / "build" / "documents"


def fetch_peers(stock):
    """The folder with one of every peer's and of the package of python/, for the interpreter `stock`; those that
    cannot be had are named on stderr."""
    requirements = (HERE / "requirements.txt").read_text().splitlines()
    pins = [line for line in requirements if line and not line.startswith("#")]
    folder = OUT / ("peers-" + re.sub(r"[^\w.-]+", "-", " ".join(pins)))
    for pin in pins:
        place = folder / pin.split("==")[0]
        if place.is_dir():
            continue
        partial = Path(f"{place}.{os.getpid()}")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
               "--target", partial, "--only-binary=:all:", "--implementation", "cp",
               "--python-version", PEERS_SERIES, pin]
        if subprocess.run(pip).returncode == 0:
            partial.rename(place)
        else:
            print(f"bench.py: {pin} is left out: pip cannot install it for CPython {PEERS_SERIES}",
                  file=sys.stderr)
    # Made anew each time, as it changes with the sources.
    shutil.rmtree(folder / "webstr", ignore_errors=True)
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", stock, "install", "--quiet",
                    "--target", folder / "webstr", "--no-deps", HERE.parent / "python"],
                   env={**os.environ, "CFLAGS": "-O3 -DNDEBUG"}, check=True)
    return folder


def main():
    if sys.argv[1:2] == ["--work"]:
        seconds, folder, peers = sys.argv[2:]
        work(float(seconds), Path(folder) if folder else None, peers)
        return
    if sys.argv[1:2] == ["--work-together"]:
        stock, webstr, rounds, folder = sys.argv[2:]
        work_together(stock, webstr, int(rounds), Path(folder) if folder else None)
        return

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")),
                        help="fewer and shorter runs (also QUICK=1); for a look, not for a claim")
    parser.add_argument("--rounds", type=int, help="processes of each build")
    parser.add_argument("--strings", action="store_true",
                        help="no documents and no other libraries, which have to be fetched")
    parser.add_argument("--together", action="store_true",
                        help="both _json modules in one process, also every length from 0 to 64; no other libraries")
    parser.add_argument("--pythons", nargs=2, metavar=("STOCK", "WEBSTR"),
                        help="two interpreters of one's own, instead of building releases")
    parser.add_argument("version", nargs="*",
                        help="CPython releases of versions.txt; all of them by default")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 7)
    seconds = 0.002 if options.quick else 0.004

    folder = "" if options.strings else fetch_documents()
    if options.pythons:
        pairs = [options.pythons]
    else:
        versions = options.version or [
            line.split()[0] for line in (HERE / "versions.txt").read_text().splitlines()
            if line and not line.startswith("#")]
        for version in versions:
            subprocess.run([HERE / "build.sh", "--no-bench", version], check=True, stdout=sys.stderr)
        pairs = [(OUT / f"{version}-stock" / "python", OUT / f"{version}-webstr" / "python")
                 for version in versions]

    for pair in pairs:
        titles = {subprocess.run([python, "-c", "import platform; print(platform.python_version())"],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
                  for python in pair}
        if len(titles) != 1:
            sys.exit(f"bench.py: not the same release: {sorted(titles)}")
        title, = titles
        if options.together:
            print(f"\nCPython {title}", flush=True)
            modules = [subprocess.run([python, "-c", "import _json; print(_json.__file__)"],
                                      stdout=subprocess.PIPE, text=True, check=True).stdout.strip() for python in pair]
            subprocess.run([pair[1], "-s", __file__, "--work-together", *modules, "20" if options.quick else "60", folder],
                           check=True)
            continue
        peers = ""
        if title.startswith(PEERS_SERIES + ".") and not options.strings:
            peers = fetch_peers(pair[0])
        print(f"CPython {title}", file=sys.stderr)
        processes = itertools.count(1)

        def done():
            print(f"    process {next(processes)} of {2 * rounds}", file=sys.stderr, flush=True)

        times = measure(*pair, seconds, rounds, folder, peers, done=done)
        print_tables(f"CPython {title}", times)


if __name__ == "__main__":
    main()
