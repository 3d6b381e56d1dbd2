"""The method of measurement, and what was not measured."""

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
    load = "" if head["load"] is None else f"; load average at the start {head['load']:.1f}"
    where = [
        [
            "CPU",
            f"{head['machine']['cpu']}, {head['machine']['architecture']}, {head['machine']['cores']} cores",
        ],
        ["system", head["machine"]["system"]],
        ["compilers", f"{head['compilers']['cc']}; {head['compilers']['rustc']}"],
        ["date", f"{head['date']}, revision {head['revision']}"],
        ["duration", f"{head['seconds']} s{core}{load}"],
    ]
    where = "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in where)])
    return f"""## How it was measured

{where}

- **Alternation.** All contenders of a comparison alternate in one process, in rounds of about 30 µs each
  (of one call, if a call takes longer), so that other work on the machine affects all of them. Processes
  (CPython) and passes over all calls (from Python) alternate as a whole.
- **Passes** over all comparisons: {head["passes"]}. With several passes, a busy minute of the machine affects some rounds
  of every comparison instead of all rounds of a few.
- **Medians**, with the quartiles where there is room for them. A factor is the median of the rounds' factors.
  (`make bench-accept` prints the best of the rounds instead.) A sample of CPython is the best of five in a process;
  a sample from Python is the median of a pass.
- **Checked first.** The run stops if two contenders give different results, except the other libraries' `dumps`,
  which may differ in white space and escapes.
- **Addresses.** "Against other libraries" takes short texts from sixteen addresses in rotation, because the position
  of a text within pages and cache lines can double its time. The other suites use one address.
- **Noise** is the difference between two measurements of one contender in a comparison:

{table(["suite", "pairs", "median difference", "95 of 100 are within"], rows)}

`make bench-compare BASE=file` lists the changes since another `results.json` that exceed this noise and the
uncertainty of the medians. It first corrects for the change of plain C and other libraries in the same comparison,
because a shared machine may be half as fast in the second run. All samples of a run are in `build/bench/results.json`.
"""


def not_measured(results):
    reasons = [f"- {suite}: {reason}." for suite, reason in results.head["missing"].items()]
    if not any("OpenSSL" in name for name in results.one("handshake", keys="one").ns):
        reasons.append(
            "- OpenSSL's handshake: its headers are missing (on Debian: `apt-get install libssl-dev`)."
        )
    if not any("document" in c.case for c in results.suites["peers"]):
        reasons.append("- The strings of real documents: `benches/fetch_documents.sh` needs `npm`.")
    if "cpython" in results.suites:
        timed = names_of(results.suites["cpython"])
        reasons += [
            f"- {name} in CPython: it could not be installed."
            for name in CONTENDERS
            if name not in timed and name != "webstr"
        ]
    reasons.append(
        "- Other machines, other compilers, strings outside the cache, several threads at once."
    )
    return "## Not measured\n\n" + "\n".join(reasons) + "\n"
