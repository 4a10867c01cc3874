"""The first page: what waits for the person, their drafts, what others did, first steps."""

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.changes.removals import why_not
from terms.models import (
    ChangeSet,
    Event,
    ImportPlan,
    Preference,
    Removal,
    Repository,
    Review,
    Sync,
    Term,
)
from terms.people.display import of_chosen
from terms.people.permissions import rights
from terms.review.stages import stages_of
from terms.review.worklists import ready, to_review, written_lately

SHOWN = 10  # things to do
A_FEW = 8  # drafts, events
LATELY = 5_000  # events that are searched for those of others
LOOKED_AT, NAMED = 60, 3  # events of the log, and terms that are named in one line


class Task(NamedTuple):
    """Something that waits for the person: what it is about, why, and the link to do it."""

    name: str
    why: str
    action: str | Promise
    address: str


class Step(NamedTuple):
    """A first step of a new person."""

    title: str | Promise
    help: str | Promise
    address: str
    is_done: bool


def home_of(person: Any) -> dict[str, Any]:
    """Return the context of the first page."""
    if not rights(person, "view_term"):
        return {"may_view": False}
    drafts = list(_with_stages(_own_terms(person)))
    return {
        "may_view": True,
        "may_add": bool(rights(person, "add_term")),
        "tasks": list(islice(tasks_of(person), SHOWN)),
        "drafts": drafts,
        "recent": _recent(person),
        "steps": _steps(person),
    }


def _own_terms(person: Any) -> list[Term]:
    """Return the terms that the person wrote lately or owns, the last changed first."""
    owned = rights(person, "view_term").among(Term.objects.filter(owner=person.pk))
    owned = of_chosen(person, owned)
    found = {
        term.pk: term
        for terms in (written_lately(person), owned)
        for term in terms.select_related("category", "glossary").order_by("-changed_at")[:A_FEW]
    }
    return sorted(found.values(), key=lambda term: term.changed_at, reverse=True)[:A_FEW]


def _with_stages(found: list[Term]) -> Iterator[Any]:
    stages = stages_of(found)
    for term in found:
        yield term, stages[term.pk]


def tasks_of(person: Any) -> Iterator[Task]:
    """Yield what waits for the person, the most urgent first."""
    yield from _sent_back(person)
    yield from _imports(person)
    yield from _failed_syncs(person)
    yield from _to_review(person)
    for asked in _approved_removals(person):
        yield Task(capfirst(str(asked)), _("is approved"), _("Decide"), _review(asked.term))
    for term in ready(person)[:SHOWN]:
        yield Task(term.name, _("is approved"), _("Review and publish"), _review(term))


def _to_review(person: Any) -> Iterator[Task]:
    terms = list(to_review(person)[:SHOWN])
    asked = Review.objects.open().filter(term__in=terms).select_related("opened_by")
    reviews = {review.term_id: review for review in asked}
    open_ = Removal.objects.open().filter(term__in=terms).select_related("person")
    removals = {removal.term_id: removal for removal in open_}
    for term in terms:
        why, review = _("waits for your approval"), reviews.get(term.pk)
        if removal := removals.get(term.pk):
            who = removal.person or _("An import")
            why = _("{person} asks to {action} it").format(
                person=who, action=removal.get_action_display()
            )
        if review and review.opened_by:
            why = _("waits for your approval, asked by {person}").format(person=review.opened_by)
        if review and review.note:
            why = f"{why}: {Truncator(review.note).chars(120)}"
        yield Task(term.name, why, _("Review"), _review(term))


def _approved_removals(person: Any) -> Iterator[Removal]:
    """Yield requests to remove terms that are approved, and that the person can carry out."""
    terms = rights(person, "publish_term").among(Term.objects.order_by())
    asked = Removal.objects.open().filter(term__in=terms).select_related("term__glossary")
    for removal in asked[:SHOWN]:
        if not why_not(removal.term, removal.action, removal.detail):
            yield removal


def _review(term: Term) -> str:
    return reverse("admin:terms_term_review", args=[term.pk])


def _sent_back(person: Any) -> Iterator[Task]:
    """Yield the person's texts for which a reviewer asks for changes."""
    last = Review.objects.filter(term=OuterRef("pk")).order_by("-pk")
    terms = written_lately(person).order_by().annotate(last_review=Subquery(last.values("pk")[:1]))
    reviews = Review.objects.filter(
        pk__in=terms.values("last_review"), outcome=Review.Outcome.CHANGES
    )
    for review in reviews.select_related("term", "closed_by")[:SHOWN]:
        who = review.closed_by or _("Someone")
        reason = Truncator(review.reason).chars(120)
        why = _("{person} asks for changes: {reason}").format(person=who, reason=reason)
        address = reverse("admin:terms_term_change", args=[review.term_id])
        yield Task(review.term.name, why, _("Edit"), address)


def _imports(person: Any) -> Iterator[Task]:
    state = ImportPlan.State
    open_ = ImportPlan.objects.filter(person=person.pk, state__in=(state.READY, state.FAILED))
    for draft in open_[:A_FEW]:
        title = _("Import of {title}").format(title=draft.title)
        address = reverse("admin:terms_import_plan", args=[draft.pk])
        yield Task(title, _("waits for your decision"), _("Decide"), address)


def _failed_syncs(person: Any) -> Iterator[Task]:
    last = Sync.objects.filter(repository=OuterRef("pk")).order_by("-pk")
    rows = rights(person, "sync_repository").among(Repository.objects.all())
    rows = rows.annotate(state=Subquery(last.values("state")[:1]))
    for repository in rows.filter(state=Sync.State.FAILED).select_related("glossary")[:A_FEW]:
        title = _("Sync of “{glossary}”").format(glossary=repository.glossary.name)
        address = reverse("admin:terms_repository_sync", args=[repository.pk])
        yield Task(title, _("has failed"), _("Show"), address)


class Done(NamedTuple):
    """What a person did to some terms in a row. ``events``: the first; ``more``: the others."""

    events: list[Event]
    more: int

    @property
    def last(self) -> Event:
        return self.events[0]


def _recent(person: Any) -> list[Done]:
    """Return what others did last, in the glossaries whose terms the person may view."""
    found = of_chosen(person, rights(person, "view_term").among(Event.objects.all()))
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    found = found.filter(pk__gt=newest - LATELY)
    found = found.exclude(person=person.pk).exclude(kind=Event.Kind.SETTING)
    found = found.select_related("person", "term")
    rows = found.order_by("-pk")[:LOOKED_AT]
    groups = [
        list(group) for _key, group in groupby(rows, lambda event: (event.person_id, event.kind))
    ]
    return [_done(group) for group in groups[:A_FEW]]


def _done(group: list[Event]) -> Done:
    """Return what was done with some terms, each once."""
    once = list({(event.term_id, event.name): event for event in group}.values())
    return Done(once[:NAMED], len(once[NAMED:]))


def _steps(person: Any) -> list[Step]:
    """Return the first steps that the person has not done yet."""
    own = Event.objects.filter(person=person.pk).order_by()
    done = set(own.values_list("kind", flat=True).distinct())
    last = own.filter(term__isnull=False).order_by("-pk").values_list("term", flat=True).first()
    terms = reverse("admin:terms_term_changelist")
    review = reverse("admin:terms_term_review", args=[last]) if last else terms
    steps = [*_writing_steps(done, terms, review), *_other_steps(person, terms)]
    return [step for step in steps if not step.is_done]


def _writing_steps(done: set[str], terms: str, review: str) -> list[Step]:
    kind = Event.Kind
    return [
        Step(
            _lazy("Write or edit a term"),
            _lazy("Beside the text is the page that readers will see. Ctrl+K finds any term."),
            terms,
            kind.SAVED in done,
        ),
        Step(
            _lazy("Ask for a review, or publish"),
            _lazy("The button at the bottom of a term names the next step."),
            review,
            bool(done & {kind.SUBMITTED, kind.PUBLISHED}),
        ),
        Step(
            _lazy("Comment on a text"),
            _lazy("Select words on the review page, and suggest others. @ notifies a person."),
            review,
            kind.COMMENTED in done,
        ),
    ]


def _other_steps(person: Any, terms: str) -> list[Step]:
    return [
        Step(
            _lazy("Rename a term"),
            _lazy("In the menu of a term. You see each change first, and can undo it all."),
            terms,
            not rights(person, "publish_term")
            or ChangeSet.objects.filter(author=person.pk).exists(),
        ),
        Step(
            _lazy("Choose when you get mail"),
            _lazy("At once, once a day, or never."),
            reverse("admin:terms_term_preferences"),
            Preference.objects.filter(person=person.pk).exists(),
        ),
    ]
