"""Building the site as files: B1, B2."""

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

from terms.pages.build import build

from .measure import ROUNDS, Result, compare, cpu_seconds
from .publishing import edit, some_term
from .room import Room
from .servers import program


class Building(Room):
    IDS = ("B1", "B2")

    def prepare(self) -> None:
        self.glossary = self.ground.filled()

    def hugo(self) -> Callable[[], None]:
        hugo = program("hugo")
        folder = self.folder / "hugo"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "content").mkdir(parents=True)
        (folder / "layouts" / "_default").mkdir(parents=True)
        (folder / "hugo.toml").write_text('baseURL = "http://x/"\ndisableKinds = ["taxonomy"]\n')
        single = "<!doctype html><title>{{ .Title }}</title><h1>{{ .Title }}</h1>{{ .Content }}"
        (folder / "layouts" / "_default" / "single.html").write_text(single)
        (folder / "layouts" / "_default" / "list.html").write_text(
            "<!doctype html>{{ range .Pages }}<a href={{ .RelPermalink }}>{{ .Title }}</a>{{ end }}"
        )
        for name, text in self.ground.files:
            (folder / "content" / name).write_text(text.replace("term:", "title:", 1))

        def run() -> None:
            shutil.rmtree(folder / "public", ignore_errors=True)
            subprocess.run(
                [hugo, "--quiet", "--cacheDir", str(folder / "cache")], cwd=folder, check=True
            )

        return run

    def b1(self) -> Iterator[Result]:
        hugo, out = self.hugo(), self.folder / "out"

        def prepare() -> None:
            for path in self.folder.glob(".out-*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            out.unlink(missing_ok=True)

        walls: list[float] = []

        def timed(act: Callable[[], object]) -> Callable[[], None]:
            def run() -> None:
                start = time.perf_counter()
                act()
                walls.append(time.perf_counter() - start)

            return run

        yield compare(
            "B1", "site build from nothing / Hugo, CPU", "at most 0.5", self.count,
            timed(lambda: build(out)), timed(hugo), prepare,
        )  # fmt: skip
        ratios = [ours / theirs for theirs, ours in zip(walls[::2], walls[1::2], strict=True)]
        yield Result(
            "B1", "the same, wall time", "at most 0.7", statistics.median(ratios), min(ratios),
            max(ratios), statistics.median(walls[1::2]) / self.count * 1e6,
            statistics.median(walls[::2]) / self.count * 1e6,
        )  # fmt: skip

    def b2(self) -> Iterator[Result]:
        out = self.folder / "out"
        hugo = self.hugo()
        build(out)
        pairs = []
        for number in range(ROUNDS):
            edit(self.glossary, some_term(number), "Edited.")
            pairs.append((cpu_seconds(lambda: build(out)), cpu_seconds(hugo)))
        ratios = [ours / theirs for ours, theirs in pairs]
        yield Result(
            "B2", "site build after one edit / Hugo's build", "at most 0.02",
            statistics.median(ratios), min(ratios), max(ratios),
            statistics.median(ours for ours, _ in pairs) * 1e6,
            statistics.median(theirs for _, theirs in pairs) * 1e6,
        )  # fmt: skip
