"""Mixtures of corruptions against draws of the oracle."""

import numpy as np
import pytest

import limen_ctypes as lib
import oracle as o

SEED = 3
COUNT = 1500
X = np.random.default_rng(2).random((COUNT, 6, 6)).astype(np.float32)
Y = np.arange(COUNT) % 3


def draws(epoch, seed=SEED):
    """Two words for each sample: which item, and where in its range."""
    keys = ((epoch + 1) << 32) + np.arange(COUNT)
    return [o.draw32(seed, 8, keys, 0, word) for word in (0, 1)]


def expected(items, epoch):
    """items: (name, low, high), None for none."""
    which, where = draws(epoch)
    for k in range(COUNT):
        item = items[o.below(len(items), which[k])]
        key = ((epoch + 1) << 32) + k
        if item is None:
            yield X[k]
        else:
            name, low, high = item
            yield lib.corrupt(X[k], name, low + where[k] / 2**32
                              * (high - low), SEED, key)


MIX = [None, ("gaussian", 0, 0.5), ("dropout", 0, 0.8),
       ("rectangle", 0.48, 0.48)]
WRITTEN = {
    "mix": ("mix", "", MIX),
    "mix-contrast": ("mix-contrast", "",
                     [None, ("contrast", 0.2, 1), *MIX[2:]]),
    "written out": ("none,gaussian:0-0.5,dropout:0-0.8,rectangle", "", MIX),
    "one held out": ("mix", "gaussian", [MIX[0], *MIX[2:]]),
    "two held out": ("mix", "rectangle,gaussian", [MIX[0], MIX[2]]),
    "one amount": ("block:0.3", "", [("block", 0.3, 0.3)]),
    "one twice": ("none,none,shear", "", [None, None, ("shear", .5, .5)]),
}


@pytest.mark.parametrize("epoch", [0, 1, 7])
@pytest.mark.parametrize("name", WRITTEN)
def test_each_sample_is_drawn_from_the_mixture(name, epoch):
    mixture, without, items = WRITTEN[name]
    got, labels = lib.augment_data(X, Y, mixture, without, epoch, SEED)
    assert (labels == Y).all()
    for k, want in enumerate(expected(items, epoch)):
        assert (got[k] == want).all(), k


def test_items_come_equally_often():
    """chi2 of 4 items over 1500 samples below 24.4: once in 50 000."""
    counts = np.bincount([o.below(4, w) for w in draws(0)[0]])
    assert ((counts - COUNT / 4) ** 2 / (COUNT / 4)).sum() < 24.4
    # an untouched sample is `none`, or gaussian or dropout of nearly 0
    got, _ = lib.augment_data(X, Y, "mix", "", 0, SEED)
    same = (got == X).all(axis=(1, 2)).sum()
    assert counts[0] <= same < counts[0] + 60


def test_amounts_fill_their_range():
    white = np.ones_like(X)
    got, _ = lib.augment_data(white, Y, "contrast:0.2-0.6", "", 0, SEED)
    amounts = np.sort(got[:, 0, 0])
    # Kolmogorov-Smirnov: 1.95 / sqrt(n) fails once in 1000
    gap = np.abs((amounts - 0.2) / 0.4 - (np.arange(COUNT) + 0.5) / COUNT)
    assert gap.max() < 1.95 / np.sqrt(COUNT)
    assert amounts[0] >= 0.2 and amounts[-1] <= 0.6


def test_what_is_held_out_is_never_drawn():
    white = np.ones_like(X)
    for epoch in range(3):
        got, _ = lib.augment_data(white, Y, "mix", "dropout,rectangle", epoch)
        assert (got > 0).mean() > 0.99  # gaussian of 0.5 seldom reaches 0
        got, _ = lib.augment_data(white, Y, "mix", "gaussian", epoch)
        assert np.isin(got, [0, 1]).all()


@pytest.mark.parametrize("text, without, says", [
    ("fog", "", "there is no corruption 'fog'"),
    ("none,", "", "no corruption ''"),
    ("dropout:0.2-", "", "is not NAME"),
    ("dropout:-0.2", "", "not in 0 to 1"),
    ("dropout:0.5-0.2", "", "is not NAME"),
    ("dropout:0.5-1.2", "", "1.2 is not in 0 to 1"),
    ("dropout:nan", "", "not in 0 to 1"),
    ("dropout:0-nan", "", "not in 0 to 1"),
    ("dropout:0.1:0.2", "", "is not NAME"),
    (",".join(["none"] * 33), "", "more than 32 items"),
    ("none," * 300, "", "longer than"),
    ("mix", "contrast", "'contrast' is not in the mixture"),
    ("mix", "gaussian,", None),
    ("mix", "gaus", "'gaus' is not in the mixture"),
    ("dropout", "dropout", "nothing is left"),
    ("none", "", "changes nothing"),
    ("none", "dropout", "is not in the mixture"),
])
def test_a_mixture_that_makes_no_sense_is_refused(text, without, says):
    if says is None:
        lib.augment_data(X, Y, text, without)
        return
    with pytest.raises(lib.LimenError, match=says):
        lib.augment_data(X, Y, text, without)
