"""Medians of earlier runs on other machines, which the tables show next to those of this one.

One file per CPU: `make bench-report` writes the file of its own machine, except after a quick run.
"""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "machines"


def is_kept(comparison, suite):
    """Whether a table or a README shows its times and not only factors."""
    case = comparison.case
    if suite == "ladder":
        return (case["width"], case["form"], case["escapes"]) == (1, "Unicode", "0")
    return suite in ("peers", "handshake")


def path_of(cpu):
    return FOLDER / (re.sub(r"[^a-z0-9]+", "-", cpu.lower()).strip("-") + ".json")


def keep(results):
    """Writes the medians of this run."""
    head = results.head
    lines = [
        json.dumps(
            {
                "suite": suite,
                "case": c.case,
                "ns": {name: round(c.ns_of(name), 2) for name in c.ns},
            }
        )
        for suite, comparisons in results.suites.items()
        for c in comparisons
        if is_kept(c, suite)
    ]
    cpu, date = head["machine"]["cpu"], head["date"][:10]
    FOLDER.mkdir(exist_ok=True)
    path_of(cpu).write_text(
        f'{{"cpu": {json.dumps(cpu)}, "date": "{date}", "comparisons": [\n'
        + ",\n".join(lines)
        + "\n]}\n",
        "utf-8",
    )


class Machine:
    """Another machine's medians."""

    def __init__(self, file):
        self.cpu, self.date = file["cpu"], file["date"]
        self.name = self.cpu.partition(" (")[0]
        self.comparisons = {
            (c["suite"], json.dumps(c["case"], sort_keys=True)): c for c in file["comparisons"]
        }

    def ns(self, suite, case):
        """{contender: median}, empty if the case was not measured."""
        found = self.comparisons.get((suite, json.dumps(case, sort_keys=True)))
        return found["ns"] if found else {}

    def ns_of(self, suite, case, name):
        """The median of a contender, or `None`."""
        return self.ns(suite, case).get(name)

    def best_of(self, suite, case):
        """The median of its best backend, which is listed first, or `None`."""
        return next(
            (ns for name, ns in self.ns(suite, case).items() if name.startswith("webstr")), None
        )


def line(machine):
    """The line that names the machine of the additional columns."""
    return (
        f"\nThe columns of another machine were measured on {machine.cpu}, {machine.date}.\n"
        if machine
        else ""
    )


def earlier(results):
    """The most recently measured other machine, or `None`."""
    own = path_of(results.head["machine"]["cpu"])
    files = [json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json") if path != own]
    return Machine(max(files, key=lambda file: file["date"])) if files else None
