"""Sync with a git repository: Y1."""

import subprocess
from collections.abc import Iterator

from django.conf import settings

from terms.interchange.sync import sync
from terms.models import Repository

from .measure import Result, compare
from .room import Room


class Syncing(Room):
    IDS = ("Y1",)

    def prepare(self) -> None:
        self.source = self.ground.source
        self.origin = self.folder / "words.git"
        self.other = self.folder / "other.git"
        self.glossary = self.ground.emptied()
        settings.IMPORT_FOLDERS = [str(self.folder)]
        for folder in (self.origin, self.other):
            self.git("init", "-q", "--bare", "-b", "main", str(folder))
        there = ["--git-dir", str(self.origin), "--work-tree", str(self.source)]
        self.git(*there, "add", ".")
        me = ["-c", "user.name=B", "-c", "user.email=b@example.org"]
        self.git(*there, *me, "commit", "-q", "-m", "Begin")
        self.repository = Repository.objects.create(
            glossary=self.glossary, url=str(self.origin), wait=0
        )
        for _ in range(2):  # the second one sees that its own import is all that happened
            sync(self.repository)
        self.fetch()

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.source, check=True, stdout=subprocess.DEVNULL)

    def fetch(self) -> None:
        there = ["--git-dir", str(self.other), "fetch", "-q", str(self.origin)]
        self.git(*there, "+refs/heads/main:refs/heads/main")

    def y1(self) -> Iterator[Result]:
        def again() -> None:
            assert not sync(self.repository).is_news

        what = "sync with nothing new / git fetch of the same repository"
        yield compare("Y1", what, "at most 3", 1, again, self.fetch, times=10)
