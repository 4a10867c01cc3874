import importlib

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.test import Client


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


def logged_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def account(db):
    """A maker of accounts with some rights on terms."""

    def make(name, *rights):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=rights))
        return logged_in(user)

    return make
