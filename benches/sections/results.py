"""The samples of a run, by suite and case."""

import json
import statistics

from compare import AGAIN, quartiles
from sections.tables import number


class Comparison:
    """Contenders that took turns in one case."""

    def __init__(self, entry):
        self.case, self.units = entry["case"], entry["units"]
        self.ns = {
            name: samples for name, samples in entry["ns"].items() if not name.endswith(AGAIN)
        }

    def ns_of(self, name):
        return statistics.median(self.ns[name])

    def spread(self, name, scale=1):
        """Median and quartiles, as a cell of a table."""
        low, middle, high = (number(ns / scale) for ns in quartiles(self.ns[name]))
        return f"{middle} ({low}–{high})"

    def factor(self, base, name):
        """How many times as fast as `base` `name` is: the median of the rounds' factors."""
        pairs = zip(self.ns[base], self.ns[name])
        return statistics.median(slow / fast for slow, fast in pairs)


class Results:
    def __init__(self, path):
        self.head = json.loads(path.read_text("utf-8"))
        self.suites = {}
        for entry in self.head["comparisons"]:
            self.suites.setdefault(entry["suite"], []).append(Comparison(entry))

    @property
    def machine(self):
        """The line below each table that names the machine."""
        quick = ", a quick run" if self.head["quick"] else ""
        return f"{self.head['machine']['cpu']}, {self.head['date'][:10]}{quick}."

    def of(self, suite, **case):
        """The comparisons of the suite whose case has these values."""
        return [
            comparison
            for comparison in self.suites.get(suite, [])
            if all(comparison.case.get(key) == value for key, value in case.items())
        ]

    def one(self, suite, **case):
        (found,) = self.of(suite, **case)
        return found


def names_of(comparisons):
    return list(dict.fromkeys(name for comparison in comparisons for name in comparison.ns))
