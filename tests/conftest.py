import importlib
import os
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.cache import cache

from tests.accounts import logged_in

SHARED = Path(os.environ.get("GLOSSARY_SHARED", Path(__file__).parents[2] / "shared"))

# Modules with long tests. They start first, so that no worker is left with one at the end.
LONG = (
    "test_many_rows", "test_kills", "test_growth", "test_migrations", "test_a_week",
    "test_short_transactions", "test_backups",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real glossaries and hostile inputs, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the real glossaries and hostile inputs in {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def real_files(shared) -> list[Path]:
    return sorted(
        path for path in (shared / "corpora").rglob("*") if path.suffix in (".md", ".mdx")
    )


@pytest.fixture(autouse=True)
def clear_cache():
    """Clear the counters of rate limits that an earlier test left."""
    cache.clear()


@pytest.fixture
def ann(db) -> User:
    """A superuser with an email address."""
    return User.objects.create_superuser("ann", "ann@example.org", password="x")


@pytest.fixture
def editor(db):
    return User.objects.create_superuser("ana", password="x")


@pytest.fixture
def roles(db):
    """Create the groups of the migrations, with their permissions."""
    importlib.import_module("terms.migrations.0003_newsroom").make_roles(apps)
    importlib.import_module("terms.migrations.0016_jobs").let_administrators(apps, None)
    importlib.import_module("terms.migrations.0018_repository_rights").let_people_sync(apps, None)
    importlib.import_module("terms.migrations.0019_webhooks").let_administrators(apps, None)
    importlib.import_module("terms.migrations.0022_imports").extend_roles(apps)
    importlib.import_module("terms.migrations.0031_deleted_glossaries").extend_administrators(apps)


@pytest.fixture
def admin(editor):
    return logged_in(editor)


@pytest.fixture
def account(db):
    """Return a function that creates a staff user with permissions and returns its client."""

    def make(name, *rights):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        return logged_in(user)

    return make
