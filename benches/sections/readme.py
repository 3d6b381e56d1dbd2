"""The blocks of the READMEs."""

from sections import ladder, machines, python
from sections.tables import number


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
        f"by `hashlib` and `base64` {number(accept.ns_of(python.plain_python(accept.ns)))}."
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
    string = results.one("ladder", width=1, form="Unicode", escapes="0", units=190)
    short = results.one("ladder", width=1, form="Unicode", escapes="0", units=8)
    long = results.one("peers", content="clean ASCII", bytes=16384)
    best = next(name for name in string.ns if name.startswith("webstr"))
    single = results.one("handshake", keys="one")
    batch = results.of("handshake")[-1]
    accept = next(name for name in single.ns if name.startswith("webstr"))
    other = machines.earlier(results)

    def there(comparison, suite, convert=lambda ns: ns):
        """What the best backend did on the other machine, in brackets."""
        ns = other.best_of(suite, comparison.case) if other else None
        return "" if ns is None else f" ({number(convert(ns))} on {other.name})"

    one_pass = "webstr into" if "webstr into" in long.ns else "webstr reserved"

    lines = [
        f"- A string of 8 characters, nothing to escape: {number(short.ns_of(best))} ns{there(short, 'ladder')}, "
        f"{number(short.factor('original', best))} × as fast as CPython's original loop, "
        f"{number(short.factor(best_c(short), best))} × as the best plain C.",
        f"- Of 190: {number(string.ns_of(best))} ns{there(string, 'ladder')}, {number(string.factor('original', best))} × and "
        f"{number(string.factor(best_c(string), best))} ×.",
        f"- Of 16 Ki: {number(long.units / long.ns_of('webstr'))} bytes per ns"
        f"{there(long, 'peers', lambda ns: long.units / ns)}, into a buffer with room for any "
        f"result {number(long.units / long.ns_of(one_pass))}; "
        f"`memcpy` does {number(long.units / long.ns_of('memcpy'))}, json-escape-simd "
        f"{number(long.units / long.ns_of('json-escape-simd'))} and serde_json "
        f"{number(long.units / long.ns_of('serde_json'))}.",
        f"- A handshake: {number(single.ns_of(accept))} ns{there(single, 'handshake')} if each key waits for the one before, in a batch {number(batch.ns_of(accept) / batch.units)}"
        f"{there(batch, 'handshake', lambda ns: ns / batch.units)}; "
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
    return f"""
![Times as fast as CPython's original loop, by length and number of escapes](docs/performance/{ladder.figure_name(1, "Unicode")}.svg)

![Nanoseconds per key of the handshake](docs/performance/handshake.svg)

{chr(10).join(lines)}

{results.machine} All of it, and where others are faster:
[docs/performance.md](docs/performance.md); `make bench` for your machine.
"""
