"""Watching what is selected in a list."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.people.watching import unwatch, watch

from .mixin import Mixin

WATCHING = ["watch_selected", "unwatch_selected"]


class Watchable(Mixin):
    """Actions to watch the selected terms, categories or glossaries, or to stop it."""

    @admin.action(description=_lazy("Watch"), permissions=["view"])
    def watch_selected(self, request, queryset):
        count = watch(request.user, queryset)
        text = ngettext(
            "You watch {count} more now: you get a notice when others publish, withdraw, rename or"
            " delete it.",
            "You watch {count} more now: you get a notice when others publish, withdraw, rename or"
            " delete them.",
            count,
        )
        self.message_user(request, text.format(count=f"{count:,}"))

    @admin.action(description=_lazy("Stop watching"), permissions=["view"])
    def unwatch_selected(self, request, queryset):
        count = unwatch(request.user, queryset)
        text = ngettext("You watch {count} less now.", "You watch {count} less now.", count)
        self.message_user(request, text.format(count=f"{count:,}"))
