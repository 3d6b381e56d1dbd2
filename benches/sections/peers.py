"""This library against others that do the same."""

from compare import quartiles
from sections.figures import (
    INK,
    STYLES,
    decimal_axis,
    is_power,
    label,
    length_axis,
    picture,
    plt,
    save,
    style,
)
from sections.results import names_of
from sections.tables import number, table

CRATES = [
    "webstr",
    "webstr reserved",
    "json-escape-simd",
    "sonic-rs",
    "v_jsonescape",
    "serde_json",
    "memcpy",
]


def short_section(results):
    ladder = sorted(
        results.of("ladder", width=1, form="Unicode", escapes="0"), key=lambda c: c.units
    )
    peers = sorted(results.of("peers", content="clean ASCII"), key=lambda c: c.units)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.3), sharey=True)
    steps = [
        name for name in names_of(ladder) if name not in ("full switch", "late check", "copy runs")
    ]
    for axes, comparisons, names in ((left, ladder, steps), (right, peers, CRATES)):
        comparisons = [c for c in comparisons if c.units <= 64]
        lengths = [c.units for c in comparisons]
        for name in names:
            low, middle, high = zip(*(quartiles(c.ns[name]) for c in comparisons))
            line = {
                **style(name),
                "label": {"original": "C as CPython was", "typed": "C, all steps"}.get(
                    name, label(name)
                ),
            }
            axes.plot(lengths, middle, markevery=8, **line)
            axes.fill_between(
                lengths, low, high, color=STYLES.get(name, (INK,))[0], alpha=0.18, linewidth=0
            )
        axes.set_yscale("log", base=2)
        decimal_axis(axes.yaxis)
        axes.set_xticks(range(0, 65, 8))
        axes.set_xlabel("characters")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=9)
    left.set_ylabel("ns per call")
    left.set_title("C and the backends: size, then writing")
    right.set_title("Rust crates, UTF-8")
    save(figure, "short")
    return f"""## Short strings

Most strings of real documents have fewer than 17 characters. Every length, nothing to escape; the band
is from the lower to the upper quartile.

{picture("short", "Nanoseconds per call against length from 0 to 64, of the C loops, the backends and the crates")}
"""


def throughput_figure(results):
    comparisons = sorted(results.of("peers", content="clean ASCII"), key=lambda c: c.units)
    comparisons = [c for c in comparisons if is_power(c.units)]
    names = names_of(comparisons)
    backends = [name for name in names if name in ("sse2", "avx2", "avx512", "neon", "scalar")]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.5), sharey=True)
    for axes, chosen in ((left, ["webstr", *backends, "C loops", "memcpy"]), (right, CRATES)):
        for name in chosen:
            key = f"webstr {name}" if name in backends else name
            axes.plot(
                [c.units for c in comparisons],
                [c.units / c.ns_of(name) for c in comparisons],
                **style(key, markevery=3),
            )
        length_axis(axes, [65536])
        axes.set_yscale("log", base=10)
        decimal_axis(axes.yaxis)
        axes.set_xlabel("bytes")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, fontsize=9)
    left.set_ylabel("bytes per ns")
    left.set_title("Backends")
    right.set_title("Rust crates")
    save(figure, "throughput")


def section(results):
    throughput_figure(results)
    cases = results.suites["peers"]
    shown = [
        c
        for c in cases
        if "document" in c.case
        or c.case.get("content")
        and c.units in (8, 17, 32, 64, 190, 1024, 16384)
    ]
    names = [name for name in shown[0].ns if name not in ("webstr", "webstr reserved")]
    rows = []
    for c in shown:
        case = c.case.get("document") or f"{c.case['content']}, {c.units}"
        rows.append(
            [
                case,
                c.spread("webstr"),
                c.spread("webstr reserved"),
                *(number(c.factor(name, "webstr")) for name in names),
            ]
        )
    crates = [
        name
        for name in names
        if name in ("json-escape-simd", "sonic-rs", "v_jsonescape", "serde_json")
    ]
    tallies = []
    for ours, words in (("webstr", "exact"), ("webstr reserved", "reserved")):
        for crate in crates:
            factors = [c.factor(crate, ours) for c in shown]
            tallies.append(
                [
                    words,
                    crate,
                    f"{sum(f > 1 for f in factors)} of {len(factors)}",
                    number(min(factors)),
                    number(max(factors)),
                ]
            )
    writers = [c for c in cases if "writer" in c.case]
    writing = table(
        ["times memcpy's time", *(f"{c.units} bytes" for c in writers)],
        [
            [name, *(number(1 / c.factor("memcpy", name)) for c in writers)]
            for name in writers[0].ns
            if name != "memcpy"
        ],
    )
    return f"""## Against other libraries

UTF-8 in, JSON string out, into a buffer that is reused. "Exact" is `escape_json_ucs1_size` and
`escape_json_ucs1`, for a buffer of exactly the right size; "reserved" the writer alone, into a buffer
with room for the worst, which is what the crates do. All of this program, the crates and webstr's other
backends in it, is compiled for this machine (`-C target-cpu=native`), which the crates can only win by.
"C loops" are CPython's two loops with the late overflow check, without the ladder's last steps. What was
made of it stands in [escape.md](escape.md).

{picture("throughput", "Bytes per nanosecond against length, of the backends, the crates and memcpy")}

Clean ASCII. `webstr` is "exact" on the backend in use; memcpy adds no quotes.

{table(["ns: median (quartiles); then their time over exact", "exact", "reserved", *names], rows)}

Below 1 they are faster. A row by the name of a document is every string of it, once.

{table(["", "than", "faster in", "least factor", "largest"], tallies)}

The writer alone on clean bytes:

{writing}
"""
