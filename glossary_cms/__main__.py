"""Runs ``glossary-cms`` as ``python -m glossary_cms``."""

from .commands import run

if __name__ == "__main__":
    run()
