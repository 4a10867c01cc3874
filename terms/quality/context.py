"""The glossary that a text is checked against."""

from collections import Counter
from functools import cached_property
from pathlib import PurePosixPath

from django.db.models import Exists, OuterRef

from terms.addresses import Origin, linked_file
from terms.editing.index import known_names
from terms.formats.paths import name_key
from terms.media.pictures import file_beside
from terms.models import (
    Address,
    FormerPath,
    Glossary,
    Page,
    Picture,
    PublishedName,
    Relation,
    Term,
)
from terms.models.term import NAME_LENGTH
from terms.rendering import Names

USUAL = 0.6  # share of the terms with a section, from which its absence is reported
ENOUGH = 5  # terms with a text; with fewer, no section is usual
SAMPLE = 300  # terms from which the usual sections are determined
MOST_WANTED = 2_000  # wanted names to search for in texts
MOST_RENAMED = 10_000  # files
MAX_WORDS, LONGEST = 100, 8  # words of a definition, and of a name in it


class GlossaryContext:
    """The queries of rules about a glossary. Results are cached."""

    def __init__(self, glossary: Glossary):
        self.glossary = glossary

    def terms_in(self, text: str) -> dict[str, int]:
        """Return keys of the names in a short text → ids of their terms."""
        words = text.split()[:MAX_WORDS]
        runs = {
            name_key(" ".join(words[start:end]).strip(".,;:!?()“”\"'"))[:NAME_LENGTH]
            for start in range(len(words))
            for end in range(start + 1, min(len(words), start + LONGEST) + 1)
        }
        return known_names(self.glossary, runs)

    @cached_property
    def wanted(self) -> Names:
        """The names that relations use but no term has, at most MOST_WANTED."""
        wanted = Relation.objects.wanted().filter(
            term__glossary=self.glossary, term__trashed_at=None
        )
        # An abbreviation is also a known name.
        known = PublishedName.objects.filter(glossary=self.glossary, key=OuterRef("key"))
        wanted = wanted.filter(~Exists(known))
        labels = wanted.order_by("key").values_list("label", flat=True).distinct()
        return Names((label, label) for label in labels[:MOST_WANTED])

    @cached_property
    def sections(self) -> dict[str, str]:
        """The sections that most terms have: key → title."""
        times: Counter[str] = Counter()
        titles: dict[str, str] = {}
        bodies = self._sample()
        if len(bodies) < ENOUGH:
            return {}
        for body in bodies:
            lines = {line[3:].strip() for line in body.splitlines() if line.startswith("## ")}
            titles |= {name_key(line): line for line in lines}
            times.update({name_key(line) for line in lines})
        usual = [key for key, count in times.items() if count >= USUAL * len(bodies)]
        return {key: titles[key] for key in usual}

    def _sample(self) -> list[str]:
        terms = Term.objects.filter(glossary=self.glossary, problem="").exclude(body="")
        return list(terms.order_by("pk").values_list("body", flat=True)[:SAMPLE])

    def has_file(self, address: str) -> bool:
        """Whether the file of a link belongs to a term; true for links that point to no file."""
        file = linked_file(address, self.glossary.slug, Origin.of(self.glossary.origin))
        slugs = {file, file.lower()}
        return not file or Term.objects.filter(glossary=self.glossary, slug__in=slugs).exists()

    def file_after_rename(self, address: str) -> str:
        """Return the path of the term whose file had the name in a link, or an empty string."""
        file = linked_file(address, self.glossary.slug, Origin.of(self.glossary.origin))
        return self._renamed.get(file.lower(), "")

    @cached_property
    def _renamed(self) -> dict[str, str]:
        """Former names of files, without folder and ending → the paths that they have now."""
        rows = FormerPath.objects.filter(glossary=self.glossary, term__trashed_at=None)
        paths = rows.order_by("-pk").values_list("path", "term__path")[:MOST_RENAMED]
        return {PurePosixPath(former).stem.lower(): now for former, now in reversed(paths)}

    def has_picture(self, path: str, address: str) -> bool:
        """Whether a picture beside the term file ``path`` is stored here."""
        file = file_beside(path, address)
        stored = Picture.objects.filter(glossary=self.glossary, path=file)
        return bool(file) and stored.exists()

    def has_page(self, path: str) -> bool:
        """Whether ``path`` is, or once was, a public page."""
        pages = Page.objects.filter(path=path, status__lt=400)
        return pages.exists() or Address.objects.filter(path=path).exists()
