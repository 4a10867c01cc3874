"""File paths and slugs of terms: free ones for new terms, and renames."""

import hashlib
from collections.abc import Collection, Sequence
from typing import NamedTuple

from terms.addresses import MAX_SLUG
from terms.formats.paths import bundle_above, path_for, slug_of, slug_within
from terms.models import ChangeSet, FormerPath, Glossary, Term
from terms.models.bulk import batches, update_rows


def free_path(glossary: Glossary, name: str, folder: str = "") -> str:
    """Return an unused path for the file of a new term."""
    of_no_letters = f"term-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
    stem = folder + path_for(name, of_no_letters).removesuffix(".md")
    taken = Term.objects.filter(glossary=glossary)
    paths = (f"{stem}.md" if n == 1 else f"{stem}-{n}.md" for n in range(1, 10_000))
    return next(path for path in paths if not taken.at_path(path).exists())


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


class PathChange(NamedTuple):
    """A rename of the file of the term with the id ``term``."""

    term: int
    before: str
    after: str


def rename_files(
    glossary: Glossary,
    changes: Sequence[PathChange],
    change_set: ChangeSet | None,
    with_addresses: bool = False,
) -> bool:
    """Give terms other paths, and keep the former ones. Return False if one has another path now.

    Published terms keep their slug, so that addresses change only ``with_addresses``. Call it in
    a transaction, and roll it back if the result is False.
    """
    slugs = slugs_for(glossary, [change.after for change in changes])
    for some in batches(changes):
        live = Term.objects.live().filter(pk__in=[change.term for change in some])
        kept = set() if with_addresses else set(live.values_list("pk", flat=True))
        # Paths are exchanged by a path that no file can have.
        away = [(f"/{change.term}", change.term, change.before) for change in some]
        if update_rows(Term, ("path",), ("id", "path"), away) != len(some):
            return False
        update_rows(Term, ("path",), ("id",), [(change.after, change.term) for change in some])
        new = [(slugs[c.after], c.term) for c in some if c.term not in kept]
        update_rows(Term, ("slug",), ("id",), new)
    FormerPath.objects.bulk_create(
        FormerPath(
            glossary=glossary, term_id=change.term, path=change.before, change_set=change_set
        )
        for change in changes
    )
    return True
