"""Quality rules: each says what, where and how to mend it. None of them changes
anything; a glossary has each of them off, as a warning, or as a bar to publishing."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from django.db.models import F

from terms.addresses import Origin, linked_file
from terms.editing.index import known_names
from terms.formats.document import TermDocument, read_document
from terms.formats.paths import name_key
from terms.media.pictures import file_beside
from terms.models import (
    Address,
    Glossary,
    Page,
    Picture,
    PublishedName,
    Relation,
    Revision,
    Term,
    TermFile,
)
from terms.models.term import NAME_LENGTH
from terms.rendering import MAX_BODY, Names, Outline, is_elsewhere, outline

OFF, WARN, BLOCK = "off", "warn", "block"
CARD = 300  # characters of a definition that a card shows well
USUAL = 0.6  # of the terms have a section for it to be missed in the others
ENOUGH = 5  # terms, to say what is usual
JARGON = 20  # wanted names that are reported for a text
SAMPLE = 300  # terms, of which is taken what is usual
SOME = 2_000  # wanted names that texts are searched for
MAX_WORDS, LONGEST = 100, 8  # of a definition, and of a name in it


class Finding(NamedTuple):
    """``where`` names the field, with the line of the body where there is one."""

    rule: str
    where: str
    words: str


@dataclass(frozen=True)
class CheckedTerm:
    """A term as its text says it."""

    term: Term | None
    document: TermDocument

    @cached_property
    def outline(self) -> Outline:
        return outline(self.document.body) if len(self.document.body) <= MAX_BODY else Outline()


class GlossaryContext:
    """What the rules know of the rest of the glossary; each is read once, when first asked."""

    def __init__(self, glossary: Glossary):
        self.glossary = glossary

    def terms_in(self, text: str) -> dict[str, int]:
        """Keys of the names that a short text holds, with the terms that they mean."""
        words = text.split()[:MAX_WORDS]
        runs = {
            name_key(" ".join(words[start:end]).strip(".,;:!?()“”\"'"))[:NAME_LENGTH]
            for start in range(len(words))
            for end in range(start + 1, min(len(words), start + LONGEST) + 1)
        }
        return known_names(self.glossary, runs)

    @cached_property
    def wanted(self) -> Names:
        """Some of the names that nobody has written: all, unless they are very many."""
        wanted = Relation.objects.wanted().filter(
            term__glossary=self.glossary, term__trashed_at=None
        )
        # A name's abbreviation, too, is a name that readers know it by.
        known = PublishedName.objects.filter(glossary=self.glossary)
        wanted = wanted.exclude(key__in=known.values("key"))
        labels = wanted.order_by("key").values_list("label", flat=True).distinct()
        return Names((label, label) for label in labels[:SOME])

    @cached_property
    def sections(self) -> dict[str, str]:
        """Key → title of the sections that most terms have."""
        found: Counter[str] = Counter()
        titles: dict[str, str] = {}
        bodies = Term.objects.filter(glossary=self.glossary, problem="").exclude(body="")
        some = bodies.order_by("pk").values_list("body", flat=True)[:SAMPLE]
        count = 0
        for count, body in enumerate(some, 1):  # noqa: B007 — counted for what follows
            lines = {line[3:].strip() for line in body.splitlines() if line.startswith("## ")}
            titles |= {name_key(line): line for line in lines}
            found.update({name_key(line) for line in lines})
        usual = [key for key, times in found.items() if times >= USUAL * count >= USUAL * ENOUGH]
        return {key: titles[key] for key in usual}

    def has_file(self, address: str) -> bool:
        """Whether there is the file that a link to one means; of other links it is not known."""
        file = linked_file(address, self.glossary.slug, Origin.of(self.glossary.origin))
        slugs = {file, file.lower()}
        return not file or Term.objects.filter(glossary=self.glossary, slug__in=slugs).exists()

    def has_picture(self, entry: CheckedTerm, address: str) -> bool:
        """Whether the picture lies beside the term's file, and is kept."""
        path = file_beside(entry.term.path, address) if entry.term else ""
        return Picture.objects.filter(glossary=self.glossary, path=path).exists()

    def leads_somewhere(self, path: str) -> bool:
        pages = Page.objects.filter(path=path, status__lt=400)
        return pages.exists() or Address.objects.filter(path=path).exists()


Check = Callable[[CheckedTerm, GlossaryContext], Iterator[tuple[str, str]]]


def repeats_itself(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    document = entry.document
    for found in Names([(document.name, 1)]).find(document.description):
        if found.start > len(document.name) + 4:  # "Flask is …" names what it defines
            yield (
                "description",
                f"“{document.name}” is used in its own definition. Rephrase it.",
            )
            return


def is_circular(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    own = entry.term.pk if entry.term else None
    named = {
        key: pk for key, pk in around.terms_in(entry.document.description).items() if pk != own
    }
    own_names = Names((name, 1) for name in (entry.document.name, *entry.document.aliases))
    others = dict(Term.objects.filter(pk__in=named.values()).values_list("pk", "description"))
    for key, pk in named.items():
        if own_names.find(others.get(pk, "")):
            yield "description", f"It is defined by “{key}”, which is defined by it."


def is_too_long(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    length = len(entry.document.description)
    if length > CARD:
        yield "description", f"It has {length} characters; a card shows {CARD} well. Shorten it."


def lacks_definition(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    if not entry.document.description.strip():
        yield "description", "Add a definition of one sentence."


def lacks_section(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    own = {name_key(h.text) for h in entry.outline.headings if h.target == "H2"}
    for key, title in around.sections.items():
        if key not in own:
            yield "text", f"Most terms have a section “{title}”; this one has none."


def uses_jargon(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    said: set[str] = set()
    for line, text in enumerate(entry.document.body[:MAX_BODY].splitlines(), 1):
        for found in around.wanted.find(text):
            if found.key not in said and len(said) < JARGON:
                said.add(found.key)
                yield (
                    f"text, line {line}",
                    f"“{text[found.start : found.end]}” is a wanted term. Write it.",
                )


def has_broken_link(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    home = f"/{around.glossary.slug}/"
    for link in entry.outline.links:
        path = link.target.partition("#")[0].partition("?")[0]
        if not link.target:
            yield f"text, line {link.line}", f"The link “{link.text}” is broken."
        elif path.endswith(".md") and not around.has_file(path):
            yield (
                f"text, line {link.line}",
                f"No term has the file {path}; fix the link “{link.text}”.",
            )
        elif path.startswith(home) and not around.leads_somewhere(path):
            yield (
                f"text, line {link.line}",
                f"There is no page {path}; fix the link “{link.text}”.",
            )


def lacks_picture(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    for picture in entry.outline.pictures:
        if is_elsewhere(picture.target):
            words = f"The picture {picture.target} is of another site and is not shown."
        elif picture.target.startswith("/media/") or around.has_picture(entry, picture.target):
            continue
        else:
            words = f"There is no picture {picture.target} here."
        yield f"text, line {picture.line}", f"{words} Upload it: put the cursor there and paste it."


def skips_heading(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    headings = entry.outline.headings
    levels = [1, *(int(h.target[1]) for h in headings)]
    for heading, (before, level) in zip(headings, pairwise(levels), strict=True):
        if level == 1 or level > before + 1:
            meant = "##" if before == 1 else "#" * (before + 1)
            yield f"text, line {heading.line}", f"“{heading.text}” skips a level: write {meant}."


def lacks_alternative(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    for picture in entry.outline.pictures:
        if not picture.text.strip():
            yield (
                f"text, line {picture.line}",
                "Describe the picture: ![in these brackets](…).",
            )


def drifts(entry: CheckedTerm, around: GlossaryContext) -> Iterator[tuple[str, str]]:
    if entry.term is None:
        return
    files = TermFile.objects.filter(term=entry.term.pk)
    for folder in files.exclude(fingerprint=entry.term.fingerprint).values_list(
        "folder", flat=True
    ):
        # Its name only: the whole path says more of the server than editors need.
        place = folder.rstrip("/").rpartition("/")[2] or folder
        yield "file", f"The folder “{place}” holds another version until the next export or import."


RULES: Mapping[str, tuple[str, Check]] = {
    "definition": ("A definition is missing", lacks_definition),
    "repeats": ("A definition uses its own term", repeats_itself),
    "circular": ("Two definitions are circular", is_circular),
    "long": ("A definition is too long for a card", is_too_long),
    "section": ("A section that most terms have is missing", lacks_section),
    "jargon": ("A wanted term is used", uses_jargon),
    "link": ("A link is broken", has_broken_link),
    "picture": ("A picture is not on this site", lacks_picture),
    "heading": ("A heading skips a level", skips_heading),
    "alternative": ("A picture has no alternative text", lacks_alternative),
    "drift": ("A file holds another version", drifts),
}


def level_of(glossary: Glossary, rule: str) -> str:
    return glossary.rules.get(rule, WARN)


def findings(
    glossary: Glossary, entries: Iterable[CheckedTerm], levels: Iterable[str] = (WARN, BLOCK)
) -> Iterator[tuple[CheckedTerm, Finding]]:
    """What the rules of these levels find, entry by entry."""
    around = GlossaryContext(glossary)
    asked = set(levels)
    rules = {name: check for name, (_, check) in RULES.items() if level_of(glossary, name) in asked}
    for entry in entries:
        if entry.document.problem:
            continue
        for name, check in rules.items():
            for where, words in check(entry, around):
                yield entry, Finding(name, where, words)


def findings_of(term: Term) -> list[Finding]:
    return [found for _, found in findings(term.glossary, [CheckedTerm(term, term.document())])]


def all_findings(glossary: Glossary) -> Iterator[tuple[CheckedTerm, Finding]]:
    """Over a whole glossary, file by file."""
    newest = Revision.objects.filter(
        term__glossary=glossary, term__trashed_at=None, number=F("term__version")
    )
    rows = newest.select_related("term").order_by("term__path").iterator(chunk_size=500)
    entries = (CheckedTerm(row.term, read_document(row.text, row.term.path)) for row in rows)
    return findings(glossary, entries)


def bars(glossary: Glossary) -> bool:
    """Whether any rule keeps terms from being published."""
    return BLOCK in glossary.rules.values()


def why_barred(glossary: Glossary, entries: Iterable[CheckedTerm]) -> dict[int, str]:
    """By id of the terms what keeps them from being published."""
    if not bars(glossary):
        return {}
    barred: dict[int, str] = {}
    for entry, found in findings(glossary, entries, [BLOCK]):
        if entry.term:
            barred.setdefault(entry.term.pk, f"{found.where}: {found.words}")
    return barred
