"""The one place where the editors' side and the readers' side meet."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from .alphabet import letter_of, sort_key
from .formats.document import TermDocument, read_document
from .formats.paths import name_key
from .models import (
    Alias,
    Glossary,
    PublishedName,
    PublishedRelation,
    PublishedTerm,
    Relation,
    Revision,
    Term,
)
from .models.term import NAME_LENGTH
from .rendering import CannotRender, render_page

BATCH = 500


@dataclass(frozen=True)
class Refusal:
    """A term that readers cannot be shown, and why."""

    term: Term
    reason: str


def publish(glossary: Glossary, terms: QuerySet[Term]) -> list[Refusal]:
    """Make the newest text of each of ``terms`` what readers see, or say why not."""
    refusals: list[Refusal] = []
    with transaction.atomic():
        Glossary.objects.select_for_update(no_key=True).get(pk=glossary.pk)
        ids = list(terms.order_by("path").values_list("pk", flat=True))
        for start in range(0, len(ids), BATCH):
            refusals += _publish_batch(glossary, ids[start : start + BATCH])
    return refusals


def withdraw(glossary: Glossary, terms: QuerySet[Term]) -> int:
    """Take ``terms`` off the readers' side; how many were on it."""
    with transaction.atomic():
        Glossary.objects.select_for_update(no_key=True).get(pk=glossary.pk)
        uids = list(terms.live().values_list("uid", flat=True))
        PublishedTerm.objects.filter(uid__in=uids).delete()
        Term.objects.filter(uid__in=uids).update(live_fingerprint="")
    return len(uids)


def _publish_batch(glossary: Glossary, ids: list[int]) -> list[Refusal]:
    revisions = Revision.objects.filter(term__in=ids, number=F("term__version"))
    refusals, pages, documents = [], [], {}
    shown = _shown_aliases(ids)
    for revision in revisions.select_related("term__category", "term__vertical").order_by(
        "term__path"
    ):
        term = revision.term
        document = read_document(revision.text, term.path)
        try:
            page = _page(glossary, term, document, shown.get(term.pk, []))
        except CannotRender as error:
            refusals.append(Refusal(term, str(error)))
            continue
        if reason := document.why_no_term or _why_no_address(page, pages):
            refusals.append(Refusal(term, reason))
            continue
        pages.append(page)
        documents[term.uid] = (term, document)
    PublishedTerm.objects.bulk_create(
        pages,
        update_conflicts=True,
        unique_fields=["uid"],
        update_fields=[f.name for f in PublishedTerm._meta.fields if f.name not in ("id", "uid")],
    )
    _write_rows(glossary, documents)
    Term.objects.filter(uid__in=documents).update(live_fingerprint=F("fingerprint"))
    return refusals


def _shown_aliases(ids: list[int]) -> dict[int, list[str]]:
    """Other names by term; misspellings lead to a page without standing on it."""
    shown: dict[int, list[str]] = {}
    aliases = Alias.objects.filter(term__in=ids).exclude(kind=Alias.Kind.HIDDEN)
    for term, name in aliases.order_by("term", "position").values_list("term", "name"):
        shown.setdefault(term, []).append(name)
    return shown


def _page(
    glossary: Glossary, term: Term, document: TermDocument, aliases: list[str]
) -> PublishedTerm:
    rendered = render_page(document.body)
    category, vertical = term.category, term.vertical
    return PublishedTerm(
        glossary=glossary,
        uid=term.uid,
        fingerprint=term.fingerprint,
        slug=term.slug,
        name=term.name,
        letter=letter_of(term.name),
        sort_key=sort_key(term.name),
        icon=term.icon,
        category=category.name if category else "",
        category_slug=category.slug if category else "",
        vertical=vertical.name if vertical else "",
        vertical_slug=vertical.slug if vertical else "",
        description=term.description,
        html=rendered.html,
        contents=[[heading.level, heading.id, heading.text] for heading in rendered.contents],
        aliases=aliases,
        details=[
            {"title": row.title, "value": row.value, "url": row.url, "follows": row.follows}
            for row in document.rows
            if row.follows != "related"
        ],
        published_at=timezone.now(),
    )


def _why_no_address(page: PublishedTerm, others: Iterable[PublishedTerm]) -> str:
    """Why the page's address is not free."""
    if page.slug in ("", ".", ".."):
        return "Its file's name makes no address."
    published = PublishedTerm.objects.of(page.glossary).exclude(uid=page.uid)
    if (
        any(other.slug == page.slug for other in others)
        or published.filter(slug=page.slug).exists()
    ):
        return f"Another published term has the address “{page.slug}”."
    short = not (page.category_slug and page.vertical_slug)
    if short and published.filter(category_slug=page.slug).exists():
        return f"A category has the address “{page.slug}”."
    if published.filter(slug=page.category_slug, category_slug="").exists():
        return f"A term without category has the address of the category “{page.category}”."
    return ""


def _write_rows(glossary: Glossary, documents: dict) -> None:
    published = dict(PublishedTerm.objects.filter(uid__in=documents).values_list("uid", "pk"))
    PublishedName.objects.filter(term__in=published.values()).delete()
    PublishedRelation.objects.filter(term__in=published.values()).delete()
    names = [
        PublishedName(term_id=published[uid], name=name, key=name_key(name)[:NAME_LENGTH])
        for uid, (term, document) in documents.items()
        for name in (term.name, *document.aliases)
    ]
    PublishedName.objects.bulk_create(names, batch_size=BATCH)
    relations = Relation.objects.filter(term__uid__in=documents).values_list(
        "term__uid", "position", "label", "key", "target__uid"
    )
    PublishedRelation.objects.bulk_create(
        [
            PublishedRelation(
                term_id=published[uid], position=position, label=label, key=key, target_uid=target
            )
            for uid, position, label, key, target in relations
        ],
        batch_size=BATCH,
    )
    _resolve_waiting(glossary, names, {pk: uid for uid, pk in published.items()})


def _resolve_waiting(glossary: Glossary, names: list[PublishedName], uids: dict) -> None:
    """Published relations that waited for one of ``names`` become links."""
    targets = {name.key: uids[name.term_id] for name in reversed(names)}
    waiting = PublishedRelation.objects.filter(
        term__glossary=glossary, target_uid=None, key__in=targets
    )
    relations = list(waiting)
    for relation in relations:
        relation.target_uid = targets[relation.key]
    PublishedRelation.objects.bulk_update(relations, ["target_uid"], batch_size=BATCH)
