"""What is stored about terms, and their files do not hold: owners, dates, kinds, decisions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from terms.formats.document import TermDocument
from terms.formats.paths import name_key
from terms.formats.sidecar import Item, Items
from terms.models import Alias, DeclinedRelation, Glossary, MentionDecision, Term
from terms.models.bulk import batches
from terms.models.term import NAME_LENGTH

NEVER = "never"  # of a name that is not linked
DECLINED = "declined"  # of a suggested relation
NOT_LINKED = "false"
SHOWN = frozenset({"linked", "aliases", "links"})  # keys that change readers' pages
_PERSON = re.compile(r"([^<>]*?)(?: <([^<>]*)>)?")


def items_of(glossary: Glossary) -> Items:
    """Return what is stored about the terms of a glossary, without defaults."""
    found: Items = {}
    terms = Term.objects.filter(glossary=glossary).order_by()
    told = terms.filter(Q(review_by__isnull=False) | Q(owner__isnull=False) | Q(is_linked=False))
    columns = ("path", "owner__username", "owner__email", "review_by", "is_linked")
    for path, name, mail, review_by, is_linked in told.values_list(*columns):
        if name:
            found[Item(path, "owner")] = f"{name} <{mail}>" if mail else name
        if review_by:
            found[Item(path, "review_by")] = review_by.isoformat()
        if not is_linked:
            found[Item(path, "linked")] = NOT_LINKED
    here = Q(term__glossary=glossary, term__trashed_at=None)
    aliases = Alias.objects.filter(here).exclude(kind=Alias.Kind.ALTERNATIVE).order_by()
    for path, name, kind in aliases.values_list("term__path", "name", "kind"):
        found[Item(path, "aliases", name)] = kind
    decisions = MentionDecision.objects.filter(here).order_by()
    for path, key, target in decisions.values_list("term__path", "key", "target__path"):
        found[Item(path, "links", key)] = target or NEVER
    declined = DeclinedRelation.objects.filter(here).order_by()
    rows = list(declined.values_list("term__path", "target_uid"))
    paths: dict[Any, str] = {}
    for some in batches({uid for _path, uid in rows}):
        paths |= dict(terms.filter(uid__in=some).values_list("uid", "path"))
    found |= {Item(path, "unrelated", paths[uid]): DECLINED for path, uid in rows if uid in paths}
    return found


class People:
    """The active people by user name, and by e-mail in lower case."""

    def __init__(self) -> None:
        people = list(get_user_model().objects.filter(is_active=True))
        self.by_name = {person.get_username(): person for person in people}
        self.by_mail: dict[str, list[Any]] = {}
        for person in people:
            self.by_mail.setdefault(person.email.lower(), []).append(person)

    def named(self, text: str) -> Any:
        """Return who ``name`` or ``name <e-mail>`` is, or None. The e-mail has to be theirs."""
        found = _PERSON.fullmatch(text)
        name, mail = (found[1], (found[2] or "").lower()) if found else (text, "")
        same = self.by_mail.get(mail, []) if mail else []
        person = same[0] if len(same) == 1 else self.by_name.get(name)
        if person and mail and person.email and person.email.lower() != mail:
            return None
        return person


# In the headers of term files


def read_headers(glossary: Glossary, documents: Mapping[int, TermDocument]) -> None:
    """Set owner and review date of saved terms (id → document) to what their headers say.

    A value that means nothing here changes nothing.
    """
    if glossary.keeps != Glossary.Keeps.HEADERS:
        return
    people: People | None = None
    for pk, document in documents.items():
        if document.problem:
            continue
        owner = _text_of(document, glossary.owner_key)
        day = _text_of(document, glossary.review_key)
        columns: dict[str, Any] = {}
        if owner:
            people = people or People()
            columns = {"owner": person} if (person := people.named(owner)) else {}
        elif owner == "":
            columns = {"owner": None}
        if day == "" or (day and as_day(day)):
            columns["review_by"] = as_day(day)
        if columns:
            Term.objects.filter(pk=pk).update(**columns)


def header_keys(glossary: Glossary, owner: Any, review_by: date | None) -> dict[str, str]:
    """Return the header keys for an owner and a review date; an empty value removes the key."""
    if glossary.keeps != Glossary.Keeps.HEADERS:
        return {}
    name = owner.get_username() if owner else ""
    day = review_by.isoformat() if review_by else ""
    pairs = ((glossary.owner_key, name), (glossary.review_key, day))
    return {key: text for key, text in pairs if key}


def keys_to_write(
    glossary: Glossary, document: TermDocument, owner: Any, review_by: date | None
) -> dict[str, str]:
    """Return the header keys that say something else than ``owner`` and ``review_by``."""
    wanted = header_keys(glossary, owner, review_by)
    changed = {}
    for key, text in wanted.items():
        found = _text_of(document, key) or ""
        is_same = found == text
        if key == glossary.owner_key and found and owner:
            is_same = People().named(found) == owner
        if not is_same:
            changed[key] = text
    return changed


def _text_of(document: TermDocument, key: str) -> str | None:
    """Return the value of a header key, an empty text without it, or None if it is no text."""
    value = document.source.data.get(key, "") if key else None
    return value.strip() if isinstance(value, str) else None


def as_day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


# In the sidecar


@dataclass
class AppliedItems:
    """What was done with items.

    ``done``: item → the id of its term. ``terms`` are the ids of terms whose pages change.
    ``problems``: item → why it could not be applied.
    """

    done: dict[Item, int] = field(default_factory=dict)
    terms: set[int] = field(default_factory=set)
    problems: dict[Item, str] = field(default_factory=dict)


def apply_items(glossary: Glossary, changes: Mapping[Item, str | None]) -> AppliedItems:
    """Store items; None restores a default. Call it in a transaction with the glossary's lock."""
    applying = _Applying(glossary, changes)
    applied = AppliedItems()
    for item, value in sorted(changes.items(), key=lambda pair: pair[0]):
        term = applying.terms.get(item.path)
        if term is None:
            reason = f"There is no term file “{item.path}”." if value is not None else ""
        else:
            reason = getattr(applying, item.key)(term, item.name, value)
        if reason:
            applied.problems[item] = reason
        elif term:
            applied.done[item] = term.pk
            applied.terms |= {term.pk} if item.key in SHOWN else set()
    return applied


class _Applying:
    """A method for each key of the sidecar: it stores a value, or returns why it cannot."""

    def __init__(self, glossary: Glossary, changes: Mapping[Item, str | None]):
        self.glossary = glossary
        paths = {item.path for item in changes}
        paths |= {value for item, value in changes.items() if item.key == "links" and value}
        paths |= {item.name for item in changes if item.key == "unrelated"}
        self.terms: dict[str, Term] = {}
        for some in batches(sorted(paths)):
            rows = Term.objects.filter(glossary=glossary, path__in=some).only("pk", "path", "uid")
            self.terms |= {term.path: term for term in rows}

    @cached_property
    def _people(self) -> "People":
        return People()

    def owner(self, term: Term, _name: str, value: str | None) -> str:
        person = self._people.named(value) if value is not None else None
        if value is not None and person is None:
            return f"There is no active user “{value}”."
        Term.objects.filter(pk=term.pk).update(owner=person)
        return ""

    def review_by(self, term: Term, _name: str, value: str | None) -> str:
        day = as_day(value)
        if value is not None and day is None:
            return f"“{value}” is no date such as 2027-01-31."
        Term.objects.filter(pk=term.pk).update(review_by=day)
        return ""

    def linked(self, term: Term, _name: str, value: str | None) -> str:
        is_linked = value is None or value.lower() in ("true", "yes")
        if not is_linked and str(value).lower() not in (NOT_LINKED, "no"):
            return f"“linked” has to be true or false, not “{value}”."
        Term.objects.filter(pk=term.pk).update(is_linked=is_linked)
        return ""

    def aliases(self, term: Term, name: str, value: str | None) -> str:
        kind = Alias.Kind.ALTERNATIVE if value is None else value
        if kind not in Alias.Kind.values:
            return f"“{value}” is no kind of alias: {', '.join(Alias.Kind.values)}."
        rows = Alias.objects.filter(term=term, name=name)
        return "" if rows.update(kind=kind) or value is None else f"There is no alias “{name}”."

    def links(self, term: Term, name: str, value: str | None) -> str:
        key = name_key(name)[:NAME_LENGTH]
        if value is None:
            MentionDecision.objects.filter(term=term, key=key).delete()
            return ""
        target = self.terms.get(value) if value != NEVER else None
        if value != NEVER and target is None:
            return f"There is no term file “{value}”."
        MentionDecision.objects.update_or_create(term=term, key=key, defaults={"target": target})
        return ""

    def unrelated(self, term: Term, name: str, value: str | None) -> str:
        target = self.terms.get(name)
        if target is None:
            return f"There is no term file “{name}”." if value is not None else ""
        rows = DeclinedRelation.objects.filter(term=term, target_uid=target.uid)
        if value is None:
            rows.delete()
        elif not rows.exists():
            rows.create(term=term, target_uid=target.uid, at=timezone.now())
        return ""
