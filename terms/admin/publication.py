"""Admin actions and messages for publishing and withdrawing."""

from django.contrib import admin, messages
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.changes import removals
from terms.changes.change_sets import collect
from terms.jobs.kinds import MANY
from terms.jobs.publishing import seen_texts
from terms.models import Glossary, PublishedTerm, Term
from terms.people.notifications import gather
from terms.publishing import publish
from terms.review.requests import CannotReview, submit

from .views import bulk, trash_many
from .views.page import started
from .watching import WATCHING, Watchable

# Right → that the person does not have it.
NOT_PERMITTED = {
    "change": _lazy("You may not change “{term}”."),
    "publish": _lazy("You may not publish “{term}”."),
    "delete": _lazy("You may not delete “{term}”."),
}


def _by_glossary(queryset):
    """Return the chosen terms of each glossary, selected by id.

    After an action, the original query may no longer match them.
    """
    chosen = dict(queryset.order_by().values_list("pk", "glossary"))
    return [
        (glossary, Term.objects.filter(pk__in=[pk for pk in chosen if chosen[pk] == glossary.pk]))
        for glossary in Glossary.objects.filter(pk__in=set(chosen.values()))
    ]


class Publication(Watchable):
    """The actions of the term admin."""

    actions = [
        "edit_selected",
        "submit_selected",
        "publish_selected",
        "collect_selected",
        "withdraw_selected",
        "trash_selected",
        *WATCHING,
    ]

    def has_publish_permission(self, request, obj=None):
        return self._has(request, "publish", obj)

    def publish_term(self, request, obj):
        if not self.has_publish_permission(request, obj):
            text = _("“{term}” was saved. You do not have permission to publish it.")
            self.message_user(request, text.format(term=obj), messages.WARNING)
            return
        if not (obj.problem or obj.description.strip() or obj.body.strip()):
            text = _("“{term}” is saved. It is not published: write a definition or a text first.")
            self.message_user(request, text.format(term=obj), messages.WARNING)
            return
        self._tell(request, obj.glossary, Term.objects.filter(pk=obj.pk))

    # Actions on several terms

    @admin.action(description=_lazy("Edit"), permissions=["change"])
    def edit_selected(self, request, queryset):
        return bulk.first_page(self, request, queryset)

    @admin.action(description=_lazy("Publish"), permissions=["publish"])
    def publish_selected(self, request, queryset):
        response = None
        for glossary, terms in _by_glossary(self._permitted(request, "publish", queryset)):
            count = terms.count()
            if count > MANY:
                title = _("Publish {count} terms").format(count=f"{count:,}")
                response = started(request, "publish", glossary, {"seen": seen_texts(terms)}, title)
            else:
                self._tell(request, glossary, terms)
        return response

    @admin.action(description=_lazy("Withdraw"), permissions=["publish"])
    def withdraw_selected(self, request, queryset):
        count = 0
        for glossary, terms in _by_glossary(self._permitted(request, "publish", queryset)):
            live = list(terms.live())
            refusals = removals.withdraw_where_allowed(glossary, live, by=request.user)
            count += len(live) - len(refusals)
            with gather(reverse("admin:terms_term_work", args=["review"])):
                for refusal in refusals:
                    removals.ask(refusal.term, removals.WITHDRAW, request.user)
            for refusal in refusals[:20]:
                text = _("“{term}” is not withdrawn yet: {reason} They have been notified.")
                text = text.format(term=refusal.term, reason=refusal.reason)
                self.message_user(request, text, messages.WARNING)
        if count:
            text = ngettext("{} term was withdrawn.", "{} terms were withdrawn.", count)
            self.message_user(request, text.format(count))

    @admin.action(description=_lazy("Put in a change set"), permissions=["change"])
    def collect_selected(self, request, queryset):
        for glossary, terms in _by_glossary(self._permitted(request, "change", queryset)):
            time = date_format(timezone.localtime(), "j F Y, H:i")
            title = _("{person}’s selection of {time}").format(person=request.user, time=time)
            made = collect(glossary, list(terms), title, request.user)
            url = reverse("admin:terms_changeset_change", args=[made.pk])
            count = terms.count()
            text = ngettext(
                '{count} term was added to <a href="{url}">a change set</a>.',
                '{count} terms were added to <a href="{url}">a change set</a>.',
                count,
            )
            self.message_user(request, format_html(text, count=count, url=url))

    @admin.action(description=_lazy("Send for review"), permissions=["change"])
    def submit_selected(self, request, queryset):
        terms = list(self._permitted(request, "change", queryset).waiting()[: MANY + 1])
        if len(terms) > MANY:
            text = _("Choose {most} terms at most.").format(most=MANY)
            self.message_user(request, text, messages.ERROR)
            return
        refused = []
        with gather(reverse("admin:terms_term_work", args=["review"])):
            for term in terms:
                try:
                    submit(term, request.user)
                except CannotReview as error:
                    refused.append(f"“{term}”: {error}")
        for text in refused[:20]:
            self.message_user(request, text, messages.WARNING)
        count = len(terms) - len(refused)
        text = ngettext(
            "A review of {count} term was requested.",
            "A review of {count} terms was requested.",
            count,
        )
        if count:
            self.message_user(request, text.format(count=count))
        elif not refused:
            self.message_user(request, _("Their texts are published already."))

    @admin.action(description=_lazy("Move to the trash"), permissions=["delete"])
    def trash_selected(self, request, queryset):
        permitted = self._permitted(request, "delete", queryset)
        return trash_many.trash_page(self, request, _by_glossary(permitted))

    def _permitted(self, request, action, queryset):
        """Return the chosen terms that the person may ``action``, and report others."""
        permitted = self.rights(request, action).among(queryset)
        others = queryset.exclude(pk__in=permitted.values("pk"))
        for term in others[:5]:
            text = NOT_PERMITTED[action].format(term=term)
            self.message_user(request, text, messages.WARNING)
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
                    _('“{term}” is live: <a href="{url}">see its page</a>.'),
                    term=page,
                    url=page.get_absolute_url(),
                ),
            )
        elif pages:
            count = len(pages)
            text = ngettext("{count} term is live.", "{count} terms are live.", count)
            self.message_user(request, text.format(count=count))
        for refusal in refusals[:20]:
            text = _("“{term}” was not published: {reason}")
            text = text.format(term=refusal.term, reason=refusal.reason)
            self.message_user(request, text, messages.ERROR)
