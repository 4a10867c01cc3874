"""The list of terms: its columns, filters and search."""

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.editing.lookup import MOST, look_up, spelled_like
from terms.models import Relation, Term
from terms.review.stages import stages_of

from .filters import AttentionFilter, StatusFilter
from .mixin import Mixin

COUNTED = 10_000  # terms; with more, the numbers next to the filters are counted on demand


class TermListing(Mixin):
    """The list of the term admin."""

    empty_words = _lazy("There are no terms yet. Add the first one, or import files.")
    list_display = [
        "title",
        "state",
        "category",
        "vertical",
        "relation_count",
        "changed",
        "owner",
        "review_by",
        "path",
        "glossary",
    ]
    hidden_at_first: tuple[str, ...] = ("owner", "review_by", "path", "glossary")
    list_display_links = ["title"]
    list_filter = [StatusFilter, AttentionFilter, "category", "vertical", "glossary"]
    list_select_related = ["category", "vertical", "owner", "glossary"]
    list_per_page = 100
    search_fields = ["name"]  # enables the search field; look_up searches
    ordering = ["name_key"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("body", "extra")

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        # Counted for the page shown: the list's own query would count for all terms.
        relations = Relation.objects.filter(term__in=[term.pk for term in changelist.result_list])
        counted = relations.order_by().values("term")
        counted = counted.annotate(every=Count("pk"), wanted=Count("pk", filter=Q(target=None)))
        counts = {row["term"]: (row["every"], row["wanted"]) for row in counted}
        found = stages_of(changelist.result_list)
        for term in changelist.result_list:
            term.relation_counts = counts.get(term.pk, (0, 0))
            term.stage = found[term.pk]
        return changelist

    @admin.display(description=_lazy("name"), ordering="name_key")
    def title(self, obj):
        return obj.name

    @admin.display(description=_lazy("status"), ordering="live_fingerprint")
    def state(self, obj):
        return format_html(
            '<span class="term-state" data-state="{}">{}{}</span>',
            "unreadable" if obj.problem else obj.stage.mark,
            obj.stage.words,
            f" · {_('unreadable')}" if obj.problem else "",
        )

    @admin.display(description=_lazy("related"))
    def relation_count(self, obj):
        related, wanted = obj.relation_counts
        if not wanted:
            return related
        text = ngettext("{count} ({wanted} wanted)", "{count} ({wanted} wanted)", wanted)
        return text.format(count=related, wanted=wanted)

    @admin.display(description=_lazy("changed"), ordering="changed_at")
    def changed(self, obj):
        return date_format(timezone.localtime(obj.changed_at), "j M Y")

    def get_search_results(self, request, queryset, search_term):
        text = search_term.replace("\0", "")[:200].strip()
        if not text:
            return queryset, False
        found = look_up(queryset, text)
        if not found and (found := spelled_like(queryset, text)):
            said = _("No results for “{text}”. These are spelled similarly.").format(text=text)
            self.message_user(request, said, messages.WARNING)
        if len(found) > MOST:
            said = _("More than {most} terms match. Some of them are shown.")
            self.message_user(request, said.format(most=f"{MOST:,}"), messages.WARNING)
        return queryset.filter(pk__in=sorted(found)[:MOST]), False

    @property
    def show_facets(self):
        """Count numbers next to the filters always if this is cheap, else on demand."""
        has_many = Term.objects.order_by()[COUNTED : COUNTED + 1].exists()
        return admin.ShowFacets.ALLOW if has_many else admin.ShowFacets.ALWAYS
