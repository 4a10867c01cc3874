"""Paths of term files: slugs, folders and names that follow from them."""

import re
import unicodedata
from pathlib import PurePosixPath

SUFFIXES = (".md", ".mdx")
MAX_NAME = 200  # bytes of a file name that is made here; file systems allow 255
MAX_KEY = 2_000  # characters of a name that are compared
MAX_PATH = 500  # characters

# Begins the names of what site generators keep beside the terms: a section's page, a template.
NO_TERM = "_"

PART = "--"  # in a slug, between a term and a part of it

_PLAIN = re.compile(r"[\w-][\w-]{0,100}\.md", re.ASCII)
_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE
)


def is_term_file(name: str) -> bool:
    return name.endswith(SUFFIXES)


def problem_with(path: str) -> str:
    """Why no term file can be kept under ``path`` (relative, with /); empty if it can."""
    if _PLAIN.fullmatch(path):
        return ""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return f"“{path}” is not a path inside the folder."
    if not is_term_file(path):
        return f"“{path}” does not end in .md or .mdx."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        return "The file's name holds characters that are not text."
    if len(path) > MAX_PATH or any(len(part.encode()) > 255 for part in parts):
        return "The file's name is too long."
    return ""


def slug_of(path: str) -> str:
    """The file's name without its ending; of ``bigint/index.md`` that of the folder."""
    parts = PurePosixPath(path).parts or ("",)
    stem = re.sub(r"\.mdx?$", "", parts[-1])
    return parts[-2] if stem == "index" and len(parts) > 1 else stem


def bundle_above(path: str) -> str:
    """The file of the term that the one at ``path`` is a part of, if there is such a file:
    ``boolean/index.md`` of ``boolean/html/index.md``; empty where there can be none."""
    folder, _, file = path.rpartition("/")
    above = folder.rpartition("/")[0]
    return f"{above}/{file}" if above and file.startswith("index.md") else ""


def slug_within(above: str, slug: str) -> str:
    """The slug of a term that is a part of the one with the slug ``above``."""
    return f"{above}{PART}{slug}"


def slug_above(slug: str) -> str:
    """The slug of the term that the one with ``slug`` is a part of; empty if of none."""
    return slug.rpartition(PART)[0]


def path_for(name: str, fallback: str) -> str:
    """The path of a new term's file; ``fallback`` where the name has no letter or digit.

    ``C``, ``C++`` and ``C#`` get files of their own.
    """
    text = unicodedata.normalize("NFC", name[:MAX_KEY]).lower()
    text = re.sub(r"(?<=\w)\++", lambda found: "-plus" * len(found[0]) + "-", text)
    text = re.sub(r"(?<=\w)#", "-sharp", text)
    slug = re.sub(r"[\W_]+", "-", text).strip("-")
    slug = slug.encode()[:MAX_NAME].decode(errors="ignore")
    if not slug:
        slug = fallback
    elif _DEVICES.fullmatch(slug) or slug == "index":
        slug += "-term"
    return f"{slug}.md"


def name_key(name: str) -> str:
    """What two spellings of one name have in common: case, composition and blanks aside."""
    if name.isascii():
        return " ".join(name.lower().split())
    # To order very many accents in a row takes the square of their number.
    return " ".join(unicodedata.normalize("NFC", name[:MAX_KEY]).casefold().split())
