"""Every kind of content in every width and form."""

from sections.tables import folded, number, table


def section(results):
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

Both passes (size, then writing), times as fast as the same C loops. These are not the best C: see the ladder.

{folded(f"{len(cases)} rows", body)}
"""
