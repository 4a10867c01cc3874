"""``python -m glossary_cms`` is ``glossary-cms``."""

from .commands import run

if __name__ == "__main__":
    run()
