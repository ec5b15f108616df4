"""Two-sample tests: other words and turned vectors are detected at the stated false-alarm rate."""

import numpy as np
import pytest

from vouch.validators.drift.two_sample_tests import new_words, separation


def test_turned_vectors_are_separated_and_samples_of_one_corpus_are_not():
    generator = np.random.default_rng(1)
    centre = generator.normal(size=32)
    points = (centre + 0.5 * generator.normal(size=(200, 32))).astype(np.float32)
    turned = points @ np.linalg.qr(generator.normal(size=(32, 32)))[0].astype(np.float32)
    far, near = separation(points[:100], turned[100:]), separation(points[:100], points[100:])
    assert (far.p, far.coefficient > 0.5) == (0.001, True)
    assert near.coefficient < 0.02


def test_the_coefficient_is_that_of_its_definition():
    """The energy distance as a share of twice the mean distance between the samples."""
    first = np.array([[0.0], [1.0], [3.0]], dtype=np.float32)
    second = np.array([[10.0], [12.0]], dtype=np.float32)
    between = np.mean([abs(a - b) for a in (0, 1, 3) for b in (10, 12)])
    within_first, within_second = (1 + 3 + 2) * 2 / 6, 2.0
    expected = (2 * between - within_first - within_second) / (2 * between)
    assert separation(first, second).coefficient == pytest.approx(expected)


def test_equal_points_are_not_separated():
    same = np.ones((10, 3), dtype=np.float32)
    assert (separation(same, same).coefficient, separation(same, same).p) == (0.0, 1.0)


def test_the_false_alarm_rate_is_the_level_of_the_test():
    """Of 200 pairs of samples of one corpus about one in twenty has p <= 0.05.

    Between 2 and 22 with near certainty. 99 permutations make the test exact at that level, too.
    """
    generator = np.random.default_rng(2)
    alarms = 0
    for _ in range(200):
        points = generator.normal(size=(40, 8)).astype(np.float32)
        alarms += separation(points[:20], points[20:], permutations=99).p <= 0.05
    assert 2 <= alarms <= 22


def test_words_of_another_language_are_new():
    published = [f"the contract of number {n % 7} is about rent and houses" for n in range(40)]
    assert new_words(published, published) == 0.0
    assert new_words(published, ["der vertrag handelt von miete"] * 5) > 0.9
    assert new_words([], []) == 0.0
