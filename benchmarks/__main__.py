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
    parser.add_argument("--only", help="one figure, by its number")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["DATA_DIR"] = name
        os.environ["DATABASE_URL"] = f"sqlite:///{name}/bench.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "glossary_cms.settings"
        django.setup()
        from . import files

        print(f"{options.terms:,} terms, Python {sys.version.split()[0]}, medians of 5 rounds\n")
        print("| # | what | goal | measured | CPU, ours / theirs, a file |")
        print("| --- | --- | --- | --- | --- |")
        results = []
        for result in files.run(Path(name) / "files", options.terms, options.only):
            print(result.row(), flush=True)
            results.append(result.as_dict())
        if options.json:
            options.json.write_text(json.dumps({"terms": options.terms, "results": results}))


if __name__ == "__main__":
    main()
