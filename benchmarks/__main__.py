"""Run with: make bench, or python -m benchmarks [--terms N] [--only I3] [--json FILE]."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import django


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
        from . import files, readers, serving

        rooms = {"files": files, "serving": serving, "readers": readers}
        print(f"{options.terms:,} terms, Python {sys.version.split()[0]}, medians of 5 rounds\n")
        print("| # | what | goal | measured | CPU, ours / theirs, a file |")
        print("| --- | --- | --- | --- | --- |")
        results = []
        for room, module in rooms.items():
            if only is not None and not only & set(module.IDS):
                continue
            for result in module.run(Path(name) / room, options.terms, only):
                print(result.row(), flush=True)
                results.append(result.as_dict())
        if options.json:
            options.json.write_text(json.dumps({"terms": options.terms, "results": results}))


if __name__ == "__main__":
    main()
