"""A sync that is killed, or whose git is killed, leaves both sides complete, and the next goes on.

SYNC_KILLS is the number of points at which one is killed.
"""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.web.running import ROOT, environment, prepare

SYNC_KILLS = int(os.environ.get("SYNC_KILLS", "12"))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="copies the file of the database")
def test_killed_syncs_lose_and_double_nothing(tmp_path):
    work = tmp_path / "work"
    prepare(work)
    done = subprocess.run(
        [sys.executable, "-m", "tests.interchange.killing", str(SYNC_KILLS)],
        env=environment(work, IMPORT_FOLDERS=str(work)), cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    whole, *killed = map(json.loads, done.stdout.splitlines())
    assert whole["again"] == 0, whole["said"]
    assert whole["here"] == whole["there"]
    assert len(killed) >= SYNC_KILLS
    for sync in killed:
        about = {name: sync[name] for name in ("end", "status", "first", "said", "seconds")}
        assert sync["again"] == 0, about
        assert sync["seconds"] < 15, about
        assert "Traceback" not in sync["first"] + sync["said"], about
        for name in ("here", "there", "terms", "revisions", "commits"):
            assert sync[name] == whole[name], (name, about)
    assert any(sync["status"] < 0 for sync in killed)
