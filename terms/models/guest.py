from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from .revision import ChangeSet


class GuestLinkQuerySet(models.QuerySet["GuestLink"]):
    def open(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class GuestLink(models.Model):
    """A link that lets people without an account read and comment on a change set.

    Only the hash of its secret is stored, so that a copy of the database does not give access.
    """

    change_set = models.ForeignKey(ChangeSet, models.CASCADE, related_name="guest_links")
    secret_hash = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    comments_left = models.PositiveIntegerField(default=100)

    objects = GuestLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Guest link to {self.change_set}"
