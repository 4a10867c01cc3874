"""Clients that are logged in as a user."""

from django.test import Client


def logged_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
