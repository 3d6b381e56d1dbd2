#!/usr/bin/env python3
"""json.dumps() of documents: the stock json, the CPython patch, patch_json(), orjson, ssrjson and msgspec by turns.

usage: dumps.py [--patched MODULE] [--json=FILE] [--quick] [ROW…]

Runs in the interpreter that is to be measured; MODULE is a `_json` with the patch, built for it. All contenders take
turns in one process, on one thread's clock. Prints the medians and which targets are missed.
"""

import argparse
import importlib
import importlib.machinery
import importlib.util
import json
import operator
import random
import statistics
import sys
import time
from pathlib import Path

try:
    import webstr
except ImportError:
    webstr = None

FOLDER = Path(__file__).resolve().parents[1] / "build" / "documents"
PEERS = {"orjson": "dumps", "ssrjson": "dumps", "msgspec": "json.encode"}
NAMES = "c_make_encoder", "encode_basestring", "encode_basestring_ascii"  # what json.encoder looks up at each call
SECONDS = 0.005  # of a turn
LEAST = 3.5 if sys.version_info >= (3, 15) else 5
# How many times as fast as the stock json: patch_json() for documents, the patched _json for strings.
TARGETS = {"gsoc-2018": 8 if LEAST == 5 else LEAST, "10 000 floats": 1.3, "small": 1}
STRING_TARGETS = {"ASCII 17": 1.2, "ASCII 32": 1.5, "ASCII 64": 2, "190 digits": 4, "16 Ki ASCII": 40,
                  "16 Ki, 1 in 32 escaped": 10, "16 Ki Latin-1": 12, "16 Ki CJK": 12, "16 Ki emoji": 8}


def documents():
    for path in sorted(FOLDER.glob("*.json")):
        yield path.stem, json.loads(path.read_bytes())
    numbers = random.Random(1)
    yield "1 000 small dicts", [{"id": i, "x": i / 4, "name": f"item{i}", "ok": True} for i in range(1000)]
    yield "10 000 ints", list(range(10_000))
    yield "10 000 floats", [numbers.random() for _ in range(10_000)]
    yield "small", {"name": "a short string", "count": 5, "options": {}}


def strings():
    text = "the quick brown fox jumps over the lazy dog, "
    for length in 0, 1, 2, 3, 5, 8, 12, 17, 32, 64:
        yield f"ASCII {length}", (text * 2)[:length]
    yield "17, two escapes", 'a "quoted" string'
    yield "190 digits", "".join(map(str, range(100)))
    yield "16 Ki ASCII", (text * 400)[:16384]
    yield "16 Ki, 1 in 32 escaped", ((text * 2)[:31] + '"') * 512
    for kind, letter in ("Latin-1", "\xe9"), ("CJK", "\u6f22"), ("emoji", "\U0001f600"):
        for length in 3, 8, 17, 64:
            yield f"{kind} {length}", (letter + text * 2)[:length]
        yield f"16 Ki {kind}", letter * 16384


def load(path):
    """The patched _json beside the stock one, as a module of another name."""
    loader = importlib.machinery.ExtensionFileLoader("patched._json", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("patched._json", loader))
    loader.exec_module(module)
    return module


def use(functions):
    """Puts these where json.encoder looks its own up."""
    for name, function in zip(NAMES, functions):
        setattr(json.encoder, name, function)


def encoders(patched):
    """{contender: its functions for NAMES}"""
    stock = [getattr(json.encoder, name) for name in NAMES]
    found = {"json": stock}
    if patched:
        found["CPython with webstr"] = [getattr(patched, name.replace("c_make", "make")) for name in NAMES]
    if webstr:
        with webstr.patch_json():
            found["patch_json()"] = [getattr(json.encoder, name) for name in NAMES]
    return found


def peers():
    for name, function in PEERS.items():
        try:
            importlib.import_module(".".join([name, *function.split(".")[:-1]]))
        except ImportError:
            print(f"{name} is left out: it is not installed for this Python", file=sys.stderr)
        else:
            yield name, operator.attrgetter(function)(sys.modules[name])


def turn(function, argument, calls):
    start = time.thread_time()
    for _ in range(calls):
        function(argument)
    return (time.thread_time() - start) / calls * 1e9


def measure(contenders, argument, rounds):
    """{contender: ns of each round}"""
    times = {name: [] for name in contenders}
    calls = {}
    for number in range(-1, rounds):
        for name, (functions, function) in contenders.items():
            use(functions)
            if number < 0:
                once = min(turn(function, argument, 1) for _ in range(5))
                calls[name] = max(1, int(SECONDS * 1e9 / (once + 1)))
            else:
                times[name].append(round(turn(function, argument, calls[name]), 2))
    return times


class Table:
    def __init__(self, options):
        self.options, self.missed = options, []
        self.file = open(options.json, "w", encoding="utf-8") if options.json else None
        self.release = sys.version.split()[0]

    def row(self, table, name, contenders, argument, target, ours):
        """Measures and prints a row; `ours` has to be `target` times as fast as json."""
        if self.options.rows and not any(part in f"{table}: {name}" for part in self.options.rows):
            return
        stock = contenders["json"][0]
        try:
            times = measure(contenders, argument, 7 if self.options.quick else 31)
        finally:
            use(stock)
        middle = {who: statistics.median(samples) for who, samples in times.items()}
        print(f"{name:44}", *(f" {who} {ns / 1000:.4g}" for who, ns in middle.items()), flush=True)
        checks = []
        if target and ours in middle:
            checks.append(("json", middle["json"] / middle[ours], target, "at least"))
        if table == "json" and "ssrjson" in middle and name.partition(",")[0] != "small":
            checks.append(("ssrjson", middle["ssrjson"] / middle[ours], 1 / 2.5, "at least"))
        for other, factor, limit, word in checks:
            met = factor >= limit
            text = f"{ours}: {factor:.2f} × as fast as {other}, {word} {limit:g}"
            print(f"    {'met   ' if met else 'missed'}  {text}")
            self.missed += [] if met else [f"{name}: {text}"]
        if self.file:
            line = {"table": table, "row": name, "release": self.release, "ns": times}
            print(json.dumps(line), file=self.file, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--patched")
    parser.add_argument("--json")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("rows", nargs="*")
    options = parser.parse_args()
    found = encoders(load(options.patched) if options.patched else None)
    others = dict(peers())
    table = Table(options)
    print(f"Python {table.release}{', ' + webstr.backend() if webstr else ''}: µs, medians of the rounds")
    for name, document in documents():
        ours = "patch_json()" if "patch_json()" in found else "CPython with webstr"
        target = TARGETS.get(name, LEAST) if ours == "patch_json()" else None
        ways = {who: (functions, json.dumps) for who, functions in found.items()}
        table.row("json", name, ways, document, target, ours)

        def unescaped(document):
            return json.dumps(document, ensure_ascii=False)

        ways = {who: (functions, unescaped) for who, functions in found.items()}
        ways.update((who, (found["json"], function)) for who, function in others.items())
        table.row("json", f"{name}, ensure_ascii=False", ways, document, target, ours)
    for name, string in strings() if options.patched else ():
        for form, at in ("", 1), (", ASCII form", 2):
            ways = {who: (functions, functions[at]) for who, functions in found.items()}
            table.row("strings", name + form, ways, string, STRING_TARGETS.get(name), "CPython with webstr")
    print(f"\n{len(table.missed)} targets missed", *table.missed, sep="\n")


if __name__ == "__main__":
    main()
