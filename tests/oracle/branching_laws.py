"""Chi-square of simulated avalanches against the laws of the library, which
are tested against their definitions."""

import numpy as np
from scipy import stats

import branching_ctypes as lib


def chi_square_p(counts, expected, least=25):
    """Of cells joined from the left until each has `least` expected."""
    cells, seen, due = [], 0.0, 0.0
    for n, e in zip(counts, expected):
        seen, due = seen + n, due + e
        if due >= least:
            cells.append((seen, due))
            seen = due = 0.0
    if cells and due > 0:
        cells[-1] = (cells[-1][0] + seen, cells[-1][1] + due)
    n, e = np.array(cells).T
    assert np.isclose(n.sum(), e.sum(), rtol=1e-9)
    return stats.chi2.sf(np.sum((n - e) ** 2 / e), len(n) - 1)


def sizes_p(size, m, offspring_max, most):
    """P of sizes 1..most and beyond."""
    law = np.array([lib.size_law(s, m, offspring_max)
                    for s in range(1, most + 1)])
    counts = np.bincount(np.minimum(size, most + 1), minlength=most + 2)[1:]
    return chi_square_p(counts, len(size) * np.append(law, 1 - law.sum()))


def durations_p(duration, m, offspring_max, most):
    law = np.diff(lib.duration_law(most, m, offspring_max), prepend=0)
    counts = np.bincount(np.minimum(duration, most + 1),
                         minlength=most + 2)[1:]
    return chi_square_p(counts, len(duration) * np.append(law, 1 - law.sum()))
