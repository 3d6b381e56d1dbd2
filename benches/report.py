"""docs/performance.md, its figures and the README's block, from the samples of `make bench`.

usage: report.py [RESULTS]
"""

import json
import math
import re
import statistics
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402

from compare import AGAIN, RESULTS, noise, quartiles, twins  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
FIGURES = ROOT / "docs" / "performance"
README = ROOT / "README.md"
PYTHON_README = ROOT / "python" / "README.md"
BLOCK = re.compile(r"(?<=<!-- performance: written by make bench -->\n).*?(?=<!-- end -->)", re.S)

# --- How figures look -------------------------------------------------------

INK = "#7b8087"  # 4 : 1 against white and against GitHub's dark page
# Okabe and Ito's, less black and yellow, which one of the two pages swallows.
ORANGE, SKY, GREEN, BLUE, RED, PINK = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
)

plt.rcParams.update(
    {
        "savefig.transparent": True,
        "svg.hashsalt": "webstr",
        "font.size": 10,
        "axes.titlesize": 10.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": INK,
        "grid.alpha": 0.22,
        "grid.linewidth": 0.7,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
        **{
            key: INK
            for key in (
                "text.color",
                "axes.edgecolor",
                "axes.labelcolor",
                "axes.titlecolor",
                "xtick.color",
                "ytick.color",
            )
        },
    }
)

# What a line looks like wherever it stands: colour, marker, dashes.
STYLES = {
    "original": (INK, "o", ":"),
    "full switch": (INK, "v", ":"),
    "late check": (INK, "s", "--"),
    "copy runs": (BLUE, "D", "--"),
    "typed": (PINK, "^", "--"),
    "C loops": (INK, "v", ":"),
    "webstr scalar": (GREEN, "P", "-"),
    "webstr sse2": (SKY, "s", "-"),
    "webstr avx2": (ORANGE, "D", "-"),
    "webstr neon": (ORANGE, "D", "-"),
    "webstr avx512": (RED, "o", "-"),
    "webstr": (RED, "o", "-"),
    "webstr reserved": (RED, "^", "--"),
    "json-escape-simd": (BLUE, "D", "-"),
    "sonic-rs": (ORANGE, "s", "-"),
    "v_jsonescape": (PINK, "P", "-"),
    "serde_json": (GREEN, "X", "-"),
    "memcpy": (INK, None, ":"),
}

LABELS = {
    "original": "as CPython was",
    "full switch": "+ full switch",
    "late check": "+ late overflow check",
    "copy runs": "+ memcpy of runs",
    "typed": "+ typed pointer",
    "C loops": "plain C loops",
    "webstr": "webstr, exact",
    "webstr reserved": "webstr, reserved",
}


def label(name):
    return LABELS.get(name, name)


def style(name, **more):
    colour, marker, dashes = STYLES.get(name, (INK, "x", "-."))
    return {"color": colour, "marker": marker, "linestyle": dashes, "label": label(name), **more}


def number(value):
    """Three digits that say something."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    if value >= 1:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:.3g}"


def is_power(n):
    """Whether it is a power of two."""
    return n > 0 and n & (n - 1) == 0


def decimal_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def length_axis(axes, lengths):
    axes.set_xscale("log", base=2)
    axes.set_xticks([n for n in (1, 8, 64, 512, 4096, 32768) if n <= max(lengths)])
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda n, _: f"{n:.0f}" if n < 1024 else f"{n / 1024:.0f} Ki")
    )
    axes.xaxis.set_minor_locator(NullLocator())


def save(figure, name):
    FIGURES.mkdir(parents=True, exist_ok=True)
    path = FIGURES / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    # A hundredth of a point is enough, and half the size.
    path.write_text(
        re.sub(
            r' (?:d|x|y)="[^"]*"',
            lambda attribute: re.sub(r"\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}", attribute[0]),
            path.read_text("utf-8"),
        ),
        "utf-8",
    )


# --- The samples ------------------------------------------------------------


class Comparison:
    """Contenders that took turns in one case."""

    def __init__(self, entry):
        self.case, self.units = entry["case"], entry["units"]
        self.ns = {
            name: samples for name, samples in entry["ns"].items() if not name.endswith(AGAIN)
        }

    def ns_of(self, name):
        return statistics.median(self.ns[name])

    def spread(self, name, scale=1):
        """Median and quartiles, as a cell of a table."""
        low, middle, high = (number(ns / scale) for ns in quartiles(self.ns[name]))
        return f"{middle} ({low}–{high})"

    def factor(self, base, name):
        """How many times as fast as `base` it is, in the median of the rounds."""
        pairs = zip(self.ns[base], self.ns[name])
        return statistics.median(slow / fast for slow, fast in pairs)


class Results:
    def __init__(self, path):
        self.head = json.loads(path.read_text("utf-8"))
        self.suites = {}
        for entry in self.head["comparisons"]:
            self.suites.setdefault(entry["suite"], []).append(Comparison(entry))

    def of(self, suite, **case):
        """The comparisons of the suite whose case has these values."""
        return [
            comparison
            for comparison in self.suites.get(suite, [])
            if all(comparison.case.get(key) == value for key, value in case.items())
        ]

    def one(self, suite, **case):
        (found,) = self.of(suite, **case)
        return found


def names_of(comparisons):
    return list(dict.fromkeys(name for comparison in comparisons for name in comparison.ns))


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def folded(summary, text):
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def picture(name, alt):
    return f"![{alt}](performance/{name}.svg)"


# --- The ladder -------------------------------------------------------------

FORMS = [(width, form) for form in ("Unicode", "ASCII") for width in (1, 2, 4)]
ESCAPES = {
    "0": "no escape",
    "1": "1 escape",
    "8": "8 escapes",
    "9": "9 escapes",
    "10 %": "10 % escaped",
    "100 %": "all escaped",
}


def ladder_name(width, form):
    return f"ladder-ucs{width}" + ("-ascii" if form == "ASCII" else "")


def ladder_figure(results, width, form):
    figure, grid = plt.subplots(2, 3, figsize=(9.6, 6.2), sharex=True, sharey=True)
    for axes, (escapes, title) in zip(grid.flat, ESCAPES.items()):
        comparisons = [
            c
            for c in results.of("ladder", width=width, form=form, escapes=escapes)
            if c.units in (3, 6, 12, 24, 48) or is_power(c.units)
        ]
        comparisons.sort(key=lambda c: c.units)
        lengths = [c.units for c in comparisons]
        for name in names_of(comparisons)[1:]:
            axes.plot(
                lengths,
                [c.factor("original", name) for c in comparisons],
                **style(name),
                markevery=[
                    i for i, n in enumerate(lengths) if is_power(n) and n.bit_length() % 3 == 1
                ],
            )
        axes.axhline(1, color=INK, linewidth=1)
        axes.set_title(title)
        axes.set_yscale("log", base=2)
        decimal_axis(axes.yaxis)
        length_axis(axes, [65536])
    for axes in grid[1]:
        axes.set_xlabel("characters")
    for axes in grid[:, 0]:
        axes.set_ylabel("times as fast")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(5, math.ceil(len(labels) / 2))
    )
    save(figure, ladder_name(width, form))


def ladder_section(results):
    for width, form in FORMS:
        ladder_figure(results, width, form)
    lengths = [0, 8, 17, 64, 190, 4096, 65536]
    plain = {
        n: results.one("ladder", width=1, form="Unicode", escapes="0", units=n) for n in lengths
    }
    names = list(plain[8].ns)
    times = table(
        ["ns, no escape; characters:", *map(str, lengths)],
        [[label(name), *(plain[n].spread(name) for n in lengths)] for name in names],
    )
    steps = {
        escapes: results.one("ladder", width=1, form="Unicode", escapes=escapes, units=190)
        for escapes in ESCAPES
    }
    gains = table(
        ["times as fast, 190 characters:", *ESCAPES.values()],
        [
            [label(name), *(number(c.factor("original", name)) for c in steps.values())]
            for name in names[1:]
        ],
    )
    rows = []
    for width, form in FORMS:
        for escapes in ("0", "10 %"):
            cells = [f"UCS{width}, {form} form, {ESCAPES[escapes]}"]
            for n in (17, 4096):
                comparison = results.one("ladder", width=width, form=form, escapes=escapes, units=n)
                cells += [number(comparison.factor("original", name)) for name in names[4:]]
            rows.append(cells)
    widths = table(
        [
            "times as fast",
            *(
                f"{label(name).replace('webstr ', '')}, {n}"
                for n in (17, 4096)
                for name in names[4:]
            ),
        ],
        rows,
    )
    others = ", ".join(
        f"[UCS{width}{', ASCII form' if form == 'ASCII' else ''}](performance/{ladder_name(width, form)}.svg)"
        for width, form in FORMS[1:]
    )
    return f"""## The ladder: from CPython's loop to vectors

Each step on top of those before, in C up to "+ typed pointer" (`benches/baseline/escape.c`, compiled
with -O3), then webstr's backends, both passes (size, then writing) through one signature. Above 1 is
faster than what CPython's `escape_unicode` was. Where more than eight characters are escaped, the
copying of runs gives way to the loop; the ninth escape shows what that costs. The typed pointer changes
little where the compiler has made a loop for each kind by itself, as gcc -O3 does.

{picture(ladder_name(1, "Unicode"), "Times as fast as the original loop against the number of characters, a panel for each number of escapes, a line for each step")}

One-byte characters, Unicode form. The others: {others}.

{times}

Median (lower–upper quartile).

{gains}

{folded("Widths and forms, at 17 and 4096 characters", widths)}
"""


# --- Short strings and throughput -------------------------------------------


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


def peers_section(results):
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


def contents_section(results):
    cases = results.suites["contents"]
    names = [name for name in cases[0].ns if name != "C loops"]
    rows = [
        [
            c.case["content"].replace("\\", "\\\\"),
            c.case["form"],
            str(c.units),
            c.spread("C loops"),
            *(number(c.factor("C loops", name)) for name in names),
        ]
        for c in cases
    ]
    body = table(["content", "form", "units", "C loops, ns", *names], rows)
    return f"""## By content

Size and writing, as factors over the same C loops, which are not the best C: see the ladder.

{folded(f"{len(cases)} rows", body)}
"""


# --- The handshake ----------------------------------------------------------

FLOOR = "40 sha1rnds4 in a chain"


def handshake_section(results):
    single = results.one("handshake", keys="one")
    batches = sorted(
        (c for c in results.suites["handshake"] if c is not single), key=lambda c: c.units
    )
    large = batches[-1]
    bars = [
        (
            name.replace("webstr, ", "webstr "),
            single.ns[name],
            RED if name.startswith("webstr") else SKY,
        )
        for name in single.ns
        if name != FLOOR
    ]
    bars += [
        (
            f"{name.replace('webstr, ', 'webstr ')}, batch of {large.units}",
            [ns / large.units for ns in large.ns[name]],
            ORANGE,
        )
        for name in large.ns
        if not name.endswith("single calls")
    ]
    bars.sort(key=lambda bar: statistics.median(bar[1]))
    figure, axes = plt.subplots(figsize=(8.6, 0.34 * len(bars) + 0.8))
    widest = max(quartiles(samples)[2] for _, samples, _ in bars)
    floor = single.ns_of(FLOOR) if FLOOR in single.ns else 0
    for y, (name, samples, colour) in enumerate(bars):
        low, middle, high = quartiles(samples)
        axes.barh(
            y,
            middle,
            color=colour,
            height=0.66,
            xerr=[[middle - low], [high - middle]],
            hatch="///" if "batch" in name else None,
            edgecolor="#ffffff88",
            linewidth=0,
            error_kw={"ecolor": INK, "elinewidth": 1.2},
        )
        text = floor if high < floor < high + 0.1 * widest else high  # not across the line
        axes.text(text + widest * 0.012, y, number(middle), va="center", fontsize=9)
    if floor:
        axes.axvline(floor, color=INK, linestyle="--", linewidth=1.3)
    axes.set_yticks(range(len(bars)), [name for name, *_ in bars])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("ns per key")
    axes.set_xlim(0, widest * 1.1)
    keys = [
        plt.Rectangle((0, 0), 1, 1, color=RED),
        plt.Rectangle(
            (0, 0), 1, 1, facecolor=ORANGE, hatch="///", edgecolor="#ffffff88", linewidth=0
        ),
        plt.Rectangle((0, 0), 1, 1, color=SKY),
    ]
    words = [
        "webstr, one key after the other",
        "webstr, a batch",
        "others, one key after the other",
    ]
    if floor:
        keys.append(plt.Line2D([], [], color=INK, linestyle="--"))
        words.append(f"floor of SHA-NI, one key: {number(floor)}")
    axes.legend(keys, words, loc="upper right")
    save(figure, "handshake")
    one = table(
        ["one key, each the start of the value before", "ns", "times as fast as plain C"],
        [
            [name, single.spread(name), number(single.factor("plain C function", name))]
            for name in single.ns
        ],
    )
    names = [name for name in batches[0].ns if not name.endswith("single calls")]
    many = table(
        ["keys", *(f"{name}, ns per key" for name in names)],
        [
            [
                str(c.units),
                *(
                    f"{number(c.ns_of(name) / c.units)} "
                    f"({number(c.factor(f'{name}, single calls', name))} ×)"
                    for name in names
                ),
            ]
            for c in batches
        ],
    )
    return f"""## The handshake

The plain C function is the scalar method: SHA-1 in C, then base64. The floor is the chain of forty
dependent `sha1rnds4` that two blocks take on the CPU's SHA instructions. How it is made, and what did
not work: [handshake.md](handshake.md).

{picture("handshake", "Nanoseconds per key of plain C, OpenSSL, the crates, tungstenite and webstr, single and in batches")}

{one}

In a batch, and how many times as fast as that many single calls:

{many}
"""


# --- CPython and Python -----------------------------------------------------

DUMPS = {
    "json.dumps, default": "ensure_ascii=True, the default",
    "json.dumps, ensure_ascii=False": "ensure_ascii=False",
}
PEERS = "peers, documents"
CONTENDERS = {
    "webstr": (RED, "o", "webstr"),
    "orjson": (BLUE, "D", "orjson"),
    "ssrjson": (GREEN, "s", "ssrjson"),
    "msgspec": (ORANGE, "^", "msgspec"),
}


def documents_of(results, release):
    """{table: {document: Comparison}}, the other libraries beside CPython's own Unicode form."""
    tables = {}
    for name in DUMPS:
        for c in results.of("cpython", release=release, table=name):
            tables.setdefault(name, {})[c.case["row"]] = c
    for c in results.of("cpython", release=release, table=PEERS):
        tables["json.dumps, ensure_ascii=False"][c.case["row"]].ns.update(c.ns)
    return tables


def dumps_figure(release, tables):
    documents = sorted(
        tables["json.dumps, default"],
        key=lambda name: tables["json.dumps, default"][name].factor("stock", "webstr"),
    )
    figure, grid = plt.subplots(
        1, 2, figsize=(9.6, 0.36 * len(documents) + 1.4), sharey=True, width_ratios=[1, 1.5]
    )
    for axes, (name, title) in zip(grid, DUMPS.items()):
        for y, document in enumerate(documents):
            comparison = tables[name][document]
            factors = {c: comparison.factor("stock", c) for c in CONTENDERS if c in comparison.ns}
            axes.plot(
                [1, max(factors.values())], [y, y], color=INK, alpha=0.35, linewidth=1, zorder=1
            )
            for contender, factor in factors.items():
                colour, marker, text = CONTENDERS[contender]
                axes.scatter(
                    factor,
                    y,
                    s=46,
                    color=colour,
                    marker=marker,
                    zorder=3,
                    label=text if y == 0 else None,
                )
        axes.axvline(1, color=INK, linewidth=1.2)
        axes.set_title(title)
        axes.set_xscale("log", base=2)
        low, high = axes.get_xlim()
        axes.set_xticks([2.0**n for n in range(-4, 10) if low <= 2.0**n <= high])
        decimal_axis(axes.xaxis)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("times as fast as the stock json.dumps")
    grid[0].set_yticks(range(len(documents)), documents)
    handles, labels = grid[1].get_legend_handles_labels()
    figure.legend(
        handles,
        ["CPython with webstr" if text == "webstr" else text for text in labels],
        loc="outside lower center",
        ncols=4,
    )
    save(figure, "dumps")


def cpython_section(results):
    title = "## json.dumps in CPython\n\n"
    if "cpython" not in results.suites:
        (FIGURES / "dumps.svg").unlink(missing_ok=True)
        return f"{title}Not measured: {results.head['missing']['CPython']}.\n"
    releases = list(dict.fromkeys(c.case["release"] for c in results.suites["cpython"]))
    tables = {release: documents_of(results, release) for release in releases}
    # The figure is of the release that the other libraries were timed on.
    with_peers = [r for r in releases if results.of("cpython", release=r, table=PEERS)]
    shown = (with_peers or releases)[-1]
    dumps_figure(shown, tables[shown])
    sections = []
    for release in releases:
        rows = []
        contenders = [
            c
            for c in CONTENDERS
            if any(
                c in comparison.ns for t in tables[release].values() for comparison in t.values()
            )
        ]
        for name, documents in tables[release].items():
            for document, c in documents.items():
                cells = [
                    f"{document}{', `ensure_ascii=False`' if 'False' in name else ''}",
                    c.spread("stock", 1e6),
                ]
                cells += [c.spread(each, 1e6) if each in c.ns else "" for each in contenders]
                rows.append([*cells, number(c.factor("stock", "webstr"))])
        sections.append(
            f"CPython {release}, ms: median (quartiles) of processes by turns\n\n"
            + table(["", "stock", *contenders, "webstr, times as fast"], rows)
        )
        rows = []
        for c in results.of("cpython", release=release, table="c_encode_basestring"):
            row = c.case["row"]
            ascii_form = results.one(
                "cpython", release=release, table="c_encode_basestring_ascii", row=row
            )
            others = results.of("cpython", release=release, table="peers", row=row)
            rows.append(
                [
                    row,
                    *(
                        cell
                        for each in (c, ascii_form)
                        for cell in (
                            each.spread("stock"),
                            each.spread("webstr"),
                            number(each.factor("stock", "webstr")),
                        )
                    ),
                    *(
                        number(others[0].ns_of(name)) if others and name in others[0].ns else ""
                        for name in contenders[1:]
                    ),
                ]
            )
        sections.append(
            folded(
                f"Single strings in CPython {release}, ns",
                table(
                    [
                        "",
                        "stock",
                        "webstr",
                        "×",
                        "ASCII form: stock",
                        "webstr",
                        "×",
                        *contenders[1:],
                    ],
                    rows,
                ),
            )
        )
    text = "\n\n".join(sections)
    return f"""{title}Real documents, in the same release of CPython, stock and with the patch of
[cpython_patch](../cpython_patch/README.md); other libraries in the stock one. They return UTF-8 (ssrjson
a `str`) and escape nothing for ASCII, so they stand beside `ensure_ascii=False`. What the numbers of
other releases were, and why they are what they are: [cpython.md](cpython.md).

{picture("dumps", "Times as fast as the stock json.dumps for each document, of CPython with webstr, orjson, ssrjson and msgspec")}

The figure is of CPython {shown}.

{text}
"""


def python_figure(accept):
    names = sorted(accept.ns, key=accept.ns_of)
    figure, axes = plt.subplots(figsize=(8.6, 0.34 * len(names) + 0.8))
    for y, name in enumerate(names):
        low, middle, high = quartiles(accept.ns[name])
        axes.barh(
            y,
            middle,
            color=RED if name.startswith("webstr") else SKY,
            height=0.66,
            xerr=[[middle - low], [high - middle]],
            error_kw={"ecolor": INK, "elinewidth": 1.2},
        )
        axes.annotate(
            number(middle), (high, y), (4, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    axes.set_xlabel("ns per call")
    save(figure, "python")


def python_call(case):
    """What a case of python/benchmarks/test_escape_json.py calls."""
    test, _, argument = case.rstrip("]").partition("[")
    form, _, text = argument.partition("-")
    return {
        "string": f"patched json{', ASCII form' if form == 'ascii' else ''}: {text}",
        "escape_json": f"`escape_json()`: {argument}",
        "document": f"patched json, a document: {argument}",
    }[test]


def python_tables(results):
    """Tables of calls, of batches and of strings."""
    texts = []
    for call, title in (("accept", "one call, ns"), ("1000_keys", "of 1000 keys, ns per key")):
        c = results.one("python", call=call)
        names = sorted(c.ns, key=c.ns_of)
        rows = [
            [name, c.spread(name, c.units), number(c.factor(plain_python(names), name))]
            for name in names
        ]
        texts.append(table([title, "median (quartiles)", "times as fast as plain Python"], rows))
    rows = [
        [
            python_call(c.case["call"]),
            c.spread("json"),
            c.spread("webstr"),
            number(c.factor("json", "webstr")),
        ]
        for c in results.suites["python"]
        if "json" in c.ns
    ]
    texts.append(table(["ns: median (quartiles)", "json", "webstr", "times as fast"], rows))
    return texts


def plain_python(names):
    return next(name for name in names if name.startswith("py_accept"))


def python_section(results):
    title = "## From Python\n\n"
    if "python" not in results.suites:
        (FIGURES / "python.svg").unlink(missing_ok=True)
        return f"{title}Not measured: {results.head['missing']['From Python']}.\n"
    python_figure(results.one("python", call="accept"))
    calls, batches, strings = python_tables(results)
    return f"""{title}The package on Python {results.head["python"]}, by `make bench-python`, which is pytest-benchmark.

{picture("python", "Nanoseconds per call from Python, of what computes a Sec-WebSocket-Accept")}

{calls}

{batches}

{folded("Strings and documents, against json's own C functions", strings)}
"""


# --- The whole --------------------------------------------------------------


def method_section(results):
    head = results.head
    rows = []
    for suite in results.suites:
        shares = twins(head, suite)
        if shares:
            rows.append(
                [
                    suite,
                    str(len(shares)),
                    f"{100 * statistics.median(shares):.1f} %",
                    f"{100 * noise(head, suite):.1f} %",
                ]
            )
    core = "" if head["core"] is None else f", all on core {head['core']}"
    load = "" if head["load"] is None else f"; load average before it {head['load']:.1f}"
    where = [
        [
            "CPU",
            f"{head['machine']['cpu']}, {head['machine']['architecture']}, {head['machine']['cores']} cores",
        ],
        ["system", head["machine"]["system"]],
        ["compilers", f"{head['compilers']['cc']}; {head['compilers']['rustc']}"],
        ["date", f"{head['date']}, revision {head['revision']}"],
        ["took", f"{head['seconds']} s{core}{load}"],
    ]
    where = "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in where)])
    return f"""## How it was measured

{where}

- **By turns.** All contenders of a comparison take turns in one process, in rounds of about 30 µs each
  (of one call, where that takes longer), so that what else the machine does meets them all. Processes
  (CPython) and passes over all calls (from Python) take turns as a whole.
- **Passes** over all comparisons: {head["passes"]}. With several, a busy minute of the machine meets a part of each
  comparison's rounds and not all rounds of some.
- **Medians**, with the quartiles where there is room for them. A factor is the median of what each
  round says for itself. (`make bench-escape` and `bench-accept` print the best of the rounds instead.) A
  sample of CPython is the best of five in a process, one from Python the median of a pass.
- **Checked first.** Contenders must make the same, or the run ends; but for the other libraries'
  `dumps`, which are allowed their own white space and escapes.
- **Places.** "Against other libraries" takes short texts from sixteen places by turns, as where one lies
  among pages and cache lines can double its time; elsewhere they lie in one.
- **Noise** is what one contender differs from itself by when it is measured twice in a comparison:

{table(["suite", "twins", "median difference", "95 of 100 stay within"], rows)}

`make bench-compare BASE=file` tells what changed since another `results.json` by more than that and the
uncertainty of the medians, after taking out by what plain C and other libraries changed in the same
comparison: between two runs a shared machine may become half as fast. All samples of a run are in `build/bench/results.json`.
"""


def not_measured(results):
    reasons = [f"- {suite}: {reason}." for suite, reason in results.head["missing"].items()]
    if not any("OpenSSL" in name for name in results.one("handshake", keys="one").ns):
        reasons.append(
            "- OpenSSL's handshake: its headers are missing (Debian: `apt-get install libssl-dev`)."
        )
    if not any("document" in c.case for c in results.suites["peers"]):
        reasons.append("- The strings of real documents: `benches/fetch_documents.sh` needs `npm`.")
    if "cpython" in results.suites:
        timed = names_of(results.of("cpython", table=PEERS))
        reasons += [
            f"- {name} in CPython: it could not be installed."
            for name in CONTENDERS
            if name not in timed and name != "webstr"
        ]
    reasons.append(
        "- Other machines; other compilers; strings that are not in the cache; several threads at once."
    )
    return "## What was not measured\n\n" + "\n".join(reasons) + "\n"


def write_document(results):
    warning = (
        "**From a quick run: a fifth of the rounds, for a look, not for a claim.**\n\n"
        if results.head["quick"]
        else ""
    )
    sections = [
        f"""# Performance

{warning}Written by `make bench` from what it measured, figures and tables; not to be edited. How the code is
made and what did not work stands in [escape.md](escape.md), [handshake.md](handshake.md) and
[cpython.md](cpython.md).
""",
        method_section(results),
        ladder_section(results),
        short_section(results),
        peers_section(results),
        contents_section(results),
        handshake_section(results),
        cpython_section(results),
        python_section(results),
        not_measured(results),
    ]
    DOCUMENT.write_text("\n".join(sections), "utf-8")


def best_c(comparison):
    """The fastest rung of the ladder that is plain C."""
    return min(
        (name for name in comparison.ns if not name.startswith("webstr")), key=comparison.ns_of
    )


def python_line(results):
    """The handshake as a call from Python, if it was measured."""
    if "python" not in results.suites:
        return ""
    accept = results.one("python", call="accept")
    return (
        f" From Python {number(accept.ns_of('webstr.c_accept'))} ns, "
        f"by `hashlib` and `base64` {number(accept.ns_of(plain_python(accept.ns)))}."
    )


def python_readme_block(results):
    """The tables for python/README.md."""
    if "python" not in results.suites:
        return "\nNot measured.\n"
    head = results.head
    texts = [
        f"Python {head['python']}, {head['machine']['cpu']}, {head['date'][:10]}.",
        *python_tables(results),
    ]
    return "\n" + "\n\n".join(texts) + "\n"


def write_block(path, text):
    path.write_text(BLOCK.sub(lambda _: text, path.read_text("utf-8")), "utf-8")


def readme_block(results):
    string = results.one("ladder", width=1, form="Unicode", escapes="0", units=190)
    short = results.one("ladder", width=1, form="Unicode", escapes="0", units=8)
    long = results.one("peers", content="clean ASCII", bytes=16384)
    best = next(name for name in string.ns if name.startswith("webstr"))
    single = results.one("handshake", keys="one")
    batch = results.of("handshake")[-1]
    accept = next(name for name in single.ns if name.startswith("webstr"))
    lines = [
        f"- A string of 8 characters, nothing to escape: {number(short.ns_of(best))} ns, "
        f"{number(short.factor('original', best))} × as fast as CPython's original loop, "
        f"{number(short.factor(best_c(short), best))} × as the best plain C.",
        f"- Of 190: {number(string.ns_of(best))} ns, {number(string.factor('original', best))} × and "
        f"{number(string.factor(best_c(string), best))} ×.",
        f"- Of 16 Ki: {number(long.units / long.ns_of('webstr'))} bytes per ns, into a buffer with room for any "
        f"result {number(long.units / long.ns_of('webstr reserved'))}; "
        f"`memcpy` does {number(long.units / long.ns_of('memcpy'))}, json-escape-simd "
        f"{number(long.units / long.ns_of('json-escape-simd'))} and serde_json "
        f"{number(long.units / long.ns_of('serde_json'))}.",
        f"- A handshake: {number(single.ns_of(accept))} ns if each key waits for the one before, in a batch {number(batch.ns_of(accept) / batch.units)}; "
        f"plain C takes {number(single.ns_of('plain C function'))}, tungstenite "
        f"{number(single.ns_of('tungstenite derive_accept_key'))}.{python_line(results)}",
    ]
    twitter = [c for c in results.of("cpython", table="json.dumps, default", row="twitter")]
    if twitter:
        release = twitter[-1].case["release"]
        lines.append(
            f"- `json.dumps` of twitter.json in CPython {release}: {number(twitter[-1].ns_of('webstr') / 1e6)} ms, "
            f"stock {number(twitter[-1].ns_of('stock') / 1e6)}."
        )
    else:
        lines.append("- `json.dumps` in CPython: not measured in this run.")
    machine = results.head["machine"]["cpu"]
    quick = ", a quick run" if results.head["quick"] else ""
    return f"""
![Times as fast as CPython's original loop, by length and number of escapes](docs/performance/{ladder_name(1, "Unicode")}.svg)

![Nanoseconds per key of the handshake](docs/performance/handshake.svg)

{chr(10).join(lines)}

{machine}, {results.head["date"][:10]}{quick}. All of it, and where others are faster:
[docs/performance.md](docs/performance.md); `make bench` for your machine.
"""


def main():
    results = Results(Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS)
    write_document(results)
    write_block(README, readme_block(results))
    write_block(PYTHON_README, python_readme_block(results))
    print(
        f"wrote {DOCUMENT.relative_to(ROOT)}, its figures and the blocks in README.md and python/README.md"
    )


if __name__ == "__main__":
    main()
