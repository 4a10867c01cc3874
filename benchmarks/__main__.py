"""Run with: make bench, or python -m benchmarks [--terms N] [--only I3] [--json FILE].

A glossary of 200,000 terms takes long to fill and needs 12 GB: --keep FOLDER fills it once.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command


def main() -> None:
    options = _options()
    with _folder(options.keep) as name:
        _settle(name)
        from .room import Ground

        ground = Ground(Path(name), options.terms)
        if options.costs:
            room = next(room for room in _rooms() if options.costs in room.IDS)(ground)
            print(json.dumps(getattr(room, f"{options.costs.lower()}_costs")()))
            return
        results = _measured(ground, set(options.only.split(",")) if options.only else None)
        if options.json:
            options.json.write_text(json.dumps({"terms": options.terms, "results": results}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--terms", type=int, default=1_000, help="size of the generated glossary")
    parser.add_argument("--only", help="figures by their numbers, with commas")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--keep", type=Path, help="measure in this folder, and leave it")
    parser.add_argument("--costs", help="of one figure only what this glossary costs, as JSON")
    return parser.parse_args()


def _settle(folder: str) -> None:
    """Set up Django with a database in ``folder``."""
    os.environ["DATA_DIR"] = folder
    os.environ["DATABASE_URL"] = os.environ.get(
        "BENCH_DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3"
    )
    os.environ["DJANGO_SETTINGS_MODULE"] = "glossary_cms.settings"
    os.environ |= {"SECRET_KEY": "x", "HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1"}
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def _rooms() -> tuple:
    """Return all measurements, imported after Django is set up."""
    from .administering import Administering
    from .building import Building
    from .files import Files
    from .growth import Growth
    from .publishing import Publishing
    from .searching import Searching
    from .serving import Serving
    from .syncing import Syncing
    from .waiting import Waiting

    return (
        Files,
        Syncing,
        Publishing,
        Serving,
        Waiting,
        Building,
        Searching,
        Administering,
        Growth,
    )


def _measured(ground: Any, only: set[str] | None) -> list[dict]:
    """Return the figures, all or ``only`` some, and print each as soon as it is measured."""
    print(f"{ground.count:,} terms, Python {sys.version.split()[0]}, medians of 5 rounds\n")
    print("| # | what | goal | measured | CPU, ours / theirs, a file |")
    print("| --- | --- | --- | --- | --- |")
    results = []
    for room in _rooms():
        if only is None or only & set(room.IDS):
            for result in room(ground).run(only):
                print(result.row(), flush=True)
                results.append(result.as_dict())
    return results


def _folder(kept: Path | None) -> contextlib.AbstractContextManager[str]:
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        return contextlib.nullcontext(str(kept.resolve()))
    # In memory if possible: the disk is not measured.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    return tempfile.TemporaryDirectory(dir=memory)


if __name__ == "__main__":
    main()
