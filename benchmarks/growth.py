"""G1: how the time to process people's texts grows with their length.

Each entry point is tried with each family of hostile text, at a quarter of the allowed length and
at all of it. Quadratic growth would take 16 times as long.
"""

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http.multipartparser import MultiPartParser
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from terms.formats import passages, three_way
from terms.formats.differences import compare
from terms.formats.document import changed, read_document
from terms.formats.merging import merge_texts
from terms.formats.paths import name_key, path_for
from terms.formats.problems import FormatError
from terms.formats.related import MAX_PIECES, read_names
from terms.media.originals import store_uploaded
from terms.media.pictures import MAX_BYTES, BadPicture
from terms.media.uploads import picture_stem
from terms.rendering import (
    MAX_BODY,
    CannotRender,
    Link,
    Names,
    check_renderable,
    first_sentence,
    link_addresses,
    links_made,
    outline,
    phrases,
    picture_addresses,
    places,
    plain_text,
    render,
    sections,
    sought,
    spaced,
)
from terms.rendering.sections import lowered
from terms.review.requests import MAX_TEXT
from terms.search.readers import mark_matches
from terms.web.suggestions import SuggestionForm

from .families import FAMILIES, FOUND, PRODUCT
from .measure import Result
from .room import Room

GROWTH = 8.0  # for four times the text
MOST = 1.0  # CPU seconds at the cap
LITTLE = 0.1  # seconds; less shows nothing about growth
TRIES = 4
BOUNDARY = b"c41e6a5f0d7b"  # of a posted form
NAMES = Names([("a", 1), ("aa", 2), ("b", 3), ("C++", 4), ("Flask", 5), ("数据", 6), ("a b", 7)])
HEADER = "---\nterm: Flask\ndetails:\n  - title: A\n    value: b\n---\n"


def _preview(text: str) -> None:
    render(text)


def _publish(text: str) -> None:
    """Process a body as publishing does, without the database."""
    for act in (plain_text, first_sentence, link_addresses, picture_addresses, outline, spaced):
        act(text)
    found = [Link(place.start, place.end, "x") for place in places(text, NAMES)]
    check_renderable(text)
    links_made(text, found)


def _import(text: str) -> None:
    document = read_document(HEADER + text, "flask.md")
    changed(document, {"description": "Other."})


def _header(text: str) -> None:
    """Put the text in the header, valid or not."""
    text = text[:60_000]
    for header in (f"term: A\ndescription: {text}\n", f"term: A\nx:\n  - |\n    {text[:20_000]}\n"):
        document = read_document(f"---\n{header}---\nBody.\n", "a.md")
        if not document.problem:
            changed(document, {"category": "B"})


def _compare(text: str) -> None:
    middle = len(text) // 2
    compare(text, text[:middle] + "changed" + text[middle:])
    compare(text, text[::-1])


def _conflict(text: str) -> None:
    third = len(text) // 3
    ours, theirs = (
        text[:third] + "x\n" + text[third:],
        text[: 2 * third] + "y\n" + text[2 * third :],
    )
    three_way.joined(three_way.passages(text, ours, theirs), {})
    merge_texts(HEADER + text, HEADER + ours, HEADER + theirs)


def _merge(text: str) -> None:
    """Merge headers with the text's words as rows, names and a value of several lines."""
    words = [json.dumps(word) for word in text[:4_000].split()[:20]]
    rows = "".join(f"  - title: {word}\n    value: {word}\n" for word in words)
    related = json.dumps(text[:8_000])
    lines = "".join(f"    {line}\n" for line in text[:8_000].split("\n"))
    base = (
        f"---\nterm: A\naliases: [{', '.join(words)}]\nsummary: |\n{lines}details:\n{rows}"
        f"  - title: Related Terms\n    value: {related}\n---\n"
    )
    ours = base.replace("term: A\n", "term: A # ours\n").replace("aliases: [", "aliases: [x, ")
    theirs = base.replace("details:\n", "# theirs\ndetails:\n  - title: y\n").replace(
        "    value: ", "    value: z"
    )
    merge_texts(base, ours, theirs, prefer="ours")


def _comment(text: str) -> None:
    passages.find_quote("a " * (MAX_TEXT // 2 - 1) + "b", text)
    passages.find_quote(text[-MAX_TEXT:][::-1], text)
    passages.moved(10, 200, text, text[:50] + "x y z" + text[100:])


def _search(text: str) -> None:
    """Search with the text, and mark matches in an excerpt of it."""
    question = text[:200]
    phrases(question)
    mark_matches(text[:20_000], sought(question) or [("a",)])


def _suggest(text: str) -> None:
    SuggestionForm({"name": text[:100], "text": text[:2_000]}).is_valid()


def _upload(text: str) -> None:
    """Upload a picture with the text as its name and comments, and the text as a picture."""
    kept = PngInfo()
    kept.add_text("Comment", text)
    kept.add_text("Description", text, zip=True)
    written = io.BytesIO()
    Image.new("RGB", (1, 1)).save(written, "PNG", pnginfo=kept)
    for content in (written.getvalue(), text.encode()):
        image = _posted(text, content)
        with contextlib.suppress(BadPicture):
            store_uploaded(image.read(MAX_BYTES + 1))
        picture_stem(image.name)


def _posted(name: str, content: bytes):
    """Return the file of a form as a browser sends it."""
    name = "".join(c for c in name[:4_000] if c.isprintable() and c not in '"\\')
    name = name.encode()[:800].decode(errors="ignore") + ".png"  # 1 kB of headers is read
    head = f'Content-Disposition: form-data; name="image"; filename="{name}"\r\n'
    body = b"--%s\r\n%sContent-Type: image/png\r\n\r\n%s\r\n--%s--\r\n" % (
        BOUNDARY, head.encode(), content, BOUNDARY,
    )  # fmt: skip
    kind = f"multipart/form-data; boundary={BOUNDARY.decode()}"
    meta = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": len(body)}
    _, files = MultiPartParser(meta, io.BytesIO(body), [MemoryFileUploadHandler()]).parse()
    return files["image"]


def _split(text: str) -> None:
    sections(text)
    lowered(text)


def _name(text: str) -> None:
    name_key(text)
    path_for(text, "x")
    read_names(text[:60_000], lambda key: False, MAX_PIECES)  # a header has 64 kB


WAYS: dict[str, Callable[[str], None]] = {
    "preview": _preview, "publish": _publish, "import": _import, "header": _header,
    "diff": _compare, "conflict": _conflict, "merge": _merge, "comment": _comment, "search": _search,
    "suggest": _suggest, "upload": _upload, "split": _split, "name": _name,
}  # fmt: skip


class Grown(NamedTuple):
    """CPU seconds at a quarter and at all of the allowed length."""

    way: str
    family: str
    quarter: float
    whole: float

    @property
    def growth(self) -> float:
        return self.whole / max(self.quarter, 1e-6)

    @property
    def is_bounded(self) -> bool:
        return self.whole <= MOST and (self.whole <= LITTLE or self.growth < GROWTH)


class Growth(Room):
    """The table of all entry points; the figure is the worst growth of slow texts."""

    IDS = ("G1",)

    def g1(self) -> Iterator[Result]:
        for way in WAYS:
            all_found = list(grown(way))
            slow = [found for found in all_found if found.whole > LITTLE]
            growth = max((found.growth for found in slow), default=0.0)
            worst = max(all_found, key=lambda found: found.whole)
            bad = [found for found in all_found if not found.is_bounded]
            for found in bad:
                print(f"above the bounds: {found}", flush=True)
            yield Result(
                "G1", f"{way}: {len(all_found)} texts; growth for 4 x the text, worst: {worst.family}",
                "under 8, 1 s", growth, 0, growth, worst.whole * 1e6, MOST * 1e6,
            )  # fmt: skip


def spent(act: Callable[[str], None], text: str) -> float:
    start = time.process_time()
    with contextlib.suppress(CannotRender, FormatError):  # a refusal is a valid result
        act(text)
    return time.process_time() - start


def families(share: int = 1) -> dict[str, Callable[[int], list[str]]]:
    """Return all known families, and every ``share``-th of the others."""
    return {**FAMILIES, **FOUND, **dict(list(PRODUCT.items())[::share])}


def grown(way: str, share: int = 1) -> Iterator[Grown]:
    """Yield a result for each text of each family; fast texts are not tried at a quarter."""
    act = WAYS[way]
    for name, make in families(share).items():
        for quarter, whole in zip(make(MAX_BODY // 4 - 8), make(MAX_BODY - 8), strict=True):
            found = Grown(way, name, 0.0, spent(act, whole))
            for _ in range(TRIES):  # a shared machine can slow any single try
                if found.whole <= LITTLE or (found.quarter and found.is_bounded):
                    break
                quarter_again = max(found.quarter, spent(act, quarter))
                found = Grown(way, name, quarter_again, min(found.whole, spent(act, whole)))
            yield found
