"""A git repository that a colleague works in, beside a glossary that syncs with it."""

import os
import subprocess
from pathlib import Path

from terms.editing.gate import Draft, save_one
from terms.models import Repository, Term
from tests.factory import default_glossary

LONG = "\n\n".join(f"Sentence {n} of a text that is long enough." for n in range(12))
COLLEAGUE = {
    "GIT_AUTHOR_NAME": "Grace Hopper",
    "GIT_AUTHOR_EMAIL": "grace@example.org",
    "GIT_COMMITTER_NAME": "Grace Hopper",
    "GIT_COMMITTER_EMAIL": "grace@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(folder, *words):
    """Return what git prints."""
    environment = {**os.environ, **COLLEAGUE}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


class Colleague:
    """A clone of the shared repository, and what its owner does there."""

    def __init__(self, root: Path, folder: str = ""):
        self.origin = root / "words.git"
        git(root, "init", "-q", "--bare", "-b", "main", str(self.origin))
        self.clone = root / "clone"
        git(root, "clone", "-q", str(self.origin), str(self.clone))
        git(self.clone, "checkout", "-q", "-B", "main")
        self.folder = self.clone / folder
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())

    def push(self, message="Edit", *options):
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", "--allow-empty", "-m", message)
        git(self.clone, "push", "-q", *options, "origin", "main")

    def pull(self):
        git(self.clone, "fetch", "-q", "origin")
        git(self.clone, "reset", "-q", "--hard", "origin/main")

    def read(self, path):
        return (self.folder / path).read_text()

    def files(self):
        """Return the Markdown files of the branch, by path."""
        files = self.folder.rglob("*.md")
        return {str(file.relative_to(self.folder)): file.read_text() for file in files}

    def log(self, *options):
        found = git(self.clone, "log", *(options or ["--format=%an|%ae|%s"]), "origin/main")
        return found.splitlines()


def add_repository(colleague, **values):
    values = {"wait": 0, "url": str(colleague.origin), **values}
    return Repository.objects.create(glossary=default_glossary(), **values)


def edit(name, before, after, author=None, reason=""):
    """Edit the text of a term in the glossary."""
    term = Term.objects.get(name=name)
    text = term.newest_revision().text.replace(before, after)
    save_one(term.glossary, Draft(term.path, text, term, term.version), author, reason)
