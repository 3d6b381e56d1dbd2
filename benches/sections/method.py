"""How it was measured, and what is missing."""

import statistics

from compare import noise, twins
from sections.cpython import CONTENDERS, PEERS
from sections.results import names_of
from sections.tables import table


def section(results):
    head = results.head
    rows = []
    for suite in results.suites:
        shares = twins(head, suite)
        if shares:
            rows.append(
                [
                    suite,
                    str(len(shares)),
                    f"{100 * statistics.median(shares):.1f} %",
                    f"{100 * noise(head, suite):.1f} %",
                ]
            )
    core = "" if head["core"] is None else f", all on core {head['core']}"
    load = "" if head["load"] is None else f"; load average before it {head['load']:.1f}"
    where = [
        [
            "CPU",
            f"{head['machine']['cpu']}, {head['machine']['architecture']}, {head['machine']['cores']} cores",
        ],
        ["system", head["machine"]["system"]],
        ["compilers", f"{head['compilers']['cc']}; {head['compilers']['rustc']}"],
        ["date", f"{head['date']}, revision {head['revision']}"],
        ["took", f"{head['seconds']} s{core}{load}"],
    ]
    where = "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in where)])
    return f"""## How it was measured

{where}

- **By turns.** All contenders of a comparison take turns in one process, in rounds of about 30 µs each
  (of one call, where that takes longer), so that other work of the machine meets them all. Processes
  (CPython) and passes over all calls (from Python) take turns as a whole.
- **Passes** over all comparisons: {head["passes"]}. With several, a busy minute of the machine meets a part of each
  comparison's rounds and not all rounds of some.
- **Medians**, with the quartiles where there is room for them. A factor is the median of the
  rounds' factors. (`make bench-accept` prints the best of the rounds instead.) A
  sample of CPython is the best of five in a process, one from Python the median of a pass.
- **Checked first.** Contenders must make the same, or the run ends; but for the other libraries'
  `dumps`, which are allowed their own white space and escapes.
- **Places.** "Against other libraries" takes short texts from sixteen places by turns, as where one lies
  among pages and cache lines can double its time; elsewhere they lie in one.
- **Noise** is the difference between two measurements of one contender in a comparison:

{table(["suite", "twins", "median difference", "95 of 100 stay within"], rows)}

`make bench-compare BASE=file` lists the changes since another `results.json` that exceed this noise and the
uncertainty of the medians, after correction by the change of plain C and other libraries in the same
comparison: between two runs a shared machine may become half as fast. All samples of a run are in `build/bench/results.json`.
"""


def not_measured(results):
    reasons = [f"- {suite}: {reason}." for suite, reason in results.head["missing"].items()]
    if not any("OpenSSL" in name for name in results.one("handshake", keys="one").ns):
        reasons.append(
            "- OpenSSL's handshake: its headers are missing (Debian: `apt-get install libssl-dev`)."
        )
    if not any("document" in c.case for c in results.suites["peers"]):
        reasons.append("- The strings of real documents: `benches/fetch_documents.sh` needs `npm`.")
    if "cpython" in results.suites:
        timed = names_of(results.of("cpython", table=PEERS))
        reasons += [
            f"- {name} in CPython: it could not be installed."
            for name in CONTENDERS
            if name not in timed and name != "webstr"
        ]
    reasons.append(
        "- Other machines; other compilers; strings that are not in the cache; several threads at once."
    )
    return "## Not measured\n\n" + "\n".join(reasons) + "\n"
