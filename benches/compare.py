"""Changes between two runs of `make bench`: usage: compare.py BASE [NEW]

For every contender in every case that both runs have: the ratio of the medians, and whether it
exceeds the noise of both. This project does not change the other contenders of a comparison (plain C,
other libraries, memcpy), so a change in their times comes from the machine: their median ratio is
divided out. The noise is the difference between two measurements of one contender (in 95 of 100
comparisons of that suite), plus the uncertainty of the medians.
"""

import json
import math
import statistics
import sys
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "build" / "bench" / "results.json"
AGAIN = " again"
SHOWN = 40
BACKENDS = {"avx512", "avx2", "sse2", "neon", "scalar"}


def quartiles(samples):
    """Lower quartile, median, upper quartile."""
    if len(samples) < 2:
        return (samples[0],) * 3
    return tuple(statistics.quantiles(samples, n=4, method="inclusive"))


def uncertainty(samples):
    """Half the width of the median's 95 % interval, as a share of it (McGill, Tukey, Larsen 1978)."""
    low, middle, high = quartiles(samples)
    return 1.57 * (high - low) / math.sqrt(len(samples)) / middle


def twins(results, suite):
    """By which share each contender of the suite that was measured twice differs from itself."""
    shares = []
    for comparison in results["comparisons"]:
        if comparison["suite"] == suite:
            for name, samples in comparison["ns"].items():
                twin = comparison["ns"].get(name + AGAIN)
                if twin:
                    ratio = statistics.median(twin) / statistics.median(samples)
                    shares.append(abs(math.log(ratio)))
    return sorted(shares)


def noise(results, suite):
    """The share that 95 of 100 twins stay within; 0 if there are none."""
    shares = twins(results, suite)
    return shares[math.ceil(0.95 * len(shares)) - 1] if shares else 0.0


def is_ours(name):
    """Whether a contender is this library, or CPython with it."""
    return name.startswith("webstr") or name in BACKENDS


def cases(results):
    """{(suite, case): {contender: samples in ns}}, without twins"""
    return {
        (comparison["suite"], ", ".join(f"{k} {v}" for k, v in comparison["case"].items())): {
            name: samples for name, samples in comparison["ns"].items() if not name.endswith(AGAIN)
        }
        for comparison in results["comparisons"]
    }


def compare(base, new):
    """[((suite, case, contender), ratio new/base, noise as a ratio above 1, whether it changed)] of
    what both have."""
    old_cases, new_cases = cases(base), cases(new)
    suites = {suite for suite, _ in old_cases}
    twin_noise = {suite: max(noise(base, suite), noise(new, suite)) for suite in suites}
    compared = []
    for case in old_cases.keys() & new_cases.keys():
        logs, spreads = {}, {}
        for name in old_cases[case].keys() & new_cases[case].keys():
            old, now = old_cases[case][name], new_cases[case][name]
            logs[name] = math.log(statistics.median(now) / statistics.median(old))
            spreads[name] = math.hypot(uncertainty(old), uncertainty(now))
        others = [name for name in logs if not is_ours(name)]
        drift = statistics.median(logs[name] for name in others) if others else 0.0
        drift_spread = statistics.median(spreads[name] for name in others) if others else 0.0
        for name in logs:
            change = logs[name] - drift
            limit = twin_noise[case[0]] + math.hypot(spreads[name], drift_spread)
            compared.append(
                (case + (name,), math.exp(change), math.exp(limit), abs(change) > limit)
            )
    return compared


def main():
    paths = [Path(path) for path in sys.argv[1:]]
    if not 1 <= len(paths) <= 2:
        sys.exit(__doc__)
    base, new = (json.loads(path.read_text("utf-8")) for path in (paths + [RESULTS])[:2])
    for key in ("machine", "compilers"):
        if base[key] != new[key]:
            print(f"Note: the runs differ in their {key}: {base[key]} and {new[key]}\n")
    compared = compare(base, new)
    changed = sorted((c for c in compared if c[3]), key=lambda c: -abs(math.log(c[1])))
    for (suite, case, name), ratio, limit, _ in changed[:SHOWN]:
        word = "slower" if ratio > 1 else "faster"
        print(f"{ratio:6.3f} × the time, {word}, noise {limit:.3f}: {suite}, {case}: {name}")
    if len(changed) > SHOWN:
        print(f"and {len(changed) - SHOWN} more")
    print(f"\n{'suite and contender':44}{'rows':>6}{'slower':>8}{'faster':>8}{'median':>8}")
    for key in sorted({(c[0][0], c[0][2]) for c in compared}):
        of = [c for c in compared if (c[0][0], c[0][2]) == key]
        slower = sum(c[3] and c[1] > 1 for c in of)
        faster = sum(c[3] and c[1] < 1 for c in of)
        ratio = statistics.median(c[1] for c in of)
        print(f"{', '.join(key):44}{len(of):6}{slower:8}{faster:8}{ratio:8.3f}")
    print(f"\n{len(changed)} of {len(compared)} rows changed by more than the noise")


if __name__ == "__main__":
    main()
