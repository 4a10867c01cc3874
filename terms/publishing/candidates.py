"""Versions to publish, and the published rows that result."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

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
    """A text of a term, with the columns of the term that publishing needs."""

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

    @property
    def is_live(self) -> bool:
        return self.fingerprint == self.live_fingerprint


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
    """A term with the text that is, or will be, published."""

    version: Version
    document: TermDocument
    hidden: frozenset[str]  # aliases that are not shown
    decisions: dict[str, str]  # key of a name → uid of the term, or "" to never link it


Batch = dict[Uid, tuple[Live, PublishedTerm]]  # the texts to publish, and their rows


def lives(revisions: QuerySet[Revision]) -> Iterator[Live]:
    """Yield a Live for each of ``revisions``. Of equal texts of a term, the latest is first."""
    ordered = revisions.order_by("term__path", "-number")
    rows: Any = ordered.values("text", "fingerprint", "number", "term", **_OF_TERM)
    versions = [Version(**row) for row in rows]
    ids = {version.term for version in versions}
    hidden: dict[int, set[str]] = {}
    aliases = Alias.objects.order_by().filter(term__in=ids, kind=Alias.Kind.HIDDEN)
    for pk, name in aliases.values_list("term", "name"):
        hidden.setdefault(pk, set()).add(name)
    # An older text that stays live keeps the names that were hidden when it was published.
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
    # Bodies that are too long to render are refused later, and not parsed here.
    is_defined = bool(document.description.strip()) or len(document.body) > MAX_BODY
    own = document.description if is_defined else None
    return PublishedTerm(
        glossary=glossary,
        uid=version.uid,
        fingerprint=version.fingerprint,
        path=term_path(glossary.slug, *slugs, version.slug),
        slug=version.slug,
        file=version.path,
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
        # Misspellings are searchable, but not shown.
        aliases=[name for name in document.aliases if name not in live.hidden],
        pictures=addresses_of(glossary, version.path, document.body, version.term),
        is_deprecated=document.is_deprecated,
        is_linked=version.is_linked,
        decisions=live.decisions,
        published_at=now,
        changed_at=now,
        **derived(glossary, document.name, version.slug, document.body, own),
    )


def _slugs(glossary: Glossary, live: Live) -> tuple[str, str]:
    """Return the slugs of category and vertical.

    The columns of the term belong to its newest text. An older text keeps its published slugs.
    """
    version, document = live.version, live.document
    if version.is_newest:
        return (version.category_slug or "", version.vertical_slug or "")
    published = PublishedTerm.objects.filter(uid=version.uid, fingerprint=version.fingerprint)
    if found := published.values_list("category_slug", "vertical_slug").first():
        return found
    category, vertical = document.category, document.vertical
    return (
        Category.objects.named(glossary, {category})[category].slug if category else "",
        Vertical.objects.named(glossary, {vertical})[vertical].slug if vertical else "",
    )


def _details(document: TermDocument) -> list[dict[str, str]]:
    return [
        {"title": row.title, "value": row.value, "url": row.url, "follows": row.follows}
        for row in document.rows
        if row.follows != "related"
    ]
