"""Consistency of files, database and public pages. Reads only."""

from collections.abc import Iterator
from pathlib import Path

from django.db.models import F, Max

from terms.editing.index import known_names
from terms.editing.rereading import differences, newest_revisions
from terms.files.exporting import export
from terms.files.folder import FolderError
from terms.formats.document import read_document
from terms.formats.fingerprint import fingerprint_of
from terms.formats.related import read_names
from terms.media.originals import is_whole_original
from terms.media.pictures import is_whole, pictures_kept
from terms.models import Glossary, Picture, PublishedTerm, Revision, Term, TermFile
from terms.pages.rebuilding import stale_pages


def check_consistency(glossary: Glossary, folder: Path | None = None) -> Iterator[str]:
    """Yield a line for each inconsistency, with the file or page that it concerns."""
    yield from _check_database(glossary)
    yield from _check_published(glossary)
    yield from _check_pictures(glossary)
    places = TermFile.objects.filter(glossary=glossary).values_list("folder", flat=True)
    folders = [folder] if folder else [Path(place) for place in places.distinct().order_by()]
    for place in folders:
        if folder or place.is_dir():
            yield from _check_files(glossary, place)


def _check_database(glossary: Glossary) -> Iterator[str]:
    terms = Term.objects.filter(glossary=glossary)
    for term in terms.annotate(newest=Max("revisions__number")).exclude(newest=F("version")):
        yield f"{term.path}: its version is {term.version}, its newest revision {term.newest}."
    known = known_names(glossary, None)
    revisions = newest_revisions(glossary).prefetch_related("term__relations")
    for revision in revisions.iterator(chunk_size=500):
        yield from _check_term(revision)
        yield from _check_relations(revision.term, known)


def _check_term(revision: Revision) -> Iterator[str]:
    term = revision.term
    document = read_document(revision.text, term.path)
    if not revision.fingerprint == term.fingerprint == fingerprint_of(revision.text):
        yield f"{term.path}: its fingerprint is not that of its text."
    for name, stored, read in differences(term, document):
        yield f"{term.path}: {name} is {stored!r} in the database and {read!r} in the text."


def _check_relations(term: Term, known: dict[str, int]) -> Iterator[str]:
    relations = list(term.relations.all())
    labels = read_names(term.related, known.__contains__)
    if [relation.label for relation in relations] != labels:
        yield f"{term.path}: its relations are not those of its text: {', '.join(labels)}."
    for relation in relations:
        if relation.target_id is None and relation.key in known:
            yield f"{term.path}: “{relation.label}” is a term by now, and is still wanted."


def _check_published(glossary: Glossary) -> Iterator[str]:
    published = {page.uid: page for page in PublishedTerm.objects.of(glossary)}
    for term in Term.objects.filter(glossary=glossary).live():
        page = published.pop(term.uid, None)
        if page is None:
            yield f"{term.path}: is live, and readers have no page of it."
            continue
        if page.fingerprint != term.live_fingerprint:
            yield f"{term.path}: readers see another text than the one marked as live."
        texts = term.revisions.filter(fingerprint=page.fingerprint).values_list("text", flat=True)
        if page.text not in texts:
            yield f"{term.path}: its page is not made of its live text."
    for path in stale_pages(glossary):
        yield f"{path}: readers get an old page; run rebuild_site."
    for page in published.values():
        yield f"{page.slug}: readers have a page of a term that is not live."


def _check_pictures(glossary: Glossary) -> Iterator[str]:
    """Yield missing imported pictures of the glossary, and damaged stored pictures."""
    stored = {f"terms/{file.name}": file for file in pictures_kept()}
    pictures = Picture.objects.filter(glossary=glossary).order_by("path")
    for path, file, original in pictures.values_list("path", "file", "original"):
        if file not in stored or (original and not is_whole_original(original)):
            yield f"{path}: this picture is not stored any more; import its folder again."
    for kept in stored.values():
        if not is_whole(kept):
            yield f"{kept.name}: this picture is damaged."


def _check_files(glossary: Glossary, folder: Path) -> Iterator[str]:
    try:
        differences = export(glossary, folder, check=True).differences
    except FolderError as error:
        yield str(error)
        return
    for file in differences:
        reason = f" ({file.reason})" if file.reason else ""
        yield f"{folder / file.path}: {file.status}{reason}."
