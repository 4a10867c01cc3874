from typing import TypeVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from terms.addresses import RESERVED

from .glossary import MOST_APPROVALS, Glossary

_Row = TypeVar("_Row", bound="Classification", covariant=True)


class ClassificationQuerySet(models.QuerySet[_Row]):
    def named(self, glossary: Glossary, names: set[str]) -> dict[str, _Row]:
        """Return the rows with these names, by name, and create missing ones."""
        rows = self.filter(glossary=glossary, name__in=names)
        found = {row.name: row for row in rows}
        while missing := sorted(names - found.keys()):
            taken = set(self.filter(glossary=glossary).values_list("slug", flat=True))
            made = []
            for name in missing:
                slug = _free_slug(name, taken)
                taken.add(slug)
                made.append(self.model(glossary=glossary, name=name, slug=slug))
            # If another process takes a name or a slug first, its row is used.
            self.bulk_create(made, ignore_conflicts=True)
            found = {row.name: row for row in rows.all()}
        return found

    def free_slug(self, glossary: Glossary, name: str) -> str:
        rows = self.filter(glossary=glossary, slug__startswith=_base(name))
        return _free_slug(name, set(rows.values_list("slug", flat=True)))


def _base(name: str) -> str:
    return slugify(name, allow_unicode=True)[:80] or "category"


def _free_slug(name: str, taken: set[str]) -> str:
    base = _base(name)
    slugs = (base if number == 1 else f"{base}-{number}" for number in range(1, 10_000))
    return next(slug for slug in slugs if slug not in taken and slug not in RESERVED)


class Classification(models.Model):
    """Base class of the two classifications of terms: category and vertical."""

    glossary = models.ForeignKey(
        Glossary, models.CASCADE, verbose_name=_("glossary"), db_index=False
    )
    name = models.CharField(_("name"), max_length=300)
    slug = models.SlugField(_("slug"), max_length=100, allow_unicode=True)
    icon = models.CharField(_("icon"), max_length=300, blank=True)
    order = models.PositiveIntegerField(pgettext_lazy("place in a list", "order"), default=0)

    objects = ClassificationQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["order", "name"]
        constraints = [
            models.UniqueConstraint(fields=["glossary", "name"], name="%(class)s_name"),
            models.UniqueConstraint(fields=["glossary", "slug"], name="%(class)s_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class Category(Classification):
    approvals_needed = models.PositiveSmallIntegerField(
        _("approvals needed"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_APPROVALS)],
        help_text=_("Empty: as in the glossary."),
    )

    class Meta(Classification.Meta):
        verbose_name = _("category")
        verbose_name_plural = _("categories")


class Vertical(Classification):
    class Meta(Classification.Meta):
        verbose_name = _("vertical")
        verbose_name_plural = _("verticals")
