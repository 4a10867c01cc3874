"""Serving pages: S1 to S8, and F1."""

import gzip
import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from django.conf import settings
from django.db import connection

from terms.models import Page, Term
from terms.web.page_cache import CACHE_BYTES

from . import peers
from .measure import ROUNDS, Result
from .publishing import edit
from .room import Room
from .servers import Server, granian, program, running
from .wagtail_peer import prepare

SENT = 12_000  # bytes that a conditional request saves, at most
RANDOM = """
local paths = {{}}
for line in io.lines("{file}") do paths[#paths + 1] = line end
math.randomseed(7)
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
"""


def compared(
    id: str, what: str, goal: str, ours: Callable[[], float], theirs: Callable[[], float],
    inverted: bool = True,
) -> Result:  # fmt: skip
    """Measure costs in turn. The figure is theirs / ours, or if not ``inverted`` ours / theirs."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
    ratios = [theirs / ours if inverted else ours / theirs for ours, theirs in pairs]
    return Result(
        id, what, goal, statistics.median(ratios), min(ratios), max(ratios),
        statistics.median(ours for ours, _ in pairs), statistics.median(theirs for _, theirs in pairs),
    )  # fmt: skip


class Serving(Room):
    IDS = ("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "F1")

    def prepare(self) -> None:
        self.glossary = self.ground.filled()
        pages = Page.objects.filter(
            path__endswith="/", status=200, path__regex=r"^/[^/]+/[^/]+/[^/]+/[^/]+/$"
        )
        self.paths = list(pages.order_by("path").values_list("path", flat=True))
        self.page = pages.get(path=self.paths[len(self.paths) // 2])
        (self.folder / "paths").write_text("\n".join(self.paths))
        (self.folder / "random.lua").write_text(RANDOM.format(file=self.folder / "paths"))
        connection.close()

    def ours(
        self, stack: ExitStack, target: str = "glossary_cms.rsgi:application", workers: int = 1
    ) -> Server:
        values = {
            "SECRET_KEY": "x", "HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": os.environ["DATABASE_URL"], "DATA_DIR": os.environ["DATA_DIR"],
            "DJANGO_SETTINGS_MODULE": "glossary_cms.settings",
        }  # fmt: skip
        return stack.enter_context(
            running(
                granian(target, workers, "rsgi" if "rsgi" in target else "wsgi"),
                settings.BASE_DIR,
                self.page.path,
                **values,
            )
        )

    # Measurements

    def s1(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, bare = self.ours(stack), peers.bare(stack, self.folder / "bare", self.page)
            assert (
                gzip.decompress(ours.get(self.page.path, **{"Accept-Encoding": "gzip"}))
                == self.page.content
            )
            yield compared(
                "S1", "a hot page / a bare RSGI application", "at least 0.80",
                lambda: ours.microseconds(self.page.path), lambda: bare.microseconds("/"),
            )  # fmt: skip

    def s2(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, bare = self.ours(stack), peers.bare(stack, self.folder / "bare", self.page)
            script = str(self.folder / "random.lua")
            yield compared(
                "S2", f"{len(self.paths):,} pages at random / a bare RSGI application", "at least 0.65",
                lambda: ours.microseconds("/", script), lambda: bare.microseconds("/"),
            )  # fmt: skip

    def s3(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, flask = (
                self.ours(stack),
                peers.application(stack, self.folder / "flask", peers.FLASK),
            )
            yield compared(
                "S3", "a hot page / Flask's hello world", "at least 4",
                lambda: ours.microseconds(self.page.path), lambda: flask.microseconds("/"),
            )  # fmt: skip
            threads = peers.flask_on_threads(stack, self.folder / "threads")
            yield compared(
                "S3", "a hot page / the same on gunicorn's threads", "at least 10",
                lambda: ours.microseconds(self.page.path), lambda: threads.microseconds("/"),
            )  # fmt: skip

    def s4(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, django = self.ours(stack), peers.django(stack, self.folder / "django", self.page)
            for path, what, goal in (
                ("/", "hello world", 7),
                ("/page/", "view of a row in SQLite", 15),
            ):
                yield compared(
                    "S4", f"a hot page / Django's {what}", f"at least {goal}",
                    lambda: ours.microseconds(self.page.path),
                    lambda path=path: django.microseconds(path),
                )  # fmt: skip

    def s5(self) -> Iterator[Result]:
        folder = prepare(self.folder / "wagtail", program("python"))
        values = {"DJANGO_SETTINGS_MODULE": "peer.settings", "PYTHONPATH": str(folder)}
        command = [program("gunicorn"), "-b", "127.0.0.1:{port}", "peer.wsgi:application"]
        with ExitStack() as stack:
            ours = self.ours(stack)
            for cached, what, goal in (
                ("1", "a hit of wagtail-cache", 12),
                ("", "a Wagtail page", 200),
            ):
                peer = stack.enter_context(running(command, folder, CACHED=cached, **values))
                assert b"A page of Wagtail" in peer.get("/")
                yield compared(
                    "S5", f"a hot page / {what}", f"at least {goal}",
                    lambda: ours.microseconds(self.page.path), lambda peer=peer: peer.microseconds("/"),
                )  # fmt: skip

    def s6(self) -> Iterator[Result]:
        header = [f'If-None-Match: "{self.page.etag}-gzip"']
        with ExitStack() as stack:
            ours = self.ours(stack)
            bare = peers.bare(stack, self.folder / "bare", self.page, SENT)
            yield compared(
                "S6", "304 Not Modified / a bare RSGI application that sends 12 kB", "at least 1.0",
                lambda: ours.microseconds(self.page.path, headers=header), lambda: bare.microseconds("/"),
            )  # fmt: skip

    def s7(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours, nginx = self.ours(stack), peers.nginx(stack, self.folder / "nginx", self.page)
            yield compared(
                "S7", "a hot page / nginx sending a file", "at most 3.5",
                lambda: ours.microseconds(self.page.path), lambda: nginx.microseconds("/"), False,
            )  # fmt: skip

    def s8(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours = self.ours(stack)
            alone = self.ours(stack, "glossary_cms.wsgi:django_application")
            for path in ("/glossary/suggest?q=ka", "/admin/login/"):
                yield compared(
                    "S8", f"{path} / the same from Django alone", "at most 1.05",
                    lambda path=path: ours.microseconds(path),
                    lambda path=path: alone.microseconds(path), False,
                )  # fmt: skip
            ours.microseconds("/", str(self.folder / "random.lua"))
            alone.microseconds("/admin/login/")
            held, bound = ours.memory(), 1.25 * alone.memory() + CACHE_BYTES
            yield Result(
                "S8", "a worker's memory / 1.25 of Django's and the cache's bound", "at most 1",
                held / bound, held / bound, held / bound, held / 1e6, bound / 1e6,
            )  # fmt: skip

    def f1(self) -> Iterator[Result]:
        with ExitStack() as stack:
            ours = self.ours(stack, workers=2)
            path = self.page.path
            fresh = []
            for number in range(ROUNDS):
                for _ in range(20):
                    ours.get(path)
                term = Term.objects.get(slug=path.rstrip("/").rpartition("/")[2])
                edit(self.glossary, term, f"Round {number} of publishing.")
                marker = f"Round {number} of publishing.".encode()
                fresh += [marker in ours.get(path) for _ in range(40)]
            share = sum(fresh) / len(fresh)
            yield Result(
                "F1", "requests right after publishing that get the new page, of two workers",
                "1", share, min(fresh), max(fresh), len(fresh), len(fresh),
            )  # fmt: skip
