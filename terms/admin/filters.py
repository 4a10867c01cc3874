from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from terms.models.term import TermQuerySet


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    CHOICES = {
        "waiting": (_("not published"), TermQuerySet.waiting),
        "draft": (_("draft"), lambda terms: terms.in_hand().never_published()),
        "live": (_("live"), TermQuerySet.as_published),
        "changed": (_("changed"), lambda terms: terms.in_hand().live()),
        "review": (_("in review"), TermQuerySet.in_review),
    }

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _found) in self.CHOICES.items()]

    def queryset(self, request, queryset):
        if self.value() in self.CHOICES:
            return self.CHOICES[self.value()][1](queryset)
        return queryset


class ByFilter(admin.SimpleListFilter):
    """People or commands: an import writes so many lines that those of people are hard to see."""

    title = _("people or commands")
    parameter_name = "by"

    def lookups(self, request, model_admin):
        return [("people", _("people")), ("commands", _("commands"))]

    def queryset(self, request, queryset):
        if self.value() in ("people", "commands"):
            return queryset.filter(person__isnull=self.value() == "commands")
        return queryset


class AttentionFilter(admin.SimpleListFilter):
    title = _("needs attention")
    parameter_name = "needs"

    def lookups(self, request, model_admin):
        return [
            ("wanted", _("has wanted terms")),
            ("unreadable", _("header cannot be read")),
        ]

    def queryset(self, request, queryset):
        if self.value() == "wanted":
            return queryset.wanting()
        if self.value() == "unreadable":
            return queryset.unreadable()
        return queryset
