"""json.dumps in CPython, stock and patched."""

from sections.figures import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PINK,
    RED,
    decimal_axis,
    picture,
    plt,
    save,
)
from sections.tables import folded, number, table

DUMPS = {
    "json.dumps, default": "ensure_ascii=True, the default",
    "json.dumps, ensure_ascii=False": "ensure_ascii=False",
}
PEERS = "peers, documents"
CONTENDERS = {
    "webstr": (RED, "o", "CPython with webstr"),
    "patch_json()": (PINK, "P", "patch_json()"),
    "orjson": (BLUE, "D", "orjson"),
    "ssrjson": (GREEN, "s", "ssrjson"),
    "msgspec": (ORANGE, "^", "msgspec"),
}


def documents_of(results, release):
    """{table: {document: Comparison}}, with the other libraries in the table of CPython's Unicode form."""
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
        labels,
        loc="outside lower center",
        ncols=5,
    )
    save(figure, "dumps")


def section(results):
    title = "## json.dumps in CPython\n\n"
    if "cpython" not in results.suites:
        return f"{title}Not measured: {results.head['missing']['CPython']}.\n"
    releases = list(dict.fromkeys(c.case["release"] for c in results.suites["cpython"]))
    tables = {release: documents_of(results, release) for release in releases}
    # The figure shows the release in which the other libraries were timed.
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
        libraries = [c for c in contenders if c not in ("webstr", "patch_json()")]
        sections.append(
            f"CPython {release}, ms: median (quartiles) of alternating processes\n\n"
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
                        for name in libraries
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
                        *libraries,
                    ],
                    rows,
                ),
            )
        )
    text = "\n\n".join(sections)
    return f"""{title}Real documents in one release of CPython, stock and with the patch of
[cpython_patch](../cpython_patch/README.md). `patch_json()` of [the package](../python/README.md) and the other
libraries run in the stock build. The other libraries are not json: they write no white space, do not escape
non-ASCII characters, return UTF-8 (ssrjson a `str`) and accept other types and options. They are compared with
`ensure_ascii=False`. Other releases: [cpython.md](cpython.md).

{picture("dumps", "Speed relative to the stock json.dumps for each document: CPython with webstr, patch_json(), orjson, ssrjson and msgspec")}

The figure shows CPython {shown}.

{text}
"""
