"""Numbers, and tables of them in Markdown."""


def number(value):
    """Three digits that say something."""
    if value >= 100:
        return f"{value:,.0f}".replace(",", " ")
    if value >= 1:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{value:.3g}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def folded(summary, text):
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
