"""No text takes time by its square: every way in, every family that is known (G1)."""

import pytest

from benchmarks import growth
from benchmarks.growth import WAYS, grown

SHARE = 17  # make bench ARGS="--only G1" tries all of them


SLOWEST = "publish"


@pytest.fixture(autouse=True)
def a_slow_machine(monkeypatch):
    """The bound in seconds is that of a quiet machine, which this one may not be."""
    monkeypatch.setattr(growth, "MOST", 3 * growth.MOST)


class TestGrowth:
    @pytest.mark.parametrize("way", [way for way in WAYS if way != SLOWEST])
    def test_time_grows_with_the_text(self, way):
        assert [found for found in grown(way, SHARE) if not found.is_bounded] == []


class TestGrowthOfPublishing:
    def test_time_grows_with_the_text(self):
        assert [found for found in grown(SLOWEST, SHARE) if not found.is_bounded] == []
