"""Databases of all earlier versions are migrated without loss."""

import json
import subprocess
import sys

import pytest

from tests.web.running import ROOT, environment, manage

NAMES = sorted(path.stem for path in (ROOT / "terms" / "migrations").glob("0*.py"))[:-1]


@pytest.mark.parametrize("name", NAMES)
def test_database_of_earlier_version_is_migrated_with_its_data(tmp_path, name):
    done = subprocess.run(
        [sys.executable, "-m", "tests.management.old_states", name],
        env=environment(tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)
    assert before["terms_term"] == before["terms_revision"] == 1
    assert {table: after[table] for table in before if not is_derived(table)} == {
        table: count for table, count in before.items() if not is_derived(table)
    }
    done = manage(tmp_path, "migrate", "--check")
    assert done.returncode == 0, done.stdout
    done = manage(tmp_path, "rebuild_site", "-v0")
    assert done.returncode == 0, done.stderr


def is_derived(table):
    """Return whether ``table`` is rebuilt from the published texts."""
    return table.startswith(("terms_published", "terms_page", "terms_mention"))
