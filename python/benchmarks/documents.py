#!/usr/bin/env python3
"""json.dumps() of documents: the stock json, patch_json(), orjson, ssrjson and msgspec by turns.

Prints medians of the turns in microseconds, the factors, and which targets are missed. Run by
`make bench-json`, in the interpreter that is to be measured.
"""

import importlib
import json
import operator
import random
import statistics
import sys
import time
from pathlib import Path

import webstr

FOLDER = Path(__file__).resolve().parents[2] / "build" / "documents"
PEERS = {"orjson": "dumps", "ssrjson": "dumps", "msgspec": "json.encode"}
TURNS = 9
SECONDS = 0.01  # of a turn
LEAST = 3.5 if sys.version_info >= (3, 15) else 5
# How many times as fast as the stock json.
TARGETS = {"gsoc-2018": 8 if LEAST == 5 else LEAST, "10 000 floats": 1.3, "small": 1}


def documents():
    for path in sorted(FOLDER.glob("*.json")):
        yield path.stem, json.loads(path.read_bytes())
    numbers = random.Random(1)
    yield "1 000 small dicts", [
        {"id": i, "x": i / 4, "name": f"item{i}", "ok": True} for i in range(1000)]
    yield "10 000 ints", list(range(10_000))
    yield "10 000 floats", [numbers.random() for _ in range(10_000)]
    yield "small", {"name": "a short string", "count": 5, "options": {}}


def ways():
    """(name, function, patched) of each way."""
    for name, options in ("", {}), (", ensure_ascii=False", {"ensure_ascii": False}):
        for who in "json", "webstr":
            yield who + name, lambda document, options=options: json.dumps(document, **options), who == "webstr"
    for name, function in PEERS.items():
        try:
            module = importlib.import_module(name)
            if "." in function:
                importlib.import_module(f"{name}.{function.split('.')[0]}")
        except ImportError:
            print(f"{name} is left out: it is not installed for this Python", file=sys.stderr)
        else:
            yield name, operator.attrgetter(function)(module), False


def turn(function, document):
    """Microseconds a call."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            function(document)
        elapsed = time.perf_counter() - start
        if elapsed >= SECONDS:
            return elapsed / calls * 1e6
        calls = max(2 * calls, int(calls * SECONDS / (elapsed + 1e-9)))


def measure(document, functions):
    times = {name: [] for name, _, _ in functions}
    for _ in range(TURNS):
        for name, function, patched in functions:
            if patched:
                webstr.patch_json()
            times[name].append(turn(function, document))
            webstr.unpatch_json()
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    functions = list(ways())
    names = [name for name, _, _ in functions]
    print(f"Python {sys.version.split()[0]}, {webstr.backend()}; µs, medians of {TURNS} turns\n")
    print("| |", " | ".join(names), "| times as fast | the same, ensure_ascii=False | ssrjson's time | |")
    print("|---|" + "---:|" * (len(names) + 3) + "---|")
    missed = 0
    for title, document in documents():
        times = measure(document, functions)
        plain = times["json"] / times["webstr"]
        wide = times["json, ensure_ascii=False"] / times["webstr, ensure_ascii=False"]
        target = TARGETS.get(title, LEAST)
        found = [] if min(plain, wide) >= target else [f"{target} × missed"]
        other = ""
        if "ssrjson" in times:
            other = f"{times['webstr'] / times['ssrjson']:.2f}"
            if title != "small" and float(other) > 2.5:
                found.append("2.5 × ssrjson missed")
        missed += len(found)
        cells = [f"{times[name]:.1f}" for name in names] + [f"{plain:.2f}", f"{wide:.2f}", other]
        print(f"| {title} |", " | ".join(cells), f"| {', '.join(found) or 'met'} |", flush=True)
    print(f"\n{missed} targets missed")


if __name__ == "__main__":
    main()
