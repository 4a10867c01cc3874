"""Permissions for one object, for ``user.has_perm`` and packages that use it."""

from typing import Any

from django.contrib.auth.backends import BaseBackend

from .permissions import may


class ObjectPermissions(BaseBackend):
    """``user.has_perm("terms.change_term", term)`` is true where a role or a group allows it.

    It answers for terms, categories, verticals and glossaries; it logs nobody in.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        app, _, codename = perm.partition(".")
        is_ours = obj is not None and obj._meta.app_label == app == "terms"
        return is_ours and may(user_obj, codename, obj)
