"""Paths of term files, and the slugs and names derived from them."""

import re
import unicodedata

SUFFIXES = (".md", ".mdx", ".markdown")  # in any case
PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif")  # in any case
SIDECAR = ".glossary-cms.yaml"  # beside the term files: what they do not hold
MAX_NAME = 200  # bytes of a generated file name; file systems allow 255
MAX_KEY = 2_000  # characters of a name that are normalised
MAX_PATH = 500  # characters

ABOUT_FOLDER = {
    "README", "LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "CHANGELOG", "CHANGES",
    "HISTORY", "CONTRIBUTING", "CODE_OF_CONDUCT", "SECURITY", "SUPPORT", "GOVERNANCE", "AUTHORS",
    "CONTRIBUTORS", "MAINTAINERS", "INSTALL", "TODO", "PULL_REQUEST_TEMPLATE", "ISSUE_TEMPLATE",
}  # fmt: skip

# Prefix of files that site generators keep next to the terms: section pages, templates.
NO_TERM = "_"

PART = "--"  # separates the slug of a term from that of its part

_SUFFIX = re.compile(r"\.(?:mdx?|markdown)$", re.IGNORECASE)
_PLAIN = re.compile(r"[\w-][\w-]{0,100}\.md", re.ASCII)
_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE
)


def is_term_file(name: str) -> bool:
    return name.endswith(SUFFIXES) or name.lower().endswith(SUFFIXES)


def is_about_folder(path: str) -> bool:
    """Return whether a file without a header at ``path`` describes its folder, as README.md does.

    Only README is recognised in any case: ``security.md`` may be a term.
    """
    stem = slug_of(path)
    return stem in ABOUT_FOLDER or stem.casefold() == "readme"


def problem_with(path: str) -> str:
    """Return the reason why ``path`` (relative, with /) is invalid, or an empty string."""
    if _PLAIN.fullmatch(path):
        return ""
    if not is_term_file(path):
        return _problem_of_path(path) or f"“{path}” does not end in .md, .mdx or .markdown."
    return _problem_of_path(path)


def problem_with_file(path: str) -> str:
    """Like ``problem_with``, for all files that an export may write: also pictures."""
    if is_term_file(path):
        return problem_with(path)
    problem = _problem_of_path(path)
    if not problem and path != SIDECAR and not path.lower().endswith(PICTURES):
        return f"“{path}” is neither a term file nor a picture."
    return problem


def _problem_of_path(path: str) -> str:
    parts = path.split("/")
    if any(part in ("", ".", "..") or part.casefold() == ".git" for part in parts):
        return f"“{path}” is not a path inside the folder."
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        return "The file's name holds characters that are not text."
    if len(path) > MAX_PATH or any(len(part.encode()) > 255 for part in parts):
        return "The file's name is too long."
    return ""


def not_portable(path: str) -> str:
    """Return the reason why some systems cannot have a file at ``path``, or an empty string."""
    for part in path.split("/"):
        if _DEVICES.fullmatch(part.split(".")[0].rstrip()):
            return f"“{part}” is the name of a device on Windows."
        if set(part) & set('<>:"|?*'):
            return f"“{part}” has a character that file names on Windows cannot have."
    return ""


def slug_of(path: str) -> str:
    """Return the file name without its suffix; for ``bigint/index.md``, the folder name."""
    folder, _, name = path.rpartition("/")
    stem = _SUFFIX.sub("", name)
    return folder.rpartition("/")[2] if stem == "index" and folder else stem


def bundle_above(path: str) -> str:
    """Return the path of the parent term, or an empty string if there can be none:
    ``boolean/html/index.md`` → ``boolean/index.md``. The file may not exist."""
    folder, _, file = path.rpartition("/")
    above = folder.rpartition("/")[0]
    return f"{above}/{file}" if above and file.startswith("index.md") else ""


def slug_within(above: str, slug: str) -> str:
    """Return the slug of a part of the term with the slug ``above``."""
    return f"{above}{PART}{slug}"


def slug_above(slug: str) -> str:
    """Return the slug of the parent term, or an empty string."""
    return slug.rpartition(PART)[0]


def path_for(name: str, fallback: str) -> str:
    """Return the path of a new term's file.

    A name without letters and digits gets the slug ``fallback``. ``C``, ``C++`` and ``C#`` get
    different paths.
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
    """Return ``name`` for comparison: without case, composition and extra white space."""
    if name.isascii():
        return " ".join(name.lower().split())
    # Normalising a long run of accents takes quadratic time.
    return " ".join(unicodedata.normalize("NFC", name[:MAX_KEY]).casefold().split())
