import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

SHARED = Path(os.environ.get("GLOSSARY_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real glossaries and hostile input, which are not part of the project."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the real glossaries and hostile inputs in {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def real_files(shared) -> list[Path]:
    return sorted(
        path for path in (shared / "corpora").rglob("*") if path.suffix in (".md", ".mdx")
    )


@pytest.fixture(autouse=True)
def nobody_was_counted():
    """What limits remember of the test before is not of this one."""
    cache.clear()


@pytest.fixture
def ann(db) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("ann", "ann@example.org", password="x")
