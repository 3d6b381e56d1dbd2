"""The Autobahn test suite against the example server: python autobahn.py WSTEST SERVER REPORTS [CASE...]

WSTEST is the program of PyPI's autobahntestsuite, SERVER the example server, which is started with
--echo; the reports go to the directory REPORTS. Prints a summary. Status 1: a case has failed, or a
connection was closed with a wrong code or not cleanly.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

# 9.3 to 9.8 send messages in other pieces and measure; 12 and 13 are of compression.
CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.1.*", "9.2.*", "10.*"]
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}


def run(wstest, server, reports, cases):
    process = subprocess.Popen([server, "--echo"], stdout=subprocess.PIPE, text=True)
    try:
        port = re.fullmatch(r"listening on ws://127\.0\.0\.1:(\d+)\n", process.stdout.readline())[1]
        spec = {
            "outdir": str(reports),
            "servers": [{"agent": "webstr", "url": f"ws://127.0.0.1:{port}"}],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        reports.mkdir(parents=True, exist_ok=True)
        (reports / "spec.json").write_text(json.dumps(spec))
        with open(reports / "log", "w") as log:
            subprocess.run(
                [wstest, "--mode", "fuzzingclient", "--spec", reports / "spec.json"],
                stdout=log, stderr=log, check=True, timeout=600,
            )  # fmt: skip
        assert process.poll() is None, "the server has ended"
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0, process.returncode
    return json.loads((reports / "index.json").read_text())["webstr"]


def main():
    wstest, server, reports = sys.argv[1:4]
    results = run(wstest, server, pathlib.Path(reports).resolve(), sys.argv[4:] or CASES)
    bad = {
        case: (result["behavior"], result["behaviorClose"])
        for case, result in results.items()
        if not {result["behavior"], result["behaviorClose"]} <= GOOD
    }
    for case, behavior in bad.items():
        print(f"FAILED: case {case}: {behavior[0]}, close {behavior[1]}")
    counts = collections.Counter(result["behavior"] for result in results.values())
    print("autobahn: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))
    print(f"{len(results) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad or len(results) < 200 and len(sys.argv) == 4 else 0


sys.exit(main())
