from django.contrib import admin

from terms.models.term import TermQuerySet


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    CHOICES = {
        "draft": ("never published", TermQuerySet.never_published),
        "live": ("live", TermQuerySet.as_published),
        "changed": ("live, with changes", TermQuerySet.changed_since_published),
        "review": ("in review", TermQuerySet.in_review),
    }

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _) in self.CHOICES.items()]

    def queryset(self, request, queryset):
        if self.value() in self.CHOICES:
            return self.CHOICES[self.value()][1](queryset)
        return queryset


class ByFilter(admin.SimpleListFilter):
    """People or commands: an import writes so many lines that those of people are hard to see."""

    title = "people or commands"
    parameter_name = "by"

    def lookups(self, request, model_admin):
        return [("people", "people"), ("commands", "commands")]

    def queryset(self, request, queryset):
        if self.value() in ("people", "commands"):
            return queryset.filter(person__isnull=self.value() == "commands")
        return queryset


class AttentionFilter(admin.SimpleListFilter):
    title = "needs attention"
    parameter_name = "needs"

    def lookups(self, request, model_admin):
        return [("wanted", "has wanted terms"), ("unreadable", "header cannot be read")]

    def queryset(self, request, queryset):
        if self.value() == "wanted":
            return queryset.wanting()
        if self.value() == "unreadable":
            return queryset.unreadable()
        return queryset
