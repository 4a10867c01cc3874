"""What the page of a sync shows: what waits, what has to be decided, and what was done."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.files.plan import CONFLICT, INVALID
from terms.formats.differences import ChangedLines, compare
from terms.interchange.imports import NOTE, RENAMED
from terms.interchange.sources import REPOSITORY
from terms.models import ImportFile, ImportPlan, Removal, Repository, Sync, Term, TermFile

from .views.import_words import counted

SHOWN = 20  # differences, syncs, and terms that wait
REMOVAL = "removal"  # the status of a question about many removed files

Attention = Sequence[tuple[str, str, str]]


class SyncConflict(NamedTuple):
    """A file that both sides changed. ``term`` is the id of its term, if it has one."""

    path: str
    reason: str
    term: int | None
    name: str
    blocks: list[ChangedLines]


def conflicts_of(repository: Repository, last: Sync | None) -> Iterator[SyncConflict]:
    """Yield the conflicts of the last sync that were not decided since in an import."""
    if last is None:
        return
    files = TermFile.objects.of(repository.glossary, repository.current_place)
    rows = files.exclude(conflict_version=0).exclude(term=None).select_related("term")
    found = {row.path: row for row in rows}
    decided = _decided_since(repository, last)
    for number, (path, status, reason) in enumerate(last.attention):
        if status != CONFLICT or path in decided:
            continue
        row = found.get(path)
        if row is None or row.term is None:
            yield SyncConflict(path, reason, None, "", [])
            continue
        is_shown = number < SHOWN
        blocks = compare(row.term.newest_revision().text, row.conflict_text) if is_shown else []
        yield SyncConflict(path, reason, row.term.pk, row.term.name, blocks)


def _decided_since(repository: Repository, last: Sync) -> set[str]:
    """Return the paths that an import from the repository has decided after its last sync."""
    plans = ImportPlan.objects.filter(
        glossary=repository.glossary_id,
        source=REPOSITORY.name,
        state=ImportPlan.State.APPLIED,
        changed_at__gt=last.ended_at or last.started_at,
    )
    rows = ImportFile.objects.filter(plan__in=plans).decided().to_apply()
    return set(rows.values_list("path", flat=True))


def requests_of(repository: Repository) -> QuerySet[Removal]:
    """Return the open requests that removed and renamed files made."""
    requests = Removal.objects.open().filter(term__glossary=repository.glossary_id)
    requests = requests.filter(note__in=(NOTE, RENAMED)).select_related("term")
    return requests.order_by("term__name")


def others_of(repository: Repository, last: Sync | None) -> list[tuple[str, str, str]]:
    """Return what needs attention besides conflicts, requests and questions."""
    attention = [row for row in last.attention if row[0]] if last else []
    files = TermFile.objects.of(repository.glossary, repository.current_place)
    asked = files.filter(term__removals__note__in=(NOTE, RENAMED))
    paths = set(asked.values_list("path", flat=True)) if attention else set()
    return [
        row
        for row in attention
        if row[1] != CONFLICT and not (row[1] == "note" and row[0] in paths)
    ]


def question_of(last: Sync | None) -> str:
    """Return the question of the last sync about many removed files, or an empty string."""
    asked = [why for _path, status, why in (last.attention if last else []) if status == REMOVAL]
    return asked[0] if asked else ""


def pending_of(repository: Repository) -> QuerySet[Term]:
    """Return the terms that the repository does not have as they are here."""
    if repository.push == Repository.Push.NO or not repository.checked_at:
        return Term.objects.none()
    is_live = repository.texts == Repository.Texts.LIVE
    text = "live_fingerprint" if is_live else "fingerprint"
    files = TermFile.objects.of(repository.glossary, repository.current_place)
    same = Q(fingerprint=F(f"term__{text}"), path=F("term__path")) | Q(conflict_version__gt=0)
    removed = files.filter(term__trashed_at__isnull=False, missing_since=None)
    terms = Term.with_trash.filter(glossary=repository.glossary)
    kept = terms.filter(trashed_at=None).exclude(**{text: ""})
    changed = kept.exclude(pk__in=files.filter(same).values("term"))
    return terms.filter(Q(pk__in=changed.values("pk")) | Q(pk__in=removed.values("term")))


def when_committed(repository: Repository) -> str:
    """Return when the terms that wait are committed."""
    found = []
    if repository.wait:
        text = ngettext(
            "A term is committed once it was not edited for {n} minute.",
            "A term is committed once it was not edited for {n} minutes.",
            repository.wait,
        )
        found.append(text.format(n=repository.wait))
    if not repository.is_active:
        found.append(_("Syncs do not start by themselves: choose “Sync now”."))
    elif repository.due_at and repository.due_at > timezone.now():
        moment = timezone.localtime(repository.due_at)
        text = _("The next sync is on {moment}.")
        found.append(text.format(moment=date_format(moment, "j F Y, H:i")))
    return " ".join(found)


def sync_headline(found: dict[str, Any]) -> str:
    """Return the state of the sync in a few words, from the context of its page."""
    repository, last = found["repository"], found["last"]
    if found["job"]:
        return _("A sync is running")
    if not repository.checked_at:
        return _("Not synced yet")
    if last and last.state == Sync.State.FAILED:
        return _("The last sync failed")
    if found["asks_removal"]:
        return _("Many files were removed: a decision is needed")
    if decisions := len(found["conflicts"]) + len(found["requests"]):
        text = ngettext("{n} decision is needed", "{n} decisions are needed", decisions)
        return text.format(n=decisions)
    if number := found["number_pending"]:
        text = ngettext("{n} term waits", "{n} terms wait", number)
        if repository.push == Repository.Push.BRANCH:
            text = ngettext(
                "{n} term waits to be committed", "{n} terms wait to be committed", number
            )
        return text.format(n=f"{number:,}")
    if repository.push == Repository.Push.NO:
        return _("Everything is received")
    return _("Both sides are equal")


def received(counts: dict[str, int]) -> str:
    """Return what a sync received, in words; empty if nothing."""
    words = counted({**counts, INVALID: 0})
    others = [
        (CONFLICT, ngettext("{n} conflict", "{n} conflicts", counts.get(CONFLICT, 0))),
        (INVALID, ngettext("{n} unreadable", "{n} unreadable", counts.get(INVALID, 0))),
    ]
    words += [text.format(n=counts[status]) for status, text in others if counts.get(status)]
    return ", ".join(words)


def state_of(last: Sync | None, is_checked: bool) -> str:
    """Return the state of a sync in the list of repositories."""
    if last is None:
        return _("done") if is_checked else _("not synced yet")
    if any(status in (CONFLICT, REMOVAL) for _path, status, _reason in last.attention):
        return _("needs a decision")
    return last.get_state_display()
