"""The files to which texts refer: pictures that are in use."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from django.db.models import F, Q

from terms.models import FormerPath, Glossary, Revision
from terms.rendering import pictures_in, referred_addresses

from .pictures import file_beside


def may_show(text: str) -> bool:
    return "](" in text or "]:" in text or "src" in text.lower()


def files_referred_to(text: str, paths: list[str]) -> set[str]:
    """Return the files to which a text at one of ``paths`` may refer."""
    addresses = set(referred_addresses(text))
    return {file for path in paths for address in addresses if (file := file_beside(path, address))}


def former_paths(glossary: Glossary) -> dict[int, list[str]]:
    """Return the former paths of renamed terms, by the id of the term."""
    found: dict[int, list[str]] = {}
    rows = FormerPath.objects.filter(glossary=glossary).order_by("-pk")
    for term, path in rows.values_list("term", "path"):
        found.setdefault(term, []).append(path)
    return found


def pictures_referred_to(glossary: Glossary) -> set[str]:
    """Return the files to which a text that is the newest, or live, may refer."""
    return {file for _text, files in _current(glossary) for file in files}


class PictureUse(NamedTuple):
    """A term that shows a picture, in its newest text, the live one, or both."""

    term: int
    name: str
    alternative: str
    is_newest: bool
    is_live: bool


def uses_of(glossary: Glossary, paths: Collection[str]) -> dict[str, list[PictureUse]]:
    """Return the terms that show each of the pictures at ``paths``, by name."""
    uses: dict[str, dict[int, PictureUse]] = {path: {} for path in paths}
    for text, files in _current(glossary):
        for path in files & uses.keys():
            before = uses[path].get(text.term)
            use = PictureUse(
                text.term,
                text.name,
                _alternative(text, path) or (before.alternative if before else ""),
                text.is_newest or bool(before and before.is_newest),
                text.is_live or bool(before and before.is_live),
            )
            uses[path][text.term] = use
    return {path: sorted(found.values(), key=_by_name) for path, found in uses.items()}


def _by_name(use: PictureUse) -> tuple[str, int]:
    return use.name.casefold(), use.term


class _Text(NamedTuple):
    term: int
    name: str
    paths: list[str]
    text: str
    is_newest: bool
    is_live: bool


def _current(glossary: Glossary) -> Iterator[tuple[_Text, set[str]]]:
    """Yield the newest and the live texts that refer to files, and these files."""
    former = former_paths(glossary)
    revisions = Revision.objects.filter(term__glossary=glossary, term__trashed_at=None)
    is_newest, is_live = (
        Q(number=F("term__version")), Q(fingerprint=F("term__live_fingerprint"))
    )  # fmt: skip
    rows = revisions.filter(is_newest | is_live).order_by("term", "number").values_list(
        "term", "term__name", "term__path", "text", "number", "term__version", "fingerprint",
        "term__live_fingerprint",
    )  # fmt: skip
    for pk, name, path, text, number, newest, fingerprint, live in rows.iterator(chunk_size=500):
        if may_show(text):
            paths = [path, *former.get(pk, ())]
            found = _Text(pk, name, paths, text, number == newest, fingerprint == live)
            yield found, files_referred_to(text, paths)


def _alternative(text: _Text, path: str) -> str:
    """Return the alternative text of a picture, or an empty string."""
    body = text.text
    for address, alternative in pictures_in(body):
        if alternative and any(file_beside(place, address) == path for place in text.paths):
            return alternative
    return ""
