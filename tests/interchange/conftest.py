"""A colleague's repository, and a glossary that was synced with it."""

import pytest

from terms.interchange.sync import sync
from tests.factory import text_of
from tests.interchange.git import LONG, Colleague, add_repository


@pytest.fixture
def places(settings, tmp_path):
    """Allow repositories in the temporary folder, and keep copies there."""
    settings.DATA_DIR = tmp_path / "data"
    settings.IMPORT_FOLDERS = [str(tmp_path)]


@pytest.fixture
def colleague(places, tmp_path):
    colleague = Colleague(tmp_path)
    for name in ("Flask", "Django", "WSGI"):
        colleague.write(f"{name.lower()}.md", text_of(name, body=f"{name}: {LONG}"))
    colleague.push("Begin")
    return colleague


@pytest.fixture
def repository(db, colleague):
    repository = add_repository(colleague)
    sync(repository)
    return repository
