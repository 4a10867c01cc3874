"""No text takes time by its square: every way in, every family that is known (G1)."""

import pytest

from benchmarks.growth import WAYS, grown

SHARE = 17  # make bench ARGS="--only G1" tries all of them


SLOWEST = "publish"


class TestGrowth:
    @pytest.mark.parametrize("way", [way for way in WAYS if way != SLOWEST])
    def test_time_grows_with_the_text(self, way):
        assert [found for found in grown(way, SHARE) if not found.is_bounded] == []


class TestGrowthOfPublishing:
    def test_time_grows_with_the_text(self):
        assert [found for found in grown(SLOWEST, SHARE) if not found.is_bounded] == []
