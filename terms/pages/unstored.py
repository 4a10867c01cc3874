"""Pages of published terms that are not stored yet.

A large publication stores its pages in parts. Links to pages that are stored later already work.
"""

from terms.models import Glossary, PublishedTerm

from .entries import Scope
from .lists import Listing
from .store import FORMS, Built
from .term import term_pages


def unstored_page(path: str) -> Built | None:
    """Return the page of a published term, one of its other forms, or a list's own page."""
    return _of_term(path) or _of_list(path)


def _of_term(path: str) -> Built | None:
    stem, _, suffix = path.rpartition(".")
    owner = f"{stem}/" if suffix in FORMS else path
    terms = PublishedTerm.objects.filter(path=owner, glossary__deleted_at=None)
    found = terms.select_related("glossary").only("glossary").first()
    pages = term_pages(found.glossary, [found.uid]) if found else ()
    return next((page for page in pages if page.path == path), None)


def _of_list(path: str) -> Built | None:
    parts = path.strip("/").split("/")
    if not path.endswith("/") or len(parts) not in (2, 3) or not all(parts):
        return None
    glossary = Glossary.objects.filter(slug=parts[0]).first()
    if glossary is None:
        return None
    page = Listing(glossary, Scope(*parts[1:])).root()
    return page if page and page.path == path else None
