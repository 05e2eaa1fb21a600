"""Rasters and series against their definitions in NumPy."""

import ctypes as c
import math
import pathlib
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/oracle"), str(ROOT / "tests/analysis")]

import limen_ctypes as limen  # noqa: E402
import series_oracle as oracle  # noqa: E402

P, Z, D = c.c_void_p, c.c_size_t, c.c_double
lib = limen._lib
for name, result, arguments in [
        ("limen_raster_activity", None, [P, P, Z, Z]),
        ("limen_raster_flips", None, [P, P, P, Z, Z]),
        ("limen_raster_cycle", Z, [P, P, P, Z, Z]),
        ("limen_raster_agreement", D, [P, P, P, Z, Z]),
        ("limen_autocorrelation_time", D, [P, Z]),
        ("limen_settling_step", Z, [P, Z]),
        ("limen_vote_entropy", D, [P, Z]),
        ("limen_area", D, [P, P, Z])]:
    getattr(lib, name).restype = result
    getattr(lib, name).argtypes = arguments


def pack(raster):
    """(steps, n) of 0 and 1 as (steps, words)."""
    steps, n = raster.shape
    bits = np.zeros((steps, 64 * limen.words(n)), np.uint8)
    bits[:, :n] = raster
    return np.packbits(bits, axis=1, bitorder="little").view(np.uint64)


def rasters():
    """Shapes at the ends of words, from silent to saturated."""
    rng = np.random.default_rng(3)
    return [(rng.random((steps, n)) < rate).astype(int)
            for steps, n, rate in [(1, 1, 1.0), (7, 3, 0.5), (20, 63, 0.2),
                                   (20, 64, 0.9), (9, 65, 0.1), (5, 130, 0.0),
                                   (5, 128, 1.0), (31, 200, 0.02)]]


def address(x):
    return x.ctypes.data


def doubles(function, *arguments, steps):
    out = np.full(steps, -1.0)
    function(address(out), *arguments)
    return out


def test_activity_is_the_share_of_ones():
    for raster in rasters():
        bits = pack(raster)
        steps, n = raster.shape
        got = doubles(lib.limen_raster_activity, address(bits), steps, n,
                      steps=steps)
        assert got == pytest.approx(oracle.activity(raster))


def test_flips_and_distance_compare_with_the_step_before():
    for raster in rasters():
        bits = pack(raster)
        steps, n = raster.shape
        flips, distance = np.full((2, steps), -1.0)
        lib.limen_raster_flips(address(flips), address(distance),
                               address(bits), steps, n)
        assert flips == pytest.approx(oracle.flips(raster))
        assert distance == pytest.approx(oracle.distance(raster))
        lib.limen_raster_flips(None, None, address(bits), steps, n)


def found_cycle(layers):
    bits = [pack(np.asarray(layer)) for layer in layers]
    table = (P * len(bits))(*map(address, bits))
    transient = c.c_size_t(99)
    length = lib.limen_raster_cycle(
        c.byref(transient), table, limen._sizes([np.shape(x)[1]
                                                 for x in layers]),
        len(layers), len(layers[0]))
    return length, transient.value if length else None


def test_cycles_of_runs_that_close_are_found():
    rng = np.random.default_rng(5)
    for transient, length, rest in [(0, 1, 9), (3, 1, 4), (0, 2, 6), (5, 3, 7),
                                    (4, 7, 7), (11, 5, 13), (2, 6, 5)]:
        whole = rng.integers(0, 2, (transient + length, 70))
        index = [t if t < transient else transient + (t - transient) % length
                 for t in range(transient + length + rest)]
        layers = [whole[index, :3], whole[index, 3:]]
        assert found_cycle(layers) == oracle.cycle(layers)
        if rest >= length:
            # 67 random bits: no shorter cycle by chance
            assert found_cycle(layers) == (length, transient)


def test_a_cycle_needs_all_layers():
    blink = np.arange(12)[:, None] % 2
    third = (np.arange(12)[:, None] % 3 == [0, 1, 2]).astype(int)
    assert found_cycle([blink]) == (2, 0)
    assert found_cycle([third]) == (3, 0)
    assert found_cycle([blink, third]) == (6, 0)
    assert found_cycle([blink[:11], third[:11]]) == (0, None)


def test_cycles_are_those_of_the_definition_on_short_random_runs():
    rng = np.random.default_rng(6)
    for _ in range(300):
        steps = int(rng.integers(1, 16))
        layers = [rng.integers(0, 2, (steps, 1)) for _ in range(2)]
        assert found_cycle(layers) == oracle.cycle(layers)


def test_agreement_and_its_chance_are_those_of_the_definition():
    rng = np.random.default_rng(7)
    for a in rasters():
        steps, n = a.shape
        b = rng.integers(0, 2, a.shape)
        chance = c.c_double()
        for other in (a, 1 - a, b):
            packed, rest = pack(a), pack(other)
            got = lib.limen_raster_agreement(
                c.byref(chance), address(packed), address(rest), steps, n)
            assert (got, chance.value) == pytest.approx(
                oracle.agreement(a, other))
        lib.limen_raster_agreement(None, address(packed), address(rest),
                                   steps, n)


def test_independent_rasters_agree_by_chance():
    rng = np.random.default_rng(8)
    rates = rng.random(100)
    a, b = (pack((rng.random((1000, 100)) < rates).astype(int))
            for _ in range(2))
    chance = c.c_double()
    got = lib.limen_raster_agreement(c.byref(chance), address(a), address(b),
                                     1000, 100)
    # 1e5 pairs: the standard error is below 0.0016
    assert abs(got - chance.value) < 0.005


def time_of(x):
    x = np.ascontiguousarray(x, float)
    return lib.limen_autocorrelation_time(address(x), len(x))


def test_autocorrelation_time_is_that_of_the_definition():
    rng = np.random.default_rng(9)
    for n in (2, 3, 5, 20, 200):
        walk = np.cumsum(rng.normal(size=n))
        for x in (rng.normal(size=n), walk, rng.integers(0, 2, n) + 0.5):
            assert time_of(x) == pytest.approx(oracle.autocorrelation_time(x),
                                               nan_ok=True)


@pytest.mark.parametrize("a, b", [(0.0, 0.0), (0.5, 0.0), (0.8, 0.0),
                                  (-0.3, 0.0), (-0.8, 0.0), (0.6, -0.4)])
def test_autocorrelation_time_of_an_autoregression_is_known(a, b):
    # slow, alternating and swinging ones; rho = 0.8 alone gives 9
    rng = np.random.default_rng(10)
    x = np.zeros(100_000)
    noise = rng.normal(size=len(x))
    for t in range(2, len(x)):
        x[t] = a * x[t - 1] + b * x[t - 2] + noise[t]
    # the spectrum at 0 over the variance
    variance = (1 - b) / ((1 + b) * ((1 - b)**2 - a**2))
    known = 1 / (1 - a - b)**2 / variance
    assert time_of(x) == pytest.approx(known, rel=0.1, abs=0.02)


def test_a_constant_has_no_autocorrelation_time():
    assert math.isnan(time_of([0.25] * 30))
    assert math.isnan(time_of([1 / 12] * 13))
    assert math.isnan(time_of([0.0] * 30))
    assert math.isnan(time_of([3.0]))


def settle(x):
    x = np.ascontiguousarray(x, float)
    return lib.limen_settling_step(address(x), len(x))


def test_settling_step_is_that_of_the_definition():
    rng = np.random.default_rng(11)
    for steps in (1, 2, 3, 10, 21, 100):
        for drift in (0.0, 1.0, 10.0):
            x = rng.normal(size=steps) + drift * np.exp(-np.arange(steps) / 5)
            assert settle(x) == oracle.settling_step(x)
        assert settle(rng.integers(0, 2, steps)) >= 1


def test_settling_step_finds_a_jump():
    rng = np.random.default_rng(12)
    for jump in (1, 2, 7, 20):
        x = np.where(np.arange(40) + 1 < jump, 100.0, 0.0)
        x += rng.choice([-1, 1], 40)
        assert settle(x) == jump
    assert settle([0.3] * 8) == 1
    assert settle([0.0] + [0.3] * 7) == 2
    # what never settles: the bound
    assert settle(np.r_[np.full(10, 1e3), np.zeros(10)]) == 11


@pytest.mark.parametrize("steps", [100, 1000, 5000])
def test_a_stationary_series_is_settled_from_the_first_step(steps):
    rng = np.random.default_rng(15)
    late = sum(settle(rng.normal(size=steps)) > 1 for _ in range(300))
    # a union bound of 1 % each; 12 of 300 or more by chance: 1e-4
    assert late < 12


def test_vote_entropy_is_in_bits():
    rng = np.random.default_rng(13)

    def entropy(counts):
        counts = np.ascontiguousarray(counts, np.uint32)
        return lib.limen_vote_entropy(address(counts), len(counts))

    assert entropy([5, 0, 0]) == 0
    assert entropy([0, 0, 0, 0]) == 2
    assert entropy([7, 7]) == 1
    assert entropy([2**32 - 1, 2**32 - 1]) == 1
    for n in (1, 2, 10):
        for _ in range(20):
            counts = rng.integers(0, 6, n)
            assert entropy(counts) == pytest.approx(oracle.entropy(counts))


def test_area_is_the_mean_height():
    rng = np.random.default_rng(14)

    def area(x, y):
        x, y = (np.ascontiguousarray(v, float) for v in (x, y))
        return lib.limen_area(address(x), address(y), len(x))

    assert area([0, 1], [3, 3]) == 3
    assert area([1, 3], [0, 1]) == 0.5
    assert area([0, 1, 10], [0, 0, 1]) == pytest.approx(0.45)
    trapezia = getattr(np, "trapezoid", None) or np.trapz
    for n in (2, 5, 30):
        x, y = np.sort(rng.random(n)) * 7 - 3, rng.normal(size=n)
        assert area(x, y) == pytest.approx(trapezia(y, x) / (x[-1] - x[0]))
