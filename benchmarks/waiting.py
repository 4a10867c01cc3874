"""Waiting times of readers and editors while others load the server: S9, S10."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from terms.models import Revision, Term
from tests.web.running import SlowClients

from .measure import Result
from .serving import Serving

SECONDS = 6  # of readers without load
EDITORS, MANY_EDITORS, SLOW = 4, 24, 100
IMPORTED = 1_000  # files
ALONE = 60  # seconds


class Waiting(Serving):
    IDS = ("S9", "S10")

    def s9(self) -> Iterator[Result]:
        """Measure while editors save, files are imported and slow clients send half a request."""
        with self.server() as server:
            quiet = self.told(server, seconds=SECONDS)["readers"]
            slow = [SlowClients(server.port, kind, SLOW // 2) for kind in ("head", "body")]
            with ExitStack() as stack:
                for clients in slow:
                    stack.enter_context(clients)
                told = self.told(server, self.sessions(EDITORS), self.an_import(IMPORTED))
        yield from self.waits("S9", quiet, told, "4 editors, an import and 100 slow clients")

    def s10(self) -> Iterator[Result]:
        """Measure with editors only, during a rebuild, and during a published import."""
        with self.server() as server:
            quiet = self.told(server, seconds=SECONDS)["readers"]
            sessions = self.sessions(MANY_EDITORS)
            for what, act in (
                ("nothing but 24 editors", lambda: time.sleep(ALONE)),
                ("rebuild_site", lambda: self.manage("rebuild_site")),
                ("an import of all, published", self.an_import(self.count)),
            ):
                yield from self.waits("S10", quiet, self.told(server, sessions, act), what)

    def waits(self, id: str, quiet: list, told: dict, what: str) -> Iterator[Result]:
        calm, busy = percentile(quiet, 99), percentile(told["readers"], 99)
        yield Result(
            id, f"readers' p99 during {what} / without", "at most 3", busy / calm, busy / calm,
            busy / calm, busy * 1e6, calm * 1e6,
        )  # fmt: skip
        statuses = [status for _, status, *_ in told["editors"]]
        saves = [waited for what, _, waited, *_ in told["editors"] if what == "save"]
        failed = sum(status not in (200, 302, 409) for status in statuses)
        refused = statuses.count(409)
        drafts = [waited for what, _, waited, *_ in told["editors"] if what == "draft"]
        lost = sum(is_lost(*rest) for what, *rest in told["editors"] if what == "save")
        print(
            f"|  | during it {len(told['readers']):,} pages, {len(saves)} saves of which {refused}"
            f" met another's text, {len(drafts)} drafts; {failed} failed, {lost} lost; saves"
            f" {statistics.median(saves):.2f} s at the median, {max(saves):.2f} at most; drafts"
            f" {max(drafts):.2f} at most; p99 of readers {busy * 1e3:.1f} ms | | | |",
            flush=True,
        )

    @contextmanager
    def server(self) -> Iterator[Any]:
        with ExitStack() as stack:
            yield self.ours(stack)

    def told(
        self,
        server: Any,
        sessions: Sequence[str] = (),
        act: Callable | None = None,
        seconds: int = 0,
    ) -> dict:
        asked = {"port": server.port, "seconds": seconds}
        readers = {"paths": self.paths[:200], "readers": 2}
        editors = {"sessions": list(sessions), "ids": self.ids()}
        # Separate processes: parsing a form in one would delay the others.
        processes = [self.clients({**asked, **some}) for some in (readers, editors)]
        if act:
            time.sleep(2)
            act()
        told = [json.loads(process.communicate("\n" if act else None)[0]) for process in processes]
        statuses = {status for status, _ in told[0]["readers"]}
        assert statuses == {200}, statuses
        return {
            "readers": [waited for _, waited in told[0]["readers"]],
            "editors": told[1]["editors"],
        }

    def clients(self, asked: dict[str, Any]) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.clients"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        return process

    def ids(self) -> list[int]:
        found = list(Term.objects.order_by("path").values_list("pk", flat=True))
        connection.close()
        return found

    def sessions(self, count: int) -> list[str]:
        """Return the session keys of ``count`` logged-in editors."""
        store = import_module(settings.SESSION_ENGINE).SessionStore
        keys = []
        for number in range(count):
            user, _ = User.objects.get_or_create(
                username=f"editor {number}", is_staff=True, is_superuser=True
            )
            session = store()
            session[SESSION_KEY], session[HASH_SESSION_KEY] = (
                str(user.pk),
                user.get_session_auth_hash(),
            )
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[1]
            session.set_expiry(timezone.now() + timedelta(days=1))
            session.create()
            keys.append(session.session_key)
        connection.close()
        return keys

    def an_import(self, count: int) -> Callable[[], None]:
        """Return a function that imports and publishes files unlike all imported before."""
        folder = self.folder / f"files-{time.monotonic_ns()}"
        folder.mkdir()
        for path in sorted(self.ground.source.iterdir())[:count]:
            text = path.read_text()
            (folder / path.name).write_text(f"{text}\nSeen on {folder.name}.\n")
        return lambda: self.manage("import_terms", str(folder), "--publish", "-v0")

    def manage(self, *words: str) -> None:
        """Run a command in its own process; it may fail, as editors' changes cause conflicts."""
        command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *words]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=os.environ)


def is_lost(status: int, _: float, pk: int, typed: str) -> bool:
    """Return whether a save was acknowledged but no version of the term has the typed text."""
    if status != 302:
        return False
    texts = Revision.objects.filter(term=pk).values_list("text", flat=True)
    mark = typed.rpartition(" ")[2]
    return not any(mark in text for text in texts)


def percentile(values: list[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]
