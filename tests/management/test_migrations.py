"""Databases of all earlier versions are migrated without loss."""

import json
import subprocess
import sys

import pytest

from tests.web.running import ROOT, environment

NAMES = sorted(path.stem for path in (ROOT / "terms" / "migrations").glob("0*.py"))[:-1]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """The number of rows of each table before and after, by the migration of the old database."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.management.old_states", *NAMES],
        env=environment(tmp_path_factory.mktemp("old")), cwd=ROOT, capture_output=True, text=True,
        timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(zip(NAMES, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_database_of_earlier_version_is_migrated_with_its_data(migrated, name):
    before, after = migrated[name]
    assert before["terms_term"] == before["terms_revision"] == 1
    assert {table: after[table] for table in before if not is_derived(table)} == {
        table: count for table, count in before.items() if not is_derived(table)
    }


def is_derived(table):
    """Return whether ``table`` is rebuilt from the published texts."""
    return table.startswith(("terms_published", "terms_page", "terms_mention"))
