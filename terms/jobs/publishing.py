"""Publishing of many terms, and of large change sets."""

from collections.abc import Iterable, Iterator

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.changes.change_sets import PublishingRefused, publish_set
from terms.models import ChangeSet, Glossary, Job, Term
from terms.people.permissions import rights
from terms.publishing.publish import Refusal, publish_ids
from terms.review.requests import CannotReview

from .kind import JobKind, JobLink, JobNote, JobRefused, JobResult
from .watch import Watch


def seen_texts(terms: QuerySet[Term]) -> dict[str, str]:
    """Return term id → fingerprint, as the argument ``seen`` of a job."""
    return {str(pk): fp for pk, fp in terms.order_by().values_list("pk", "fingerprint")}


def _publish_terms(job: Job, watch: Watch) -> JobResult:
    """Publish ``seen``. Terms that changed since, or that the person may not publish, are noted."""
    seen = {int(pk): fingerprint for pk, fingerprint in job.arguments["seen"].items()}
    glossary = _glossary(job)
    terms = Term.objects.filter(glossary=glossary, pk__in=seen)
    permitted = rights(job.person, "publish_term").among(terms)
    # After an interruption, those that were published are not published again.
    waiting = permitted.exclude(live_fingerprint=F("fingerprint"))
    chosen = waiting if job.attempt > 1 else permitted
    ids = list(chosen.order_by("path").values_list("pk", flat=True))
    words = _("Publishing terms")
    refusals = publish_ids(
        glossary, ids, lambda groups: _then_pages(watch, groups, words), job.person, seen
    )
    live = terms.filter(live_fingerprint=F("fingerprint"), pk__in=seen).exclude(
        pk__in=[refusal.term.pk for refusal in refusals]
    )
    counts = {_("terms are live"): live.count(), _("terms were not published"): len(refusals)}
    notes = [*notes_of(refusals), *_not_permitted(terms, permitted)]
    return JobResult(counts, notes, [JobLink(_("Terms"), "terms_term_changelist")])


def _then_pages(watch: Watch, groups: Iterable[list[int]], words: str) -> Iterator[list[int]]:
    yield from watch.until_stopped(groups, words, size=len)
    watch.say(_("Updating readers’ pages, links and search"))


def _glossary(job: Job) -> Glossary:
    if job.glossary is None:
        raise JobRefused(_("The glossary is gone."))
    return job.glossary


def _not_permitted(terms: QuerySet[Term], permitted: QuerySet[Term]) -> Iterator[JobNote]:
    for term in terms.exclude(pk__in=permitted.values("pk")).order_by("path"):
        yield JobNote(term.name, _("You may no longer publish this term."), term.pk)


def notes_of(refusals: Iterable[Refusal]) -> list[JobNote]:
    return [JobNote(found.term.name, found.reason, found.term.pk) for found in refusals]


def _publish_set(job: Job, watch: Watch) -> JobResult:
    """Publish a change set, all of it or nothing."""
    change_set = ChangeSet.objects.filter(pk=job.arguments["change_set"]).first()
    if change_set is None:
        raise JobRefused(_("The change set is gone."))
    members = change_set.members()
    permitted = rights(job.person, "publish_term").among(members)
    if members.exclude(pk__in=permitted.values("pk")).exists():
        raise JobRefused(_("You may not publish all terms of this change set."))
    seen = {int(pk): fingerprint for pk, fingerprint in job.arguments["seen"].items()}
    watch.check()
    watch.say(_("Checking that all terms can be published"))
    link = JobLink(change_set.title, "terms_changeset_change", change_set.pk)
    try:
        # Not cancelled midway: the terms of a change set go live together.
        count = publish_set(
            change_set,
            job.person,
            seen,
            lambda groups: watch.told(groups, _("Publishing terms"), size=len),
        )
    except PublishingRefused as error:
        text = _("The change set was not published as a whole, because of some of its terms.")
        raise JobRefused(text, JobResult({}, notes_of(error.refusals), [link])) from error
    return JobResult({_("terms are live"): count}, [], [link])


PUBLISH = JobKind(
    "publish",
    _publish_terms,
    _lazy("Publish terms"),
    "publish_term",
    repeats_because="published terms are skipped, and finish_abandoned rebuilds unfinished pages",
    after_cancel=_lazy("Terms that were published before stay live."),
)
PUBLISH_SET = JobKind(
    "publish_set",
    _publish_set,
    _lazy("Publish a change set"),
    "publish_term",
    repeats_because="texts that are live already may be published again; pages are as above",
    refusals=(CannotReview,),
)
