"""Free file paths and slugs for new terms."""

import hashlib
from collections.abc import Collection

from terms.addresses import MAX_SLUG
from terms.formats.paths import bundle_above, path_for, slug_of, slug_within
from terms.models import Glossary, Term
from terms.models.bulk import batches


def free_path(glossary: Glossary, name: str, folder: str = "") -> str:
    """Return an unused path for the file of a new term."""
    of_no_letters = f"term-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
    stem = folder + path_for(name, of_no_letters).removesuffix(".md")
    taken = Term.objects.filter(glossary=glossary)
    paths = (f"{stem}.md" if n == 1 else f"{stem}-{n}.md" for n in range(1, 10_000))
    return next(path for path in paths if not taken.filter(path__iexact=path).exists())


def slugs_for(glossary: Glossary, paths: Collection[str]) -> dict[str, str]:
    """Return path → slug for new term files.

    For a folder within the folder of another term, the slug contains the names of both.
    """
    above = {path: bundle_above(path) for path in paths if "/index.md" in path}
    files = set(filter(None, above.values()))
    known: dict[str, str] = {}
    for some in batches(files):
        rows = Term.objects.order_by().filter(glossary=glossary, path__in=some)
        known.update(rows.values_list("path", "slug"))
    found: dict[str, str] = {}
    for path in sorted(paths, key=lambda path: path.count("/")):  # outer folders first
        slug, file = slug_of(path), above.get(path, "")
        head = known.get(file) or found.get(file)
        whole = slug_within(head, slug) if head else slug
        found[path] = whole if len(whole) <= MAX_SLUG else slug
    return found
