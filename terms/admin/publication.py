"""Admin actions and messages for publishing and withdrawing."""

from django.contrib import admin, messages
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import ngettext

from terms.changes import removals
from terms.changes.change_sets import collect
from terms.models import Glossary, PublishedTerm, Term
from terms.publishing import publish

from .mixin import Mixin
from .views import bulk

ASKED = "They have been notified."


def _by_glossary(queryset):
    """Return the chosen terms of each glossary, selected by id.

    After an action, the original query may no longer match them.
    """
    chosen = dict(queryset.order_by().values_list("pk", "glossary"))
    return [
        (glossary, Term.objects.filter(pk__in=[pk for pk in chosen if chosen[pk] == glossary.pk]))
        for glossary in Glossary.objects.filter(pk__in=set(chosen.values()))
    ]


class Publication(Mixin):
    """The actions of the term admin."""

    actions = ["edit_selected", "publish_selected", "withdraw_selected", "collect_selected"]

    def has_publish_permission(self, request, obj=None):
        return self._has(request, "publish", obj)

    def publish_term(self, request, obj):
        if not self.has_publish_permission(request, obj):
            self.message_user(
                request,
                f"“{obj}” was saved. You do not have permission to publish it.",
                messages.WARNING,
            )
            return
        self._tell(request, obj.glossary, Term.objects.filter(pk=obj.pk))

    # Actions on several terms

    @admin.action(description="Edit one field of the selected terms", permissions=["change"])
    def edit_selected(self, request, queryset):
        return bulk.first_page(self, request, queryset)

    @admin.action(description="Publish the selected terms", permissions=["publish"])
    def publish_selected(self, request, queryset):
        for glossary, terms in _by_glossary(self._permitted(request, "publish", queryset)):
            self._tell(request, glossary, terms)

    @admin.action(description="Withdraw the selected terms", permissions=["publish"])
    def withdraw_selected(self, request, queryset):
        count = 0
        for glossary, terms in _by_glossary(self._permitted(request, "publish", queryset)):
            live = list(terms.live())
            refusals = removals.withdraw_where_allowed(glossary, live, by=request.user)
            count += len(live) - len(refusals)
            for refusal in refusals:
                removals.ask(refusal.term, removals.WITHDRAW, request.user)
            for refusal in refusals[:20]:
                text = f"“{refusal.term}” is not withdrawn yet: {refusal.reason} {ASKED}"
                self.message_user(request, text, messages.WARNING)
        if count:
            text = ngettext("{} term was withdrawn.", "{} terms were withdrawn.", count)
            self.message_user(request, text.format(count))

    @admin.action(description="Collect the selected terms in a change set", permissions=["change"])
    def collect_selected(self, request, queryset):
        for glossary, terms in _by_glossary(self._permitted(request, "change", queryset)):
            day = timezone.localtime()
            title = f"{request.user}’s selection of {day:%-d %B %Y, %H:%M}"
            made = collect(glossary, list(terms), title, request.user)
            url = reverse("admin:terms_changeset_change", args=[made.pk])
            count = terms.count()
            text = ngettext(
                '{} term was added to <a href="{}">a change set</a>.',
                '{} terms were added to <a href="{}">a change set</a>.',
                count,
            )
            self.message_user(request, format_html(text, count, url))

    def _permitted(self, request, action, queryset):
        """Return the chosen terms that the person may ``action``, and report others."""
        permitted = self.rights(request, action).among(queryset)
        others = queryset.exclude(pk__in=permitted.values("pk"))
        for term in others[:5]:
            self.message_user(request, f"You may not {action} “{term}”.", messages.WARNING)
        return permitted

    def _tell(self, request, glossary, terms):
        """Publish the terms and report the results."""
        refusals = publish.publish(glossary, terms, by=request.user)
        refused = {refusal.term.pk for refusal in refusals}
        live = terms.exclude(pk__in=refused).filter(live_fingerprint=F("fingerprint"))
        pages = PublishedTerm.objects.select_related("glossary").filter(uid__in=live.values("uid"))
        if len(pages) == 1:
            page = pages[0]
            self.message_user(
                request,
                format_html(
                    '“{}” is live: <a href="{}">see its page</a>.', page, page.get_absolute_url()
                ),
            )
        elif pages:
            self.message_user(request, f"{len(pages)} terms are live.")
        for refusal in refusals[:20]:
            self.message_user(
                request, f"“{refusal.term}” was not published: {refusal.reason}", messages.ERROR
            )
