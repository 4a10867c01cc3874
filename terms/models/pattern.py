"""Patterns for new terms."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .classification import Category
from .glossary import Glossary
from .term import NAME_LENGTH


class Pattern(models.Model):
    """What the form of a new term begins with: sections, an icon, texts."""

    glossary = models.ForeignKey(
        Glossary, models.CASCADE, verbose_name=_("glossary"), related_name="patterns"
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("Such as Tool, or Law."))
    category = models.ForeignKey(
        Category, models.SET_NULL, verbose_name=_("category"), null=True, blank=True
    )
    icon = models.CharField(_("icon"), max_length=NAME_LENGTH, blank=True)
    description = models.TextField(
        _("definition"), blank=True, help_text=_("Such as: A tool that …")
    )
    body = models.TextField(
        _("text"), blank=True, help_text=_("Sections in Markdown, such as ## Usage.")
    )
    order = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        ordering = ["order", "name"]
        default_permissions = ()
        verbose_name = _("pattern for new terms")
        verbose_name_plural = _("patterns for new terms")
        constraints = [
            models.UniqueConstraint(fields=["glossary", "name"], name="pattern_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def values(self) -> dict[str, object]:
        """Return the values of the fields of a new term."""
        values = {
            "glossary": self.glossary_id, "category": self.category_id, "icon": self.icon,
            "description": self.description, "body": self.body,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}
