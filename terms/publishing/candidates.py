"""Versions to publish, and the published rows that result."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, QuerySet

from terms.addresses import term_path
from terms.formats.document import TermDocument, read_document
from terms.media.pictures import addresses_of
from terms.models import (
    Alias,
    Category,
    Glossary,
    MentionDecision,
    PublishedName,
    PublishedTerm,
    Revision,
    Vertical,
)
from terms.models.fields import Uid
from terms.rendering import MAX_BODY

from .derived import derived


class Version(NamedTuple):
    """A text of a term, and what publishing it takes of the term's row."""

    text: str
    fingerprint: str
    number: int
    term: int
    uid: Uid
    path: str
    slug: str
    name: str
    newest: int
    live_fingerprint: str
    is_linked: bool
    category_slug: str | None
    vertical_slug: str | None

    @property
    def is_newest(self) -> bool:
        return self.number == self.newest


_OF_TERM = {
    "uid": F("term__uid"),
    "path": F("term__path"),
    "slug": F("term__slug"),
    "name": F("term__name"),
    "newest": F("term__version"),
    "live_fingerprint": F("term__live_fingerprint"),
    "is_linked": F("term__is_linked"),
    "category_slug": F("term__category__slug"),
    "vertical_slug": F("term__vertical__slug"),
}


class Live(NamedTuple):
    """A term with the text that readers see, or are to see."""

    version: Version
    document: TermDocument
    hidden: frozenset[str]  # other names that are not shown
    decisions: dict[str, str]  # of names in the text: the term meant, nothing for none


Batch = dict[Uid, tuple[Live, PublishedTerm]]  # what is to be live, and its row


def lives(revisions: QuerySet[Revision]) -> Iterator[Live]:
    """For each of ``revisions`` what is to be live; of a text made twice the later one first."""
    rows = revisions.order_by("term__path", "-number")
    rows = rows.values("text", "fingerprint", "number", "term", **_OF_TERM)
    versions = [Version(**row) for row in rows]
    ids = {version.term for version in versions}
    hidden: dict[int, set[str]] = {}
    rows = Alias.objects.order_by().filter(term__in=ids, kind=Alias.Kind.HIDDEN)
    for pk, name in rows.values_list("term", "name"):
        hidden.setdefault(pk, set()).add(name)
    # An older text that goes on being live keeps what was hidden when it was published.
    older = {version.uid: version.term for version in versions if not version.is_newest}
    kept = PublishedName.objects.order_by().filter(term__uid__in=older, is_hidden=True)
    for uid, name in kept.values_list("term__uid", "name"):
        hidden.setdefault(older[uid], set()).add(name)
    decisions: dict[int, dict[str, str]] = {}
    decided = MentionDecision.objects.filter(term__in=ids).order_by("pk")
    for pk, key, uid in decided.values_list("term", "key", "target__uid"):
        decisions.setdefault(pk, {})[key] = uid or ""
    for version in versions:
        yield Live(
            version,
            read_document(version.text, version.path),
            frozenset(hidden.get(version.term, ())),
            decisions.get(version.term, {}),
        )


def published_term(glossary: Glossary, live: Live, now: datetime) -> PublishedTerm:
    version, document = live.version, live.document
    slugs = _slugs(glossary, live)
    # What is too long to be rendered is refused later, and not read here.
    is_defined = bool(document.description.strip()) or len(document.body) > MAX_BODY
    own = document.description if is_defined else None
    return PublishedTerm(
        glossary=glossary,
        uid=version.uid,
        fingerprint=version.fingerprint,
        path=term_path(glossary.slug, *slugs, version.slug),
        slug=version.slug,
        name=document.name,
        icon=document.icon,
        category=document.category if slugs[0] else "",
        category_slug=slugs[0],
        vertical=document.vertical if slugs[1] else "",
        vertical_slug=slugs[1],
        is_defined=is_defined,
        text=version.text,
        body_start=len(version.text) - len(document.body),
        details=_details(document),
        # Misspellings are found, but not shown.
        aliases=[name for name in document.aliases if name not in live.hidden],
        pictures=addresses_of(glossary, version.path, document.body),
        is_deprecated=document.is_deprecated,
        is_linked=version.is_linked,
        decisions=live.decisions,
        published_at=now,
        changed_at=now,
        **derived(glossary, document.name, version.slug, document.body, own),
    )


def _slugs(glossary: Glossary, live: Live) -> tuple[str, str]:
    """Those of category and vertical. The term's own rows are of its newest text, which may
    say others than the live one: then what readers have stays."""
    version, document = live.version, live.document
    if version.is_newest:
        return (version.category_slug or "", version.vertical_slug or "")
    published = PublishedTerm.objects.filter(uid=version.uid, fingerprint=version.fingerprint)
    if found := published.values_list("category_slug", "vertical_slug").first():
        return found
    names = ((Category, document.category), (Vertical, document.vertical))
    return tuple(
        model.objects.named(glossary, {name})[name].slug if name else "" for model, name in names
    )


def _details(document: TermDocument) -> list[dict[str, str]]:
    return [
        {"title": row.title, "value": row.value, "url": row.url, "follows": row.follows}
        for row in document.rows
        if row.follows != "related"
    ]
