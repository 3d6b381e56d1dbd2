"""Numbers and tables in Markdown."""

import re


def number(value):
    """Three significant digits."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    if value >= 1:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:.3g}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def sign(text, machine):
    """Adds the machine below each table of a text."""
    return re.sub(r"((?:^\|.*\n)+)", lambda table: f"{table[1]}\n{machine}\n", text, flags=re.M)


def folded(summary, text):
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
