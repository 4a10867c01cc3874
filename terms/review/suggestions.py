"""Readers' suggestions, and editors' decisions about them."""

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from terms.formats.paths import name_key
from terms.models import DeclinedRelation, Event, Glossary, PublishedTerm, Suggestion, Term
from terms.models.fields import Uid
from terms.models.term import NAME_LENGTH
from terms.people.audit_log import record

MAX_TEXT = 2_000  # characters
MOST_OPEN = 1_000  # per glossary; further ones are refused


class CannotSuggest(ValueError):
    """The suggestion cannot be stored; the message gives the reason."""


def keep_suggestion(
    glossary: Glossary, name: str, text: str, term: PublishedTerm | None = None
) -> Suggestion:
    """Store a suggestion about ``term``, or for a missing term. Raises CannotSuggest."""
    key = name_key(name)[:NAME_LENGTH]
    if not key:
        raise CannotSuggest("A term has a name.")
    if term is None and (declined := declined_name(glossary, name)):
        raise CannotSuggest(_no(declined, declined.is_answer_public))
    uid = term.uid if term else None
    digest = _digest(uid, key, text)
    known = Suggestion.objects.filter(glossary=glossary, digest=digest)
    if not known.exists() and len(_open(glossary)[:MOST_OPEN]) == MOST_OPEN:
        raise CannotSuggest("Too many suggestions are waiting. Please come back later.")
    with transaction.atomic():
        found, is_new = known.get_or_create(
            glossary=glossary,
            digest=digest,
            defaults={
                "term_uid": uid, "name": name[:NAME_LENGTH], "key": key,
                "text": text, "created_at": timezone.now(),
            },
        )  # fmt: skip
        if not is_new:
            known.update(times=F("times") + 1)
    return found


def _open(glossary: Glossary):
    return Suggestion.objects.open().filter(glossary=glossary).values_list("pk")


def _digest(uid: Uid | None, key: str, text: str) -> str:
    written = str(UUID(uid)) if uid else ""  # the format of rows of former versions
    said = "\0".join([written, key, " ".join(text.casefold().split())])
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def _no(declined: Suggestion, with_answer: bool = True) -> str:
    day = date_format(timezone.localtime(declined.decided_at), "j F Y")
    if declined.answer and with_answer:
        text = _("“{name}” was suggested before and declined on {day}: {answer}")
    else:
        text = _("“{name}” was suggested before and declined on {day}.")
    return text.format(name=declined.name, day=day, answer=declined.answer)


def declined_name(glossary: Glossary, name: str) -> Suggestion | None:
    """Return the latest decision that no term may have this ``name``, or None."""
    declined = Suggestion.objects.declined_names().filter(glossary=glossary)
    return declined.filter(key=name_key(name)[:NAME_LENGTH]).order_by("-decided_at").first()


def why_declined(glossaries: Iterable[Glossary], name: str) -> str:
    """Return the warning for a new term with a declined name, or an empty string."""
    found = (declined_name(glossary, name) for glossary in glossaries)
    return next((_no(declined) for declined in found if declined), "")


def said_of(term: Term) -> list[Suggestion]:
    """Return up to 20 open suggestions about a term, or for a missing term of its name."""
    waiting = Suggestion.objects.open().filter(glossary=term.glossary)
    of_name = waiting.filter(term_uid=None, key=term.name_key)
    return list((waiting.filter(term_uid=term.uid) | of_name).order_by("pk")[:20])


def decide_suggestion(suggestion: Suggestion, state: str, person: Any, answer: str = "") -> bool:
    """Close a suggestion and return whether it was still open. ``answer`` is for editors."""
    with transaction.atomic():
        waiting = Suggestion.objects.open().filter(pk=suggestion.pk)
        is_mine = waiting.update(
            state=state, person=person, decided_at=timezone.now(), answer=answer[:MAX_TEXT]
        )
        if is_mine:
            kinds = {"done": Event.Kind.SUGGESTION_DONE, "declined": Event.Kind.DECLINED}
            _note(suggestion, kinds[state], person, answer)
    return bool(is_mine)


def decline_name(
    glossary: Glossary, name: str, person: Any, answer: str = "", is_public: bool = False
) -> Suggestion:
    """Decide that no term may be called ``name``. Return the decision.

    Readers who suggest it again see the ``answer`` only if it ``is_public``.
    """
    key, now = name_key(name)[:NAME_LENGTH], timezone.now()
    decided = {
        "state": Suggestion.State.DECLINED, "person": person, "decided_at": now,
        "answer": answer[:MAX_TEXT], "is_answer_public": is_public,
    }  # fmt: skip
    with transaction.atomic():
        Suggestion.objects.open().filter(glossary=glossary, term_uid=None, key=key).update(
            **decided
        )
        first = {"name": name[:NAME_LENGTH], "key": key, "created_at": now, "times": 0}
        found, _ = Suggestion.objects.update_or_create(
            glossary=glossary,
            digest=_digest(None, key, ""),
            defaults=decided,
            create_defaults=first | decided,
        )
        _note(found, Event.Kind.DECLINED, person, answer)
    return found


def reopen(suggestion: Suggestion, person: Any) -> bool:
    """Take the decision about a suggestion back, or about a name. Return whether there was one.

    A decision that no reader's suggestion was about is forgotten.
    """
    open_again: dict[str, Any] = {
        "state": Suggestion.State.OPEN, "person": None, "decided_at": None, "answer": "",
        "is_answer_public": False,
    }  # fmt: skip
    with transaction.atomic():
        decided = Suggestion.objects.exclude(state=Suggestion.State.OPEN)
        if suggestion.term_uid is None:
            decided = decided.filter(
                glossary=suggestion.glossary_id, term_uid=None, key=suggestion.key
            )
        else:
            decided = decided.filter(pk=suggestion.pk)
        if not decided.exists():
            return False
        _note(suggestion, Event.Kind.REOPENED, person, "")
        decided.filter(times=0).delete()
        decided.update(**open_again)
    return True


def _note(suggestion: Suggestion, kind: str, person: Any, answer: str) -> None:
    term = Term.with_trash.filter(uid=suggestion.term_uid).first() if suggestion.term_uid else None
    pairs = [(term.pk if term else None, suggestion.name)]
    record(suggestion.glossary, kind, pairs, person, answer or suggestion.text)


def decline_relations(term: Term, targets: Iterable[Uid], person: Any) -> int:
    """Stop suggesting relations to ``targets`` for ``term``. Return the number of new ones."""
    known = set(term.declined.values_list("target_uid", flat=True))
    now = timezone.now()
    rows = [
        DeclinedRelation(term=term, target_uid=uid, person=person, at=now)
        for uid in targets
        if uid not in known
    ]
    DeclinedRelation.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def undo_declined(term: Term, targets: Iterable[Uid]) -> None:
    """Suggest relations of ``term`` to ``targets`` again."""
    term.declined.filter(target_uid__in=targets).delete()
