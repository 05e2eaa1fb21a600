#!/usr/bin/env python3
"""Prints src/base/quantiles.c: the nodes of the noise quantiles.

    tools/make_quantiles.py > src/base/quantiles.c

docs/numerics.md, section 5, has the definition.  Computed with 60 digits, so
that no libm decides a bit.
"""

from decimal import Decimal, getcontext
from statistics import NormalDist

getcontext().prec = 60

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def tail(i):
    """P of node i, exactly: 24 octaves of 64 segments."""
    k, segment = divmod(i, 64)
    return Decimal(64 + segment) / Decimal(2 ** (8 + k))


def logistic(p):
    return ((1 - p) / p).ln()


def normal_upper(x):
    """P(Z > x) of the standard normal, by the series of the error function."""
    term = total = x
    n = 0
    while abs(term) > Decimal(10) ** -58:
        n += 1
        term *= x * x / (2 * n + 1)
        total += term
    density = (-x * x / 2).exp() / (2 * PI).sqrt()
    return Decimal(1) / 2 - density * total


def gaussian(p):
    """Newton's method from the double precision quantile."""
    x = Decimal(-NormalDist().inv_cdf(float(p)))
    for _ in range(2):
        density = (-x * x / 2).exp() / (2 * PI).sqrt()
        x += (normal_upper(x) - p) / density
    return x


def nodes(quantile):
    return [int((65536 * quantile(tail(i))).to_integral_value())
            for i in range(24 * 64)]


def print_table(name, values):
    print(f"const int32_t {name}[1536] = {{")
    for i in range(0, len(values), 8):
        row = values[i:i + 8]
        print("    " + " ".join(f"{v:7d}," for v in row))
    print("};")


def main():
    print("/* quantiles.c -- nodes of the upper quantiles of the noise, times"
          " 65536.\n"
          " *\n"
          " * Made by tools/make_quantiles.py; do not edit.  Row 8 k + i is"
          " octave k, nodes\n"
          " * 8 i to 8 i + 7 (docs/numerics.md, section 5).\n"
          " */\n"
          '#include "base/quantiles.h"\n'
          "\n"
          "/* clang-format off */")
    print_table("lm_quantile_gaussian", nodes(gaussian))
    print()
    print_table("lm_quantile_logistic", nodes(logistic))
    print("/* clang-format on */")


if __name__ == "__main__":
    main()
