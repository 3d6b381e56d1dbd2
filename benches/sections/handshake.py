"""The handshake: single keys and batches."""

import statistics

from compare import quartiles
from sections import machines
from sections.figures import INK, ORANGE, RED, SKY, picture, plt, save
from sections.tables import number, table

FLOOR = "40 sha1rnds4 in a chain"


def cell(ns, units=1):
    return "" if ns is None else number(ns / units)


def section(results):
    other = machines.earlier(results)
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
        "webstr, one key at a time",
        "webstr, a batch",
        "others, one key at a time",
    ]
    if floor:
        keys.append(plt.Line2D([], [], color=INK, linestyle="--"))
        words.append(f"floor of SHA-NI, one key: {number(floor)}")
    axes.legend(keys, words, loc="upper right")
    save(figure, "handshake")
    one = table(
        [
            "one key, each starting with the previous value",
            "ns",
            "times as fast as plain C",
            *([f"ns on {other.name}"] if other else []),
        ],
        [
            [
                name,
                single.spread(name),
                number(single.factor("plain C function", name)),
                *([cell(other.ns_of("handshake", single.case, name))] if other else []),
            ]
            for name in single.ns
        ],
    )
    names = [name for name in batches[0].ns if not name.endswith("single calls")]
    many = table(
        [
            "keys",
            *(f"{name}, ns per key" for name in names),
            *([f"best backend on {other.name}"] if other else []),
        ],
        [
            [
                str(c.units),
                *(
                    f"{number(c.ns_of(name) / c.units)} "
                    f"({number(c.factor(f'{name}, single calls', name))} ×)"
                    for name in names
                ),
                *([cell(other.best_of("handshake", c.case), c.units)] if other else []),
            ]
            for c in batches
        ],
    )
    return f"""## The handshake

The plain C function is scalar: SHA-1 in C, then base64. The floor is the chain of forty dependent
`sha1rnds4` that two blocks need with the CPU's SHA instructions. [handshake.md](handshake.md) describes the
design, and ideas that did not help.

{picture("handshake", "Nanoseconds per key for plain C, OpenSSL, the crates, tungstenite and webstr, single and in batches")}

{one}

Batches, and how many times as fast they are as the same number of single calls:

{many}
{machines.line(other)}"""
