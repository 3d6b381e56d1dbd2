"""The judgement of compare.py on results that were made up."""

import random

import pytest
from compare import compare, noise, quartiles


def results(seed, factors, spread=0.02, twin=1.0, machine=1.0):
    """Comparisons of one suite: a contender per factor, around 100 ns times that, and twins."""
    random_ = random.Random(seed)

    def samples(middle):
        return [machine * middle * random_.lognormvariate(0, spread) for _ in range(40)]

    return {
        "comparisons": [
            {
                "suite": "made up",
                "case": {"units": units},
                "ns": {
                    **{name: samples(100 * units * factor) for name, factor in factors.items()},
                    "plain C": samples(100 * units),
                    "plain C again": samples(100 * units * (twin if units % 2 else 1 / twin)),
                },
            }
            for units in range(1, 101)
        ]
    }


def changed(base, new, name):
    return [ratio for row, ratio, _, beyond in compare(base, new) if row[2] == name and beyond]


def test_the_same_again_is_no_change():
    compared = compare(results(1, {"webstr": 1.0}), results(2, {"webstr": 1.0}))
    assert len(compared) == 200
    assert sum(beyond for *_, beyond in compared) <= 4


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_a_change_is_found_where_it_is(factor):
    base, new = results(1, {"webstr": 1.0}), results(2, {"webstr": factor})
    found = changed(base, new, "webstr")
    assert len(found) == 100
    assert all((ratio > 1) == (factor > 1) for ratio in found)
    assert len(changed(base, new, "plain C")) <= 2


def test_a_slower_machine_is_no_change_but_hides_none():
    base = results(1, {"webstr": 1.0})
    assert len(changed(base, results(2, {"webstr": 1.0}, machine=1.7), "webstr")) <= 2
    found = changed(base, results(2, {"webstr": 1.2}, machine=1.7), "webstr")
    assert len(found) == 100
    assert all(1.15 < ratio < 1.25 for ratio in found)


def test_what_is_smaller_than_the_spread_is_no_change():
    assert (
        len(changed(results(1, {"webstr": 1.0}, 0.3), results(2, {"webstr": 1.05}, 0.3), "webstr"))
        <= 2
    )


def test_what_is_smaller_than_the_difference_of_twins_is_no_change():
    base, new = results(1, {"webstr": 1.0}), results(2, {"webstr": 1.1})
    assert len(changed(base, new, "webstr")) == 100
    assert changed(results(1, {"webstr": 1.0}, twin=1.15), new, "webstr") == []
    assert changed(base, results(2, {"webstr": 1.1}, twin=1.15), "webstr") == []


def test_rows_that_one_run_lacks_are_left_out():
    compared = compare(results(1, {"webstr": 1.0}), results(2, {"webstr avx2": 1.0}))
    assert {row[2] for row, *_ in compared} == {"plain C"}


def test_noise_is_what_95_of_100_twins_stay_within():
    assert noise(results(1, {}, spread=0.0, twin=1.1), "made up") == pytest.approx(0.0953, abs=1e-4)
    assert noise({"comparisons": []}, "made up") == 0.0


def test_quartiles():
    assert quartiles([1.0, 2.0, 3.0, 4.0, 5.0]) == (2.0, 3.0, 4.0)
    assert quartiles([7.0]) == (7.0, 7.0, 7.0)
