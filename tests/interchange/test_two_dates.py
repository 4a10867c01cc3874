"""Two dates of one real glossary: the plan says what ``git diff --name-status -M`` says."""

import shutil

import pytest

from terms.files.git.source import RepositorySource
from terms.files.import_plan import plan_import
from terms.formats.paths import is_term_file
from terms.interchange.repositories import mirror_of
from terms.interchange.sync import sync
from terms.models import Repository, Term
from tests.interchange.git import Colleague, add_repository, git

pytestmark = pytest.mark.django_db
STATUS = {"A": "created", "M": "updated", "D": "removed", "R": "renamed"}


def replace_all(colleague, source):
    git(colleague.clone, "rm", "-rq", "--ignore-unmatch", ".")
    shutil.copytree(source, colleague.folder, dirs_exist_ok=True)
    colleague.push(source.name)


def test_plan_equals_the_difference_of_git(tmp_path, settings, shared):
    settings.DATA_DIR = tmp_path / "data"
    settings.IMPORT_FOLDERS = [str(tmp_path)]
    colleague = Colleague(tmp_path)
    replace_all(colleague, shared / "corpora/mdn-en-2024/files")
    repository = add_repository(colleague, push="no")
    sync(repository)
    before = Term.objects.count()
    replace_all(colleague, shared / "corpora/mdn-en/files")

    repository = Repository.objects.get()
    with mirror_of(repository) as mirror:
        head = mirror.fetch("main")
        source = RepositorySource(mirror, repository.place, head, "", repository.commit)
        plan = plan_import(repository.glossary, source)
    skipped = {entry.path for entry in plan.entries if entry.status == "skipped"}
    found = {
        (entry.status, entry.before if entry.renamed_from else "", entry.path)
        for entry in plan.entries
        if entry.status not in ("unchanged", "skipped")
    }
    rows = git(colleague.clone, "diff", "--name-status", "-M", "HEAD~", "HEAD").splitlines()
    expected = set()
    for row in rows:
        status, *paths = row.split("\t")
        if is_term_file(paths[-1]) and paths[-1] not in skipped:
            expected.add((STATUS[status[0]], paths[0] if len(paths) > 1 else "", paths[-1]))
    assert found == expected
    assert before > 100
    assert len(expected) > 100
