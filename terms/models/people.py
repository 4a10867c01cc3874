from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .classification import Category
from .glossary import Glossary


class Grant(models.Model):
    """A role of a person in one glossary, or in one category of it.

    For a role in all glossaries, the person is a member of its group.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="grants", db_index=False
    )
    role = models.ForeignKey(Group, models.CASCADE, verbose_name=_lazy("role"))
    glossary = models.ForeignKey(Glossary, models.CASCADE, verbose_name=_lazy("glossary"))
    category = models.ForeignKey(
        Category,
        models.CASCADE,
        verbose_name=_lazy("category"),
        null=True,
        blank=True,
        help_text=_lazy("Empty: in all of the glossary."),
    )

    class Meta:
        verbose_name = _lazy("role")
        verbose_name_plural = _lazy("roles in parts")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "glossary", "category"], name="grant_in_category"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "glossary"],
                condition=models.Q(category=None),
                name="grant_in_glossary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.words}"

    @property
    def words(self) -> str:
        """The role and where it holds."""
        place = self.category or self.glossary
        return _("{role} in {place}").format(role=self.role, place=place)

    def clean(self) -> None:
        super().clean()
        if self.category and self.category.glossary_id != self.glossary_id:
            raise ValidationError({"category": _("This category is in another glossary.")})


class Display(models.Model):
    """What the admin shows to a person: one glossary or all, and the columns and filters of lists.

    ``lists``: name of a list → ``hidden`` (names of columns) and ``filters`` (pairs of a name and
    the query of an address).
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="display")
    glossary = models.ForeignKey(Glossary, models.SET_NULL, null=True, related_name="+")
    lists = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Display of {self.person}"


class Preference(models.Model):
    """The settings of a person: when notifications are mailed, and the time zone in which
    times are shown and entered (if empty, that of the site)."""

    class Mail(models.TextChoices):
        NOW = "now", _lazy("at once")
        DAILY = "daily", _lazy("once a day")
        NEVER = "never", _lazy("never")

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="preference"
    )
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.NOW)
    time_zone = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"Preferences of {self.person}"
