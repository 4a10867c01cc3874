"""Run with: make bench, or python -m benchmarks [--terms N] [--only I3] [--json FILE]."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--terms", type=int, default=1_000, help="size of the generated glossary")
    parser.add_argument("--only", help="figures by their numbers, with commas")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    only = set(options.only.split(",")) if options.only else None
    # In memory where that is possible: it is not the disk that is measured.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory) as name:
        os.environ["DATA_DIR"] = name
        os.environ["DATABASE_URL"] = os.environ.get(
            "BENCH_DATABASE_URL", f"sqlite:///{name}/bench.sqlite3"
        )
        os.environ["DJANGO_SETTINGS_MODULE"] = "glossary_cms.settings"
        django.setup()
        from .building import Building
        from .files import Files
        from .publishing import Publishing
        from .room import Ground
        from .searching import Searching
        from .serving import Serving

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        ground = Ground(Path(name), options.terms)
        print(f"{options.terms:,} terms, Python {sys.version.split()[0]}, medians of 5 rounds\n")
        print("| # | what | goal | measured | CPU, ours / theirs, a file |")
        print("| --- | --- | --- | --- | --- |")
        results = []
        for room in (Files, Publishing, Serving, Building, Searching):
            if only is None or only & set(room.IDS):
                for result in room(ground).run(only):
                    print(result.row(), flush=True)
                    results.append(result.as_dict())
        if options.json:
            options.json.write_text(json.dumps({"terms": options.terms, "results": results}))


if __name__ == "__main__":
    main()
