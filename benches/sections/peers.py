"""This library compared with others for the same task."""

from sections import machines
from sections.figures import (
    decimal_axis,
    is_power,
    length_axis,
    picture,
    plt,
    save,
    style,
)
from sections.tables import number, table

# The ways to use this library, and their names in the tables. Older results lack `escape_json_*_into`.
WAYS = {
    "webstr": "exact",
    "webstr reserved": "reserved",
    "webstr into": "into",
    "webstr into, exact room": "into, exact room",
}
OTHERS = [
    "json-escape-simd",
    "sonic-rs",
    "v_jsonescape",
    "serde_json",
    "memcpy",
]


def ways_of(comparisons):
    return [way for way in WAYS if way in comparisons[0].ns]


def write_figure(results):
    """Times of short strings; speed at all lengths."""
    comparisons = sorted(results.of("peers", content="clean ASCII"), key=lambda c: c.units)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.3))
    short = [c for c in comparisons if c.units <= 64]
    powers = [c for c in comparisons if is_power(c.units)]
    for name in [*ways_of(comparisons), *OTHERS]:
        left.plot([c.units for c in short], [c.ns_of(name) for c in short], **style(name, markevery=8))
        right.plot(
            [c.units for c in powers],
            [c.units / c.ns_of(name) for c in powers],
            **style(name, markevery=3),
        )
    left.set_yscale("log", base=2)
    left.set_xticks(range(0, 65, 8))
    left.set_ylabel("ns per call")
    right.set_yscale("log", base=10)
    right.set_ylabel("bytes per ns")
    length_axis(right, [65536])
    for axes in left, right:
        decimal_axis(axes.yaxis)
        axes.set_xlabel("bytes")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=9)
    save(figure, "peers")


def section(results):
    write_figure(results)
    cases = results.suites["peers"]
    shown = [
        c
        for c in cases
        if "document" in c.case
        or c.case.get("content")
        and c.units in (8, 17, 32, 64, 190, 1024, 16384)
    ]
    ways = ways_of(shown)
    # The crates' times are given relative to the way that is most similar to them.
    base = "webstr into" if "webstr into" in ways else "webstr"
    names = [name for name in shown[0].ns if name not in ways]
    other = machines.earlier(results)
    head = [
        f"ns: median (quartiles); for the others, time relative to {WAYS[base]}",
        *(WAYS[way] for way in ways),
        *names,
    ]
    rows = []
    for c in shown:
        case = c.case.get("document") or f"{c.case['content']}, {c.units}"
        if "order" in c.case:
            case += f", {c.case['order']}"
        rows.append(
            [
                case,
                *(c.spread(way) for way in ways),
                *(number(c.factor(name, base)) for name in names),
            ]
        )
    for way in ways if other else ():
        there = [other.ns_of("peers", c.case, way) for c in shown]
        if any(there):
            head.append(f"{WAYS[way]} on {other.name}")
            for ns, row in zip(there, rows):
                row.append("" if ns is None else number(ns))
    crates = [name for name in names if name in OTHERS and name != "memcpy"]
    tallies = []
    for ours in ways:
        for crate in crates:
            factors = [c.factor(crate, ours) for c in shown]
            tallies.append(
                [
                    WAYS[ours],
                    crate,
                    f"{sum(f > 1 for f in factors)} of {len(factors)}",
                    number(min(factors)),
                    number(max(factors)),
                ]
            )
    writers = [c for c in cases if "writer" in c.case]
    writing = table(
        ["time relative to memcpy", *(f"{c.units} bytes" for c in writers)],
        [
            [name, *(number(1 / c.factor("memcpy", name)) for c in writers)]
            for name in writers[0].ns
            if name != "memcpy"
        ],
    )
    return f"""## Against other libraries

Each contender escapes UTF-8 into a JSON string in a reused buffer. "Exact" is `escape_json_ucs1_size` and
`escape_json_ucs1`, for a buffer of exactly the right size. "Reserved" is the writer alone, with a buffer for the
longest possible result, as in the crates. "Into" is `escape_json_ucs1_into` with that buffer. "Into, exact room" has
a buffer for a string without escapes, and calls again if it is too small. The library is the one that `make` builds;
the crates are compiled for this machine (`-C target-cpu=native`), which can only help them.
"C loops" are CPython's two loops with the late overflow check, without the ladder's last steps. The lessons are in
[escape.md](escape.md).

{picture("peers", "Nanoseconds per call up to 64 bytes, and bytes per nanosecond by length, for webstr, the crates and memcpy")}

Clean ASCII; memcpy adds no quotes. Most strings of real documents have fewer than 17 characters.

{table(head, rows)}

Below 1 the other library is faster. A row named after a document escapes each of its strings once; "shuffled" does so
in an order that the branch predictor cannot learn.
{machines.line(other)}
{table(["", "compared with", "faster in", "smallest factor", "largest"], tallies)}

The writer alone, on clean bytes:

{writing}
"""
