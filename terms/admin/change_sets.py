"""Change sets in the admin: reviewed, published and undone as a unit."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from terms.changes.change_sets import (
    PublishingRefused,
    approve_set,
    publish_set,
    sets_not_published,
    submit_set,
)
from terms.changes.operation import CannotRefactor
from terms.changes.preview import TooLarge, make_link, revoke_links
from terms.changes.rename import FILE, MODELS, undo_set
from terms.editing.gate import StaleWrite
from terms.editing.numbers import number_in
from terms.formats.value_differences import compare_values
from terms.jobs.kinds import MANY
from terms.models import ChangeSet, Revision, Term
from terms.people.notifications import read_notices_of_page, tell_of_page
from terms.people.permissions import may, rights
from terms.review.approvals import contributors
from terms.review.requests import CannotReview
from terms.review.stages import LIVE, stages

from .permissions import ReadOnly, Scoped
from .views.page import admin_page, row_for, started

SHOWN = 200  # terms
# Action → the right that it requires for every term of the set.
RIGHTS = {
    "submit": "change_term",
    "approve": "approve_term",
    "publish": "publish_term",
    "undo": "change_term",
    "link": "change_term",
    "revoke": "change_term",
}
# Action → the kind of job that does it for a large set, and its title.
JOBS = {
    "publish": ("publish_set", _lazy("Publish: {title}")),
    "undo": ("undo", _lazy("Undo: {title}")),
}


class ChangeSetAdmin(ReadOnly, Scoped, admin.ModelAdmin):
    empty_words = _lazy(
        "Renaming, merging or editing many terms, or an import, makes the first one."
    )
    list_display = ["title", "created_at", "author", "state"]
    list_filter = ["glossary", ("author", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["author"]
    search_fields = ["title"]
    date_hierarchy = "created_at"

    def has_view_permission(self, request, obj=None):
        # A person who may view terms of a glossary may view its change sets.
        found = rights(request.user, "view_term")
        return bool(found) if obj is None else found.hold_in(obj.glossary_id)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        rows = self.of_listed(request, ChangeSet.objects.all())
        return rights(request.user, "view_term").among(rows)

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        waiting = sets_not_published(changelist.result_list)
        for change_set in changelist.result_list:
            change_set.is_waiting = change_set.pk in waiting
        return changelist

    @admin.display(description=_lazy("state"), ordering="undone_at", empty_value="")
    def state(self, obj):
        if obj.undone_at:
            return _("undone")
        return _("not published") if obj.is_waiting else _("published")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        change_set = row_for(self, request, object_id)
        if request.method == "POST":
            return self._act(request, change_set)
        context = self._context(request, change_set)
        return admin_page(self, request, "changeset/page", change_set.title, **context)

    def _context(self, request, change_set):
        terms = list(change_set.members().select_related("category")[:SHOWN])
        found = stages(change_set.glossary, terms)
        waiting = [term for term in terms if found[term.pk].who_is_missing]
        authors = contributors(waiting)
        differences = [(t, found[t.pk], values) for t, values in _differences(terms)]
        count = change_set.members().count()
        trashed = change_set.trashed.select_related("term")
        return {
            "change_set": change_set,
            "trashed": trashed[:SHOWN],
            "more_trashed": max(0, trashed.count() - SHOWN),
            "terms": differences,
            "seen": [term for term, _stage, values in differences if not values],
            "count": count + trashed.count(),
            "more": max(0, count - SHOWN),
            "is_live": all(stage.name == LIVE for stage in found.values()),
            "unapproved": [(term, found[term.pk].who_is_missing) for term in waiting],
            "is_own": any(request.user.pk in people for people in authors.values()),
            "allowed": {name for name in RIGHTS if self._may(request, name, change_set)},
            "links": change_set.guest_links.open().count(),
            "can_undo": change_set.undone_at is None
            and (
                bool(change_set.renamed)
                or change_set.revisions.exists()
                or change_set.restorable().exists()
                or change_set.changes_beside
            ),
            "pictures": change_set.pictures.all()[:SHOWN],
            "items": _item_words(change_set),
        }

    def _may(self, request, action, change_set):
        """Return whether the right holds for every term of the set, including trashed ones."""
        found = rights(request.user, RIGHTS[action])
        members = change_set.members(with_trash=True)
        beyond = members.exclude(pk__in=found.among(members).values("pk"))
        if not found or beyond.exists():
            return False
        if action != "undo":
            return members.exists()
        is_empty = not (
            members.exists() or change_set.restorable().exists() or change_set.changes_beside
        )
        return not is_empty and _may_undo(request.user, change_set)

    def _act(self, request, change_set):
        action = request.POST.get("do", "")
        if action not in RIGHTS or not self._may(request, action, change_set):
            raise PermissionDenied
        shown = change_set
        read_notices_of_page(request.user, request.path)
        if action in JOBS and change_set.members(with_trash=True).count() > MANY:
            return self._start(request, action, change_set)
        try:
            if action == "undo":
                undone = undo_set(change_set, request.user)
                _tell_author(change_set, request.user)
                is_live = _is_live(undone)
                shown = change_set if is_live else undone
                self.message_user(request, _told(is_live))
            else:
                self.message_user(request, getattr(self, f"_{action}")(request, change_set))
        except PublishingRefused as error:
            for refusal in error.refusals[:20]:
                text = _("“{term}” was not published: {reason}")
                text = text.format(term=refusal.term, reason=refusal.reason)
                self.message_user(request, text, messages.ERROR)
            self.message_user(request, _("No terms were published."), messages.ERROR)
        except (CannotRefactor, CannotReview, StaleWrite, TooLarge) as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:terms_changeset_change", args=[shown.pk]))

    def _start(self, request, action, change_set):
        kind, title = JOBS[action]
        seen = {str(pk): fingerprint for pk, fingerprint in _seen(request).items()}
        arguments = {"change_set": change_set.pk, "seen": seen}
        title = title.format(title=change_set.title)
        return started(request, kind, change_set.glossary, arguments, title)

    def _submit(self, request, change_set):
        count = submit_set(change_set, request.user, request.POST.get("text", ""))
        text = ngettext(
            "A review of {count} term was requested.",
            "A review of {count} terms was requested.",
            count,
        )
        return text.format(count=f"{count:,}")

    def _approve(self, request, change_set):
        count = approve_set(change_set, request.user, _seen(request))
        text = ngettext("You approved {} text.", "You approved {} texts.", count)
        return text.format(count)

    def _publish(self, request, change_set):
        count = publish_set(change_set, request.user, _seen(request))
        text = ngettext("{count} term is live.", "{count} terms are live.", count)
        return text.format(count=f"{count:,}")

    def _link(self, request, change_set):
        days = number_in(request.POST.get("days", "")) or 7
        link, token = make_link(change_set, request.user, days)
        url = request.build_absolute_uri(reverse("guest", args=[token]))
        until = date_format(timezone.localtime(link.expires_at), "j F Y, H:i")
        text = _(
            "Anyone with this link can preview the site until {time}. It is shown this"
            ' once: <a href="{url}">{url}</a>'
        )
        return format_html(text, time=until, url=url)

    def _revoke(self, request, change_set):
        count = revoke_links(change_set, request.user)
        return ngettext("{} link was revoked.", "{} links were revoked.", count).format(count)


def _may_undo(person, change_set):
    """Return whether the person may do what undoing does beside changing texts."""
    said = change_set.renamed
    if change_set.changes_beside and not may(person, "import_terms", change_set.glossary):
        return False
    if said and said["model"] == FILE:
        term = change_set.members(with_trash=True).filter(pk=said["pk"]).first()
        if not (term and may(person, "publish_term", term)):
            return False
    elif said:
        row = MODELS[said["model"]].objects.filter(pk=said["pk"]).first()
        if not (row and may(person, f"change_{said['model']}", row)):
            return False
    restored = change_set.restorable()
    restores_all = not restored.exclude(
        pk__in=rights(person, "delete_term").among(restored).values("pk")
    ).exists()
    return restores_all and _may_delete_what_it_made(person, change_set)


def _may_delete_what_it_made(person, change_set):
    """Return whether the person may delete the terms that the set created.

    Undoing deletes them, and withdraws those that are public.
    """
    made = Term.objects.filter(revisions__change_set=change_set, revisions__based_on=None)
    made = made.distinct()
    deletable = rights(person, "delete_term").among(made)
    public = made.exclude(live_fingerprint="")
    withdrawable = rights(person, "publish_term").among(public)
    return (
        not made.exclude(pk__in=deletable.values("pk")).exists()
        and not public.exclude(pk__in=withdrawable.values("pk")).exists()
    )


def _tell_author(change_set, person) -> None:
    """Tell the author of a change set that another person has undone it."""
    if change_set.author_id:
        text = _("{person} has undone “{title}”.").format(person=person, title=change_set)
        address = reverse("admin:terms_changeset_change", args=[change_set.pk])
        tell_of_page([change_set.author_id], address, text, but=person)


def _item_words(change_set) -> list[tuple[Any, str, str]]:
    """Return the term, the key and the change of each item, the first of many."""
    found = change_set.items.select_related("term")[:SHOWN]
    shown = {None: _("default"), "": _("empty")}
    return [
        (
            item.term,
            str(item),
            f"{shown.get(item.before, item.before)} → {shown.get(item.after, item.after)}",
        )
        for item in found
    ]


def _is_live(change_set: ChangeSet) -> bool:
    """Return whether readers see the newest text of all terms of a set."""
    found = stages(change_set.glossary, list(change_set.members()))
    return all(stage.name == LIVE for stage in found.values())


def _told(is_live: bool) -> str:
    if is_live:
        return _("Undone. Nothing changes for readers.")
    return _("Undone. Publish this change set to restore the former texts for readers.")


def _seen(request):
    """Return the fingerprints of the texts that the page showed: term id → fingerprint."""
    pairs = (value.partition(" ") for value in request.POST.getlist("seen"))
    return {
        pk: fingerprint for number, _, fingerprint in pairs if (pk := number_in(number)) is not None
    }


def _differences(terms):
    """Yield each term with its differences from the live version, in one query."""
    wanted = {(t.pk, fp) for t in terms for fp in (t.fingerprint, t.live_fingerprint) if fp}
    rows = Revision.objects.filter(
        term__in=[t.pk for t in terms], fingerprint__in={fp for _, fp in wanted}
    )
    texts = {(r.term_id, r.fingerprint): r.text for r in rows.only("term", "fingerprint", "text")}
    for term in terms:
        before = texts.get((term.pk, term.live_fingerprint), "")
        after = texts.get((term.pk, term.fingerprint), "")
        yield term, compare_values(before, after) if before != after else []
