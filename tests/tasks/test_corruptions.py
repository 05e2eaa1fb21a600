"""Each corruption against its definition, written again with NumPy and SciPy.

Draws are the oracle's: stream 7, the sample's key, the number of the
corruption as the step.
"""

import numpy as np
import pytest
from scipy import ndimage, stats

import limen_ctypes as lib
import oracle as o

NAMES = list(lib.corruptions())
SEED, KEY = 7, 12345
SHAPES = [(28, 28), (9, 14), (1, 5)]


def words(name, shape, seed=SEED, key=KEY):
    return o.draw32(seed, 7, key, NAMES.index(name),
                    np.arange(int(np.prod(shape))))


def uniform(name, shape):
    return (words(name, shape) / 2**32).reshape(shape)


def normal(name, shape):
    return (o.noise("gaussian", words(name, shape)) / 65536).reshape(shape)


def signs(name, count):
    return np.where(words(name, (count,)) < 2**31, -1.0, 1.0)


def black(x, rows, columns):
    x = x.copy()
    x[rows, columns] = 0
    return x


def share(amount, side):
    return int(np.rint(amount * side))


def warp(x, matrix, shift):
    """Pixel (row, column) comes from the centre + matrix times its offset from
    the centre - shift; bilinear, black outside."""
    centre = (np.array(x.shape) - 1) / 2
    return ndimage.affine_transform(
        x, matrix, offset=centre - matrix @ centre - shift, order=1,
        mode="grid-constant", cval=0)


def shot(x, a):
    counts = stats.poisson.ppf(uniform("shot", x.shape),
                               np.maximum(a * x, 1e-300))
    return np.clip(counts / a, 0, 1)


def impulse(x, a):
    u = uniform("impulse", x.shape)
    return np.where(u < a / 2, 0, np.where(u < a, 1, x))


def block(x, a):
    (h, w), (height, width) = x.shape, (share(a, n) for n in x.shape)
    top, left = (h - height) // 2, (w - width) // 2
    return black(x, slice(top, top + height), slice(left, left + width))


def rectangle(x, a):
    (h, w), u = x.shape, words("rectangle", (4,))
    height = share(a * (0.6 + 0.8 * u[0] / 2**32), h)
    width = share(a * (0.6 + 0.8 * u[1] / 2**32), w)
    top, left = o.below(h - height + 1, u[2]), o.below(w - width + 1, u[3])
    return black(x, slice(top, top + height), slice(left, left + width))


def rotation(x, a):
    angle = signs("rotation", 1)[0] * a
    return warp(x, np.array([[np.cos(angle), np.sin(angle)],
                             [-np.sin(angle), np.cos(angle)]]), 0)


def stripe(x, a):
    x, n = x.copy(), share(a, x.shape[1])
    for j in range(x.shape[1]):
        if j < n or j >= x.shape[1] - n:
            x[:, j] = 1 - x[:, j]
    return x


ALL = slice(None)
DEFINITIONS = {
    "gaussian": lambda x, a: np.clip(x + a * normal("gaussian", x.shape), 0, 1),
    "shot": shot,
    "impulse": impulse,
    "speckle": lambda x, a: np.clip(
        x + x * a * normal("speckle", x.shape), 0, 1),
    "dropout": lambda x, a: np.where(uniform("dropout", x.shape) < a, 0, x),
    "block": block,
    "left": lambda x, a: black(x, ALL, slice(0, share(a, x.shape[1]))),
    "right": lambda x, a: black(
        x, ALL, slice(x.shape[1] - share(a, x.shape[1]), None)),
    "top": lambda x, a: black(x, slice(0, share(a, x.shape[0])), ALL),
    "bottom": lambda x, a: black(
        x, slice(x.shape[0] - share(a, x.shape[0]), None), ALL),
    "rectangle": rectangle,
    "rotation": rotation,
    "shear": lambda x, a: warp(
        x, np.array([[1, 0], [signs("shear", 1)[0] * a, 1]]), 0),
    "translation": lambda x, a: ndimage.shift(
        x, signs("translation", 2)[::-1] * a, order=1, mode="grid-constant"),
    "scale": lambda x, a: warp(x, np.eye(2) / a, 0),
    "contrast": lambda x, a: a * x,
    "background": lambda x, a: (1 - a) * x + a,
    "brightness": lambda x, a: np.clip(x + a, 0, 1),
    "stripe": stripe,
    "inverse": lambda x, a: (1 - a) * x + a * (1 - x),
}


def picture(shape, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.random(shape).astype(np.float32)
    x[rng.random(shape) < 0.2] = 0
    x[rng.random(shape) < 0.1] = 1
    return x


def test_the_table_is_what_these_tests_define():
    assert NAMES == list(DEFINITIONS)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_a_corruption_is_its_definition(name, shape):
    x = picture(shape)
    info = lib.corruptions()[name]
    for amount in [*info.amounts, info.min, min(info.max, 1.3)]:
        got = lib.corrupt(x, name, amount, SEED, KEY)
        assert got.min() >= 0 and got.max() <= 1
        np.testing.assert_allclose(
            got, DEFINITIONS[name](x.astype(float), amount), atol=2e-6,
            err_msg=f"{name} {amount}")


@pytest.mark.parametrize("name", NAMES)
def test_the_amount_of_nothing_changes_nothing(name):
    nothing = {"contrast": 1.0, "scale": 1.0}.get(name, 0.0)
    if name == "shot":  # more events, less noise; none is not enough
        x = picture((28, 28))
        gap = np.abs(lib.corrupt(x, name, 500, SEED, KEY) - x).mean()
        assert gap < 0.05
    else:
        x = picture((28, 28))
        np.testing.assert_allclose(
            lib.corrupt(x, name, nothing, SEED, KEY), x, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_each_severity_does_more_than_the_last(name):
    rng = np.random.default_rng(3)
    x = ndimage.gaussian_filter(rng.random((50, 28, 28)), (0, 2, 2))
    x = ((x - x.min()) / (x.max() - x.min()) * 0.9).astype(np.float32)
    damage = []
    for amount in lib.corruptions()[name].amounts:
        changed, _ = lib.corrupt_data(x, np.zeros(50), name, amount)
        damage.append(np.abs(changed - x).mean())
    assert (np.diff(damage) > 0).all(), damage


def test_severities_are_those_of_the_literature():
    """MNIST-C (Mu & Gilmer 2019) and ImageNet-C (Hendrycks & Dietterich 2019),
    as SCIENCE.md 8.1 lists them."""
    table = lib.corruptions()
    for name, amounts in {
            "gaussian": [.08, .12, .18, .26, .38],
            "shot": [60, 25, 12, 5, 3],
            "impulse": [.03, .06, .09, .17, .27],
            "speckle": [.15, .2, .35, .45, .6],
            "brightness": [.1, .2, .3, .4, .5],
            "shear": [.2, .3, .4, .5, .6],
            "rotation": [.2, .3, .4, .5, .6],
            "translation": [1, 2, 3, 4, 5],
            "scale": [.9, .8, .7, .6, .5]}.items():
        assert list(table[name].amounts) == amounts
    # columns 0-6 and 21-27 of 28; the negative; the central 14 x 14
    assert table["stripe"].amounts[4] * 28 == 7
    assert table["inverse"].amounts[4] == 1
    assert table["block"].amounts[3] * 28 == 14


@pytest.mark.parametrize("name", ["gaussian", "shot", "impulse", "speckle",
                                  "dropout", "rectangle"])
def test_noise_is_a_function_of_seed_and_key(name):
    x = np.full((28, 28), 0.5, np.float32)
    amount = lib.corruptions()[name].amounts[2]
    first = lib.corrupt(x, name, amount, 1, 2)
    assert (first == lib.corrupt(x, name, amount, 1, 2)).all()
    assert (first != lib.corrupt(x, name, amount, 2, 2)).any()
    assert (first != lib.corrupt(x, name, amount, 1, 3)).any()


def test_amounts_share_their_noise():
    x = np.full((28, 28), 0.5, np.float32)
    few, many = (lib.corrupt(x, "dropout", a) == 0 for a in (0.3, 0.6))
    assert few.any() and (many | ~few).all()
    small, large = ((lib.corrupt(x, "gaussian", a) - 0.5) / a
                    for a in (0.02, 0.08))
    np.testing.assert_allclose(small, large, atol=1e-4)
    few, many = (lib.corrupt(x, "impulse", a) != 0.5 for a in (0.1, 0.3))
    assert few.any() and (many | ~few).all()


def test_two_corruptions_do_not_share_their_noise():
    x = np.full((100, 100), 0.5, np.float32)
    a = lib.corrupt(x, "gaussian", 0.1) - 0.5
    b = lib.corrupt(x, "speckle", 0.1) - 0.5
    # |r| < 4.5 / sqrt(10^4) fails once in 150 000
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.045


def test_noise_has_its_moments():
    """Bounds of 4.5 standard errors: seven in a million each."""
    n, x = 10**5, np.full((250, 400), 0.5, np.float32)
    noise = lib.corrupt(x, "gaussian", 0.05) - 0.5
    assert abs(noise.mean()) < 4.5 * 0.05 / np.sqrt(n)
    assert abs(noise.std() / 0.05 - 1) < 4.5 / np.sqrt(2 * n)
    noise = lib.corrupt(x, "speckle", 0.1) - 0.5
    assert abs(noise.std() / 0.05 - 1) < 4.5 / np.sqrt(2 * n)
    counts = lib.corrupt(x / 5, "shot", 60) * 60  # clipped at 60: never
    assert abs(counts.mean() - 6) < 4.5 * np.sqrt(6 / n)
    assert abs(counts.var() / 6 - 1) < 4.5 * np.sqrt((2 + 1 / 6) / n)
    gone = (lib.corrupt(x, "dropout", 0.3) == 0).mean()
    assert abs(gone - 0.3) < 4.5 * np.sqrt(0.21 / n)
    for grey in (0, 1):
        hit = (lib.corrupt(x, "impulse", 0.3) == grey).mean()
        assert abs(hit - 0.15) < 4.5 * np.sqrt(0.1275 / n)


def test_rectangles_go_everywhere_and_have_the_sides_of_the_trials():
    """amount 0.48 of 28 pixels: 8 to 19 a side."""
    x = np.ones((28, 28), np.float32)
    sides, seen = set(), np.zeros((28, 28))
    for key in range(2000):
        hidden = lib.corrupt(x, "rectangle", 0.48, 0, key) == 0
        seen += hidden
        sides.add(int(hidden.any(axis=1).sum()))
        sides.add(int(hidden.any(axis=0).sum()))
    assert sides == set(range(8, 20))
    assert seen.min() > 0


def test_both_signs_come_equally_often():
    x = np.zeros((28, 28), np.float32)
    x[10:14, 3:7] = 1
    turned = [lib.corrupt(x, "rotation", 0.3, 0, key)[:14].sum()
              for key in range(1000)]
    kinds = {round(float(t), 3) for t in turned}
    assert len(kinds) == 2
    share_up = np.mean(np.array(turned) > np.mean(list(kinds)))
    # 4.5 standard errors of 1000 coins
    assert abs(share_up - 0.5) < 4.5 * 0.5 / np.sqrt(1000)


def test_a_set_is_its_pictures_keyed_by_their_place():
    x = (picture((5, 6, 7)) * 255).astype(np.uint8)
    got, labels = lib.corrupt_data(x, [3, 1, 0, 2, 1], "gaussian", 0.2, 9)
    assert got.dtype == np.float32 and list(labels) == [3, 1, 0, 2, 1]
    for key in range(5):
        assert (got[key] == lib.corrupt((x[key] / 255).astype(np.float32),
                                        "gaussian", 0.2, 9, key)).all()


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_saved_set_comes_back(tmp_path, kind):
    x = picture((6, 4, 5)) * (255 if kind == np.uint8 else 1)
    x, y = x.astype(kind), np.array([0, 2, 1, 1, 2, 0])
    lib.save_data(tmp_path / "set.npz", x, y)
    back = lib.load_data(tmp_path / "set.npz")
    with np.load(tmp_path / "set.npz") as file:
        for got_x, got_y in (back, (file["x"], file["y"])):
            assert got_x.dtype == kind and (got_x == x).all()
            assert (got_y == y).all()


def test_a_name_with_and_without_an_amount_is_read():
    assert lib.parse_corruption("gaussian:0.3") == (0, 0.3)
    assert lib.parse_corruption("gaussian") == (0, 0.26)  # severity 4
    for text in ("gauss", "gaussian:", "gaussian:0.3x", "gaussian:11", "",
                 ":", "gaussian:nan", "x" * 1000):
        with pytest.raises(lib.LimenError):
            lib.parse_corruption(text)
