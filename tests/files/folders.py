"""Folders of term files for tests."""

from tests.factory import text_of

# Renamed files are recognised by their text, if it is long enough.
LONG = "\n".join(f"Sentence {n} of a text that is long enough." for n in range(12))


def make_folder(place):
    """Create a folder with the files of three terms."""
    folder = place / "words"
    folder.mkdir()
    for name in ("Flask", "Django", "WSGI"):
        (folder / f"{name.lower()}.md").write_text(text_of(name, body=f"{name}: {LONG}"))
    return folder
