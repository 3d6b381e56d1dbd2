"""The Python package."""

import re

from compare import quartiles
from sections.figures import INK, RED, SKY, plt, save
from sections.tables import folded, number, table


def write_figure(accept):
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


def call_of(case):
    """The name of a case of python/benchmarks/test_escape_json.py."""
    test, _, argument = case.rstrip("]").partition("[")
    form, _, text = argument.partition("-")
    return {
        "string": f"patched json{', ASCII form' if form == 'ascii' else ''}: {text}",
        "escape_json": f"`escape_json()`: {argument}",
        "document": f"patched json, a document: {argument}",
    }[test]


def tables(results):
    """Tables of calls, of batches, of strings and of masks."""
    texts = []
    for call, title in (("accept", "one call, ns"), ("1000_keys", "1000 keys, ns per key")):
        c = results.one("python", call=call)
        names = sorted(c.ns, key=c.ns_of)
        rows = [
            [name, c.spread(name, c.units), number(c.factor(plain_python(names), name))]
            for name in names
        ]
        texts.append(table([title, "median (quartiles)", "times as fast as plain Python"], rows))
    rows = [
        [
            call_of(c.case["call"]),
            c.spread("json"),
            c.spread("webstr"),
            number(c.factor("json", "webstr")),
        ]
        for c in results.suites["python"]
        if "json" in c.ns
    ]
    texts.append(table(["ns: median (quartiles)", "json", "webstr", "times as fast"], rows))
    masks = [c for c in results.suites["python"] if c.case["call"].startswith("websocket_mask")]
    names = ["webstr", "websockets", "wsaccel"]
    rows = [
        [re.search(r"\d+", c.case["call"])[0], *(c.spread(name) for name in names)] for c in masks
    ]
    texts.append(table(["masks, bytes; ns: median (quartiles)", *names], rows))
    return texts


def plain_python(names):
    return next(name for name in names if name.startswith("py_accept"))


def section(results):
    title = "## From Python\n\n"
    if "python" not in results.suites:
        return f"{title}Not measured: {results.head['missing']['From Python']}.\n"
    write_figure(results.one("python", call="accept"))
    calls, batches, strings, masks = tables(results)
    return f"""{title}The package on Python {results.head["python"]}, measured with pytest-benchmark (`make bench-python`).

{calls}

{batches}

{masks}

{folded("Strings and documents, compared with json's own C functions", strings)}
"""
