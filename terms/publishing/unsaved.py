"""The page of a text as readers would get it, without storing anything."""

from django.utils import timezone

from terms.editing.paths import slugs_for
from terms.formats.document import TermDocument
from terms.formats.fingerprint import fingerprint_of
from terms.models import Alias, Category, Glossary, MentionDecision, PublishedTerm, Term, Vertical
from terms.models.fields import new_uid
from terms.pages.surroundings import Surroundings, surroundings_with
from terms.pages.term import page_html
from terms.rendering import MAX_BODY, render

from .candidates import Live, Version, published_term
from .links import Source, derived_rows
from .mentions import MentionSource, mentions_in
from .relations import related_rows, successor_rows


def page_of_text(
    glossary: Glossary, document: TermDocument, term: Term | None = None
) -> tuple[str, bytes]:
    """Return the path and the HTML of the page that ``document`` would have.

    A new text has no ``term``. What other pages link to a new name is known once it is published.
    Raises CannotRender.
    """
    if len(document.body) > MAX_BODY:
        render(document.body)  # says why it cannot be rendered
    live = Live(_version(glossary, document, term), document, _hidden(term), _decisions(term))
    page = published_term(glossary, live, timezone.now())
    stored = PublishedTerm.objects.filter(uid=page.uid).values("pk", "published_at").first()
    page.pk = stored["pk"] if stored else 0
    page.published_at = stored["published_at"] if stored else page.published_at
    return page.path, page_html(glossary, page, _surroundings(glossary, page, document))


def _version(glossary: Glossary, document: TermDocument, term: Term | None) -> Version:
    number = term.version + 1 if term else 1
    return Version(
        text=document.text,
        fingerprint=fingerprint_of(document.text),
        number=number,
        term=term.pk if term else 0,
        uid=term.uid if term else new_uid(),
        path=document.path,
        slug=term.slug if term else slugs_for(glossary, [document.path])[document.path],
        name=document.name,
        newest=number,
        live_fingerprint=term.live_fingerprint if term else "",
        is_linked=term.is_linked if term else True,
        category_slug=_slug(Category, glossary, document.category),
        vertical_slug=_slug(Vertical, glossary, document.vertical),
    )


def _slug(model: type[Category | Vertical], glossary: Glossary, name: str) -> str:
    """Return the slug of a category or vertical, also of one that saving would create."""
    if not name:
        return ""
    found = model.objects.filter(glossary=glossary, name=name).values_list("slug", flat=True)
    return found.first() or model.objects.free_slug(glossary, name)


def _hidden(term: Term | None) -> frozenset[str]:
    if term is None:
        return frozenset()
    rows = Alias.objects.order_by().filter(term=term.pk, kind=Alias.Kind.HIDDEN)
    return frozenset(rows.values_list("name", flat=True))


def _decisions(term: Term | None) -> dict[str, str]:
    if term is None:
        return {}
    rows = MentionDecision.objects.filter(term=term.pk).order_by("pk")
    return {key: uid or "" for key, uid in rows.values_list("key", "target__uid")}


def _surroundings(glossary: Glossary, page: PublishedTerm, document: TermDocument) -> Surroundings:
    source = Source(page.pk, page.name, page.slug, document.body)
    rows = [
        *related_rows(glossary, page.pk, document),
        *successor_rows(glossary, page.pk, document),
        *derived_rows(glossary, [source]),
    ]
    rows.sort(key=lambda row: row.position)
    relations = [(row.term, row.kind, row.label, row.target_uid) for row in rows]
    text = MentionSource(page.pk, page.uid, page.text, page.body_start, page.plain, page.decisions)
    own = (document.name, *document.aliases) if page.is_linked else ()
    mentions = [
        (page.pk, place.start, place.end, target)
        for place, target in mentions_in(glossary, text, own)
        if target
    ]
    return surroundings_with({page.pk: page.uid}, relations, mentions)[page.uid]
