"""From CPython's loop to vectors, step by step."""

import math

from sections.figures import (
    INK,
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
from sections.tables import folded, number, table

FORMS = [(width, form) for form in ("Unicode", "ASCII") for width in (1, 2, 4)]
ESCAPES = {
    "0": "no escape",
    "1": "1 escape",
    "8": "8 escapes",
    "9": "9 escapes",
    "10 %": "10 % escaped",
    "100 %": "all escaped",
}


def figure_name(width, form):
    return f"ladder-ucs{width}" + ("-ascii" if form == "ASCII" else "")


def write_figure(results, width, form):
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
    save(figure, figure_name(width, form))


def section(results):
    for width, form in FORMS:
        write_figure(results, width, form)
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
    return f"""## The ladder: from CPython's loop to vectors

Each step builds on the previous ones: first in C, up to "+ typed pointer" (`benches/baseline/escape.c`, compiled
with -O3), then webstr's backends. All make two passes (size, then writing) through one signature. Above 1 is
faster than CPython's original `escape_unicode`. With more than eight escapes the code switches from copying runs
to the loop; the ninth escape shows the cost. The typed pointer changes little if the compiler already specializes
the loop for each kind, as gcc -O3 does.

{picture(figure_name(1, "Unicode"), "Speed relative to the original loop by number of characters, with a panel for each number of escapes and a line for each step")}

One-byte characters, Unicode form. `make bench` draws the other widths and the ASCII forms in `build/bench/figures`.

{times}

Median (lower–upper quartile).

{gains}

{folded("Widths and forms, at 17 and 4096 characters", widths)}
"""
