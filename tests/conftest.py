import importlib
import os
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.cache import cache

from tests.accounts import logged_in

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


@pytest.fixture
def editor(db):
    return User.objects.create_superuser("ana", password="x")


@pytest.fixture
def roles(db):
    """The groups that the migration makes."""
    importlib.import_module("terms.migrations.0003_newsroom").make_roles(apps)


@pytest.fixture
def admin(editor):
    return logged_in(editor)


@pytest.fixture
def account(db):
    """A maker of accounts with some rights on terms."""

    def make(name, *rights):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        return logged_in(user)

    return make
