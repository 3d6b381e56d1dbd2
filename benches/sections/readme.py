"""The blocks of the READMEs."""

import textwrap

from sections import python
from sections.tables import number, table


OTHERS = ("json-escape-simd", "sonic-rs", "v_jsonescape", "serde_json")
DUMPS = "json.dumps, default"


def row(task, plain, other, ours, unit="ns"):
    """A row of the table: (name, ns) of plain code, of the fastest other library, of webstr's."""
    scale = 1e6 if unit == "ms" else 1e3 if unit == "µs" else 1
    return [
        task,
        f"{plain[0]}: {number(plain[1] / scale)} {unit}",
        f"{other[0]}: {number(other[1] / scale)} {unit}" if other else "",
        f"{number(ours / scale)} {unit}",
        f"{number(plain[1] / ours)} ×",
    ]


def fastest(comparison, names):
    found = [(name, comparison.ns_of(name)) for name in names if name in comparison.ns]
    return min(found, key=lambda each: each[1]) if found else None


def escape_row(comparison, task, unit="ns"):
    plain = "CPython's loop", comparison.ns_of("C loops")
    return row(task, plain, fastest(comparison, OTHERS), comparison.ns_of("webstr into"), unit)


def accept_row(comparison):
    ours = next(name for name in comparison.ns if name.startswith("webstr"))
    others = [name for name in comparison.ns if name.startswith(("tungstenite", "OpenSSL"))]
    other = fastest(comparison, others)
    plain = "plain C", comparison.ns_of("plain C function")
    return row("`Sec-WebSocket-Accept` for one key", plain, other, comparison.ns_of(ours))


def dumps_row(results):
    """`json.dumps()` in the release that patch_json() was timed in, or none."""
    for c in results.of("cpython", table=DUMPS, row="twitter"):
        if "patch_json()" not in c.ns:
            continue
        others = results.one("cpython", release=c.case["release"], table="peers, documents", row="twitter")
        task = f"`json.dumps()` of twitter.json, CPython {c.case['release']}"
        other = fastest(others, ("orjson", "ssrjson", "msgspec"))
        return [row(task, ("json", c.ns_of("stock")), other, c.ns_of("patch_json()"), "ms")]
    return []


def faster_elsewhere(results):
    """The number of rows of the table of crates in which each of these is faster."""
    rows = [
        c for c in results.suites["peers"]
        if "webstr into" in c.ns and ("document" in c.case or c.units in (8, 17, 32, 64, 190, 1024, 16384))
    ]
    lost = {name: [c for c in rows if c.factor(name, "webstr into") < 1] for name in OTHERS}
    return "; ".join(
        f"{name} in {len(found)} of {len(rows)}" for name, found in lost.items() if found
    )


def python_block(results):
    """The tables for python/README.md."""
    if "python" not in results.suites:
        return "\nNot measured.\n"
    head = results.head
    texts = [
        f"Python {head['python']}, {head['machine']['cpu']}, {head['date'][:10]}.",
        *python.tables(results),
    ]
    return "\n" + "\n\n".join(texts) + "\n"


def block(results):
    rows = [
        escape_row(
            results.one("peers", content="clean ASCII", bytes=17), "JSON string of 17 characters"
        ),
        escape_row(
            next(c for c in results.of("peers", document="twitter") if "order" not in c.case),
            "All strings of twitter.json, one by one",
            "µs",
        ),
        accept_row(results.one("handshake", keys="one")),
        *dumps_row(results),
    ]
    lost = faster_elsewhere(results)
    losses = f"Other libraries are faster in some rows: {lost}. " if lost else ""
    text = (
        f"{results.machine} {losses}All measurements: [docs/performance.md](docs/performance.md). "
        "`make bench` measures your machine."
    )
    return f"""
{table(["task", "plain", "fastest other library", "webstr", "times as fast as plain"], rows)}

{textwrap.fill(text, 120, break_on_hyphens=False)}

![Speed relative to CPython's original loop, by length and number of escapes](docs/performance/ladder-ucs1.svg)
"""
