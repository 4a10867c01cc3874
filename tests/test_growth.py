"""Processing time grows no faster than the text, for every known family of slow texts (G1)."""

import pytest

from benchmarks import growth
from benchmarks.growth import WAYS, grown

SHARE = 17  # make bench ARGS="--only G1" runs all families


SLOWEST = "publish"


@pytest.fixture(autouse=True)
def raise_time_limit(monkeypatch):
    """Triple the limit in seconds, which assumes an idle machine."""
    monkeypatch.setattr(growth, "MOST", 3 * growth.MOST)


class TestGrowth:
    @pytest.mark.parametrize("way", [way for way in WAYS if way != SLOWEST])
    def test_processing_time_is_bounded(self, way):
        assert [found for found in grown(way, SHARE) if not found.is_bounded] == []


class TestGrowthOfPublishing:
    def test_publishing_time_is_bounded(self):
        assert [found for found in grown(SLOWEST, SHARE) if not found.is_bounded] == []
