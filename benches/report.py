#!/usr/bin/env python3
"""Writes docs/performance.md, its figures and the READMEs' numbers from the samples of `make bench`.

usage: report.py [--quick]

The medians of all rows go to benches/machines, a file for each CPU. With --quick, a look and no claim, all of it goes
below build/bench/preview.
"""

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "build" / "bench"
QUICK = "--quick" in sys.argv
TARGET = BENCH / "preview" if QUICK else ROOT
BLOCK = re.compile(r"(?<=<!-- performance: written by make bench -->\n).*?(?=<!-- end -->)", re.S)

INK = "#7b8087"  # 4 : 1 against white and against GitHub's dark page
# The palette of Okabe and Ito, without black and yellow, each of which is invisible on one of the two pages.
ORANGE, SKY, GREEN, BLUE, RED, PINK = "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7"
COLOURED = "text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"
plt.rcParams.update({
    "savefig.transparent": True, "svg.hashsalt": "webstr", "svg.fonttype": "none", "font.size": 10,
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "axes.titlesize": 10.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True,
    "grid.color": INK, "grid.alpha": 0.22, "grid.linewidth": 0.7, "lines.linewidth": 1.6, "lines.markersize": 4.5,
    "legend.frameon": False, "figure.constrained_layout.use": True, **dict.fromkeys(COLOURED, INK),
})
# A contender's label, colour, marker and dashes in the figures.
STYLES = {
    "full switch": ("+ full switch", INK, "v", ":"), "late check": ("+ late overflow check", INK, "s", "--"),
    "copy runs": ("+ memcpy of runs", BLUE, "D", "--"), "typed": ("+ typed pointer", PINK, "^", "--"),
    "webstr scalar": ("webstr scalar", GREEN, "P", "-"), "webstr sse2": ("webstr sse2", SKY, "s", "-"),
    "webstr neon": ("webstr neon", ORANGE, "D", "-"), "webstr avx2": ("webstr avx2", ORANGE, "D", "-"),
    "webstr avx512": ("webstr avx512", RED, "o", "-"), "into": ("webstr", RED, "o", "-"),
    "json-escape-simd": ("json-escape-simd", BLUE, "D", "-"), "sonic-rs": ("sonic-rs", ORANGE, "s", "-"),
    "v_jsonescape": ("v_jsonescape", PINK, "P", "-"), "serde_json": ("serde_json", GREEN, "X", "-"),
    "memcpy": ("memcpy", INK, None, ":"), "CPython with webstr": ("CPython with webstr", RED, "o", "-"),
    "patch_json()": ("patch_json()", PINK, "P", "-"), "orjson": ("orjson", BLUE, "D", "-"),
    "ssrjson": ("ssrjson", GREEN, "s", "-"), "msgspec": ("msgspec", ORANGE, "^", "-"),
}
CRATES = "json-escape-simd", "sonic-rs", "v_jsonescape", "serde_json"
DUMPS = "CPython with webstr", "patch_json()", "orjson", "ssrjson", "msgspec"
FLOOR = "40 sha1rnds4 in a chain"


# --- The samples ----------------------------------------------------------------

class Row:
    def __init__(self, ns):
        self.ns = ns
        self.middle = {name: round(statistics.median(samples), 2) for name, samples in ns.items()}

    def factor(self, base, name):
        """How many times as fast as `base` `name` is: the median of the rounds' factors."""
        return statistics.median(slow / fast for slow, fast in zip(self.ns[base], self.ns[name]))

    def fastest(self, names):
        return min((name for name in names if name in self.ns), key=self.middle.get)


def read():
    """{table: {row: Row}}, and the CPython release."""
    tables, release = {}, ""
    for file in "rust.jsonl", "cpython.jsonl":
        for line in (BENCH / file).read_text("utf-8").splitlines():
            line = json.loads(line)
            tables.setdefault(line["table"], {})[line["row"]] = Row(line["ns"])
            release = line.get("release", release)
    rounds = {}
    for benchmark in json.loads((BENCH / "python.json").read_text("utf-8"))["benchmarks"]:
        rounds[benchmark["name"].removeprefix("test_")] = Row({"ns": [1e9 * benchmark["stats"]["median"]]})
    tables["python"] = rounds
    return tables, release


def first_line(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.partition("\n")[0]


def machine():
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else ():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    cpu = fields.get("model name") or platform.processor() or platform.machine()
    return cpu + (f" (family {fields['cpu family']}, model {fields['model']})" if "cpu family" in fields else "")


# --- Words ----------------------------------------------------------------------

def number(value):
    """Three significant digits."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3g}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def times_table(head, rows, base, names, unit=1):
    """A line for each of the rows {title: Row}: the time of `base`, how many times as fast the others are."""
    def cells(row):
        return [number(row.factor(base, name)) if name in row.ns else "" for name in names]

    return table(head, [[title, number(row.middle[base] / unit), *cells(row)] for title, row in rows.items()])


# --- Figures --------------------------------------------------------------------

def style(name, key=None, **more):
    label, colour, marker, dashes = STYLES[key or name]
    return {"label": label, "color": colour, "marker": marker, "linestyle": dashes, **more}


def plain_axis(axis):
    axis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:g}" if n < 1024 else f"{n / 1024:g} Ki"))
    axis.set_minor_locator(NullLocator())


def length_axis(axes, label):
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 8, 64, 512, 4096, 32768])
    axes.set_xlabel(label)
    plain_axis(axes.xaxis)


def save(figure, name):
    path = TARGET / "docs" / "performance" / f"{name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    plt.close(figure)
    # Tenths of a point are precise enough; nothing refers to the names of groups; few and long lines.
    text = re.sub(r"\d+\.\d{2,}(?=[^<>]*>)", lambda n: f"{float(n[0]):.1f}", path.read_text("utf-8"))
    text = re.sub(r' id="[A-Za-z0-9.]+_\d+"|<!--.*?-->', "", text)
    path.write_text(textwrap.fill(text, len(text) // 25, break_long_words=False, break_on_hyphens=False) + "\n", "utf-8")


def ladder_figure(rows):
    figure, grid = plt.subplots(2, 3, figsize=(9.6, 6.2), sharex=True, sharey=True)
    titles = {"0": "no escape", "1": "1 escape", "8": "8 escapes", "9": "9 escapes", "10 %": "10 % escaped",
              "100 %": "all escaped"}
    for axes, (escapes, title) in zip(grid.flat, titles.items()):
        lengths = [n for n in map(int, (row.split(", ")[1] for row in rows if row.startswith(f"{escapes}, "))) if n]
        for name in list(rows["0, 64"].ns)[1:]:
            speeds = [rows[f"{escapes}, {n}"].factor("original", name) for n in lengths]
            axes.plot(lengths, speeds, **style(name), markevery=3)
        axes.axhline(1, color=INK, linewidth=1)
        axes.set_title(title)
        axes.set_yscale("log", base=2)
        plain_axis(axes.yaxis)
        length_axis(axes, "characters" if escapes in ("9", "10 %", "100 %") else "")
    for axes in grid[:, 0]:
        axes.set_ylabel("times as fast")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4)
    save(figure, "ladder-ucs1")


def peers_figure(rows, best):
    lengths = sorted(int(row[7:]) for row in rows if row.startswith("clean, "))
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.3))
    for name in f"{best} into", *CRATES, "memcpy":
        ns = {n: rows[f"clean, {n}"].middle[name] for n in lengths}
        look = style(name, "into" if name.endswith(" into") else name)
        short = [n for n in lengths if n <= 64]
        left.plot(short, [ns[n] for n in short], **look, markevery=8)
        powers = [n for n in lengths if n and n & (n - 1) == 0]
        right.plot(powers, [n / ns[n] for n in powers], **look, markevery=3)
    left.set_yscale("log", base=2)
    left.set_xticks(range(0, 65, 8))
    left.set_xlabel("bytes")
    left.set_ylabel("ns per call")
    right.set_yscale("log")
    right.set_ylabel("bytes per ns")
    length_axis(right, "bytes")
    plain_axis(left.yaxis)
    plain_axis(right.yaxis)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    save(figure, "peers")


def handshake_figure(one, batch, backends):
    bars = [(f"webstr {name}" if name in backends else name, ns, RED if name in backends else SKY, None)
            for name, ns in one.middle.items() if name != FLOOR]
    bars += [(f"webstr {name}, batch of 1024", batch.middle[name], ORANGE, "///") for name in backends]
    bars.sort(key=lambda bar: bar[1])
    figure, axes = plt.subplots(figsize=(8.6, 0.34 * len(bars) + 0.8))
    widest, floor = bars[-1][1], one.middle.get(FLOOR)
    for y, (name, ns, colour, hatch) in enumerate(bars):
        axes.barh(y, ns, color=colour, height=0.66, hatch=hatch, edgecolor="#ffffff88", linewidth=0)
        beyond = floor if floor and ns < floor < ns + 0.1 * widest else ns  # not across the line
        axes.text(beyond + widest * 0.012, y, number(ns), va="center", fontsize=9)
    if floor:
        axes.axvline(floor, color=INK, linestyle="--", linewidth=1.3)
        axes.text(floor + widest * 0.012, -0.6, f"floor of SHA-NI, one key: {number(floor)}", fontsize=9)
    for colour, hatch, text in (RED, None, "one key at a time"), (ORANGE, "///", "a batch"), (SKY, None, "others, one key"):
        axes.bar(0, 0, color=colour, hatch=hatch, edgecolor="#ffffff88", linewidth=0, label=text)
    axes.legend(loc="upper right")
    axes.set_yticks(range(len(bars)), [name for name, *_ in bars])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("ns per key")
    axes.set_xlim(0, widest * 1.1)
    save(figure, "handshake")


def dumps_figure(rows):
    names = sorted((row for row in rows if "," not in row), key=lambda row: rows[row].factor("json", "patch_json()"))
    forms = {"": "the default options", ", ensure_ascii=False": "ensure_ascii=False"}
    figure, grid = plt.subplots(1, 2, figsize=(9.6, 0.36 * len(names) + 1.4), sharey=True, width_ratios=[1, 1.5])
    for axes, (form, title) in zip(grid, forms.items()):
        for y, row in enumerate(rows[name + form] for name in names):
            factors = {who: row.factor("json", who) for who in DUMPS if who in row.ns}
            axes.plot([1, max(factors.values())], [y, y], color=INK, alpha=0.35, linewidth=1, zorder=1)
            for who, factor in factors.items():
                axes.plot(factor, y, **style(who, linestyle="", markersize=6.5, zorder=3, label=STYLES[who][0] if y == 0 else None))
        axes.axvline(1, color=INK, linewidth=1.2)
        axes.set_title(title)
        axes.set_xscale("log", base=2)
        plain_axis(axes.xaxis)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("times as fast as the stock json.dumps")
    grid[0].set_yticks(range(len(names)), names)
    figure.legend(*grid[1].get_legend_handles_labels(), loc="outside lower center", ncols=5)
    save(figure, "dumps")


# --- The documents ----------------------------------------------------------------

CALLS = {
    "python_code": "`py_accept`: hashlib, base64", "optimized_code": "`c_accept`: webstr",
    "magic_code": "`magic_accept`: a constant", "checked_key": "webstr.accept, which checks the key",
    "ctypes": "webstr through ctypes", "plain_c_hash": "plain C in an extension", "websockets": "websockets' accept_key",
    "1000_keys_at_once": "webstr.accept_many, a key of 1 000",
}


def calls_tables(rows):
    ns = {name: rows[name].middle["ns"] / (1000 if name.startswith("1000") else 1) for name in CALLS}
    plain = ns["python_code"]
    handshake = table(["one accept value", "ns", "times as fast as `py_accept`"],
                      [[CALLS[name], number(ns[name]), number(plain / ns[name])] for name in sorted(ns, key=ns.get)])
    ways = ["websocket_mask", "apply_mask", "wsaccel_mask"]
    masks = table(["mask, bytes; ns", "webstr", "websockets", "wsaccel"], [
        [str(size), *(number(rows[f"mask[{size}-{way}]"].middle["ns"]) for way in ways)] for size in (16, 64, 1024, 65536)])
    return f"{handshake}\n\n{masks}"


def lost(rows, ours, others):
    """In how many of the rows each of the others is faster."""
    found = {other: sum(row.factor(ours, other) > 1 for row in rows if other in row.ns) for other in others}
    return [f"{other} in {count} of {len(rows)}" for other, count in found.items() if count]


def scaled(ns):
    return f"{number(ns)} ns" if ns < 1e3 else f"{number(ns / 1e3)} µs" if ns < 1e6 else f"{number(ns / 1e6)} ms"


def readme_block(tables, best, release, setting):
    into, escape, dumps = f"{best} into", tables["escape"], tables["json"]
    twitter, accept = dumps["twitter, ensure_ascii=False"], tables["accept"]["one key"]
    handshake = [name for name in accept.ns if name.startswith(("tungstenite", "OpenSSL", "crates"))]
    libraries = [name for name in DUMPS[2:] if name in twitter.ns]
    json_task = f"`json.dumps(…, ensure_ascii=False)` of twitter.json, CPython {release}"
    rows = [
        ("JSON string of 17 characters", escape["clean, 17"], "C loops", CRATES, into),
        ("a string of twitter.json, the mean of all", escape["twitter, in order"], "C loops", CRATES, into),
        ("`Sec-WebSocket-Accept` for one key", accept, "plain C", handshake, best),
        (f"{json_task}, `patch_json()`", twitter, "json", libraries, "patch_json()"),
        (f"{json_task}, built with the patch", twitter, "json", libraries, "CPython with webstr"),
    ]
    text = table(["task", "plain", "fastest other library", "webstr", "times as fast as plain"], [
        [task, f"{plain.replace('C loops', 'CPython loops')}: {scaled(row.middle[plain])}", f"{row.fastest(others)}: {scaled(row.middle[row.fastest(others)])}",
         scaled(row.middle[ours]), f"{number(row.factor(plain, ours))} ×"] for task, row, plain, others, ours in rows])
    strings = lost(shown(escape).values(), into, CRATES)
    documents = lost([dumps[row] for row in dumps if row.endswith("False")], "patch_json()", libraries)
    losses = "; ".join(filter(None, [
        f"of the rows with strings, {', '.join(strings)}" if strings else "",
        f"of the documents, {', '.join(documents)}" if documents else ""]))
    words = (f"{setting}. Other libraries are faster in some rows: {losses}. The libraries for Python are not json: they "
             "write other text, and differ in options, types and errors. All tables: "
             "[docs/performance.md](docs/performance.md). `make bench` measures your machine.")
    return (f"\n{text}\n\n{textwrap.fill(words, 120, break_on_hyphens=False)}\n\n![Speed relative to CPython's original loop, "
            "by length and number of escapes](docs/performance/ladder-ucs1.svg)\n")


def shown(rows):
    """The rows of docs/performance.md, of all that were measured."""
    wanted = [f"clean, {n}" for n in (0, 8, 17, 64, 190, 16384)]
    wanted += ["one in 32, 32", "one in 32, 1024", "two-character, 32", "Chinese, 190"]
    return {name: rows[name] for name in [*wanted, *rows] if name in wanted or name.endswith((" order", " shuffled"))}


def document(tables, best, release, setting, details):
    escape, accept, dumps = tables["escape"], tables["accept"], tables["json"]
    into = f"{best} into"
    backends = [name.partition(" ")[0] for name in escape["clean, 17"].ns if name.endswith(" into")]
    others = [f"{name} into" for name in backends[1:]] + [*CRATES, "C loops"]
    strings = times_table(["string, bytes", f"webstr {best}, ns", *(name.removesuffix(" into") for name in others)],
                          shown(escape), into, others)
    utf8 = [f"{text}, 1024" for text in ("ASCII", "ASCII, one escape in 40", "CJK", "mixed")]
    utf8 = {name: tables["utf8"][name] for name in [*utf8, "twitter, all"] if name in tables["utf8"]}
    for name, row in utf8.items():
        ascii_form = tables["utf8-ascii"][name]
        row.ns.update({f"{who}, ASCII": ns for who, ns in ascii_form.ns.items()})
        row.ns["ASCII form"] = ascii_form.ns[best]
    names = ["ucs1_into", "simdutf8, ucs1_into", "std, json-escape-simd", "ASCII form", "scalar loop, ASCII", "serde_json, ASCII"]
    utf8 = times_table(["UTF-8", f"webstr {best}, ns", *names], utf8, best, names)
    one = {name: accept["one key"].middle[name] for name in accept["one key"].ns}
    keys = table(["one key at a time, each the start of the value before", "ns", "times as fast as plain C"],
                 [[f"webstr {name}" if name in backends else name, number(ns), number(one["plain C"] / ns)]
                  for name, ns in sorted(one.items(), key=lambda each: each[1])])
    batch = ", ".join(f"{n}: {number(accept[f'batch of {n}'].middle[best])}" for n in (2, 4, 8, 16, 64, 1024))
    whos = [who for who in DUMPS if any(who in row.ns for row in dumps.values())]
    documents = table([f"CPython {release}", "json, µs", *DUMPS[:2], "json, µs", *whos], [
        [name, number(row.middle["json"] / 1000), *(number(row.factor("json", who)) for who in DUMPS[:2]),
         number(other.middle["json"] / 1000),
         *(number(other.factor("json", who)) if who in other.ns else "" for who in whos)]
        for name, row, other in ((name, dumps[name], dumps[f"{name}, ensure_ascii=False"])
                                 for name in dumps if "," not in name)])
    calls = calls_tables(tables["python"])
    return f"""# Performance

`make bench` writes this page, its figures and the READMEs' numbers; do not edit them. [escape.md](escape.md),
[utf8.md](utf8.md), [handshake.md](handshake.md) and [cpython.md](cpython.md) have the design and the ideas that did not
help.

{textwrap.fill(f"Measured on {setting}, {details}.", 120, break_on_hyphens=False)}

All contenders of a row take turns in one process, in rounds of 30 µs (5 ms in CPython), so that other work on the
machine meets all of them. A time is the median of the rounds, a factor the median of the rounds' factors. The results
are compared first. The medians of all rows are in [benches/machines](../benches/machines).

## JSON strings

Nanoseconds a string, and the others' speed as a multiple of webstr's. All write UTF-8 into a reused buffer with room
for the longest result (`escape_json_ucs1_into`). The library is the one that `make` builds; the crates are compiled
with `-C target-cpu=native`. "C loops" are CPython's two loops. A row named after a document escapes each of its strings once, "shuffled" in an order that the branch
predictor cannot learn; its time is the mean.

{strings}

![Nanoseconds per call up to 64 bytes, and bytes per nanosecond by length](performance/peers.svg)

Clean ASCII. From CPython's first `escape_unicode` one step at a time, all in two passes through
one signature: first in C (`benches/baseline/escape.c`), then the backends. With more than eight escapes the C code
switches from copying runs to the loop.

![Speed relative to the original loop by number of characters, with a panel for each number of escapes](performance/ladder-ucs1.svg)

## Unchecked UTF-8

Times as fast as `escape_json_utf8_into`, which validates. `ucs1_into` does not. The last three columns are of the ASCII
form: webstr's, a scalar loop, serde_json with a formatter.

{utf8}

## The handshake

{keys}

Nanoseconds per key in a batch of {batch}.
The forty dependent `sha1rnds4` are the floor for two blocks of SHA-1.

![Nanoseconds per key, single and in batches](performance/handshake.svg)

## json.dumps

Times as fast as the stock json, in one interpreter, whose `_json` is exchanged for the patched one
([cpython.md](cpython.md)) or for the encoder of [the package](../python/README.md). The other libraries are not json:
they write no spaces, return UTF-8 (ssrjson a `str`) and differ in types, options and errors. The first three columns
have the default options, the others `ensure_ascii=False`.

{documents}

![Speed relative to the stock json.dumps for each document](performance/dumps.svg)

## From Python

Python {platform.python_version()} with pytest-benchmark, medians.

{calls}

Not measured: other compilers, strings outside the cache, several threads at once.
"""


def write(name, text):
    path = TARGET / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def main():
    tables, release = read()
    best = next(iter(tables["escape"]["clean, 17"].ns)).partition(" ")[0]
    backends = [name.removesuffix(" into") for name in tables["escape"]["clean, 17"].ns if name.endswith(" into")]
    now = datetime.datetime.now(datetime.timezone.utc)
    busy = ", on a busy machine" if os.getloadavg()[0] > os.cpu_count() else ""
    setting = f"{machine()}, {now:%Y-%m-%d}{busy}{', a quick run' if QUICK else ''}"
    details = (f"{platform.system()}, {first_line(os.environ.get('CC', 'cc'), '--version')}, "
               f"{first_line('rustc', '--version').partition(' (')[0]}, revision "
               f"{first_line('git', '-C', ROOT, 'describe', '--always', '--exclude=*')}, load {os.getloadavg()[0]:.1f}")
    pages = {"docs/performance.md": document(tables, best, release, setting, details)}
    medians = ",\n".join(json.dumps({title: {name: row.middle for name, row in rows.items()}})
                         for title, rows in tables.items())
    file = re.sub(r"[^a-z0-9]+", "-", machine().lower()).strip("-")
    pages[f"benches/machines/{file}.json"] = f"[{json.dumps(f'{setting}, {details}')},\n{medians}]\n"
    blocks = {"README.md": readme_block(tables, best, release, setting), "python/README.md":
              f"\nPython {platform.python_version()}, {setting}.\n\n{calls_tables(tables['python'])}\n"}
    for name, block in blocks.items():
        pages[name] = BLOCK.sub(lambda _, block=block: block, (ROOT / name).read_text("utf-8"))
    ladder_figure(tables["ladder"])
    peers_figure(tables["escape"], best)
    handshake_figure(tables["accept"]["one key"], tables["accept"]["batch of 1024"], backends)
    dumps_figure(tables["json"])
    for name, text in pages.items():
        write(name, text)
    print("wrote", ", ".join(str(TARGET / name) for name in pages), "and the figures")


if __name__ == "__main__":
    main()
