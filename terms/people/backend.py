"""Permissions for one object, for ``user.has_perm`` and packages that use it."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from .permissions import may


class ObjectPermissions(BaseBackend):
    """Permissions by group or grant, as in ``user.has_perm("terms.change_term", term)``.

    Supports terms, categories, verticals and glossaries. Does not authenticate.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _, codename = perm.partition(".")
        is_ours = obj is not None and obj._meta.app_label == app == "terms"
        return is_ours and may(user_obj, codename, obj)
