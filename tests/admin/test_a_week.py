"""A simulated week of five editors, a person with files and a reader; two act at the same time.

WEEK_SEED changes the random actions, and WEEK_ROUNDS the number of pairs of actions."""

import os
import time
from collections import Counter
from random import Random

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from terms.files.exporting import export
from terms.formats.fingerprint import fingerprint_of
from terms.management.consistency import check_consistency
from terms.models import Category, Event, Glossary, Revision, Schedule, Term, Unsaved
from terms.publishing.rebuild import rebuild
from terms.review import suggestions
from tests.admin.newsroom import ACTS, Editor
from tests.factory import default_glossary, make_live
from tests.publishing.test_law_of_readers import everything
from tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("WEEK_ROUNDS", "150"))
SEED = int(os.environ.get("WEEK_SEED", "7"))
ROLES = {
    "ana": "Author", "ben": "Reviewer", "rita": "Reviewer", "paul": "Publisher",
    "adam": "Administrator",
}  # fmt: skip
NAMES = [
    "Flask",
    "Django",
    "Quart",
    "WSGI",
    "ASGI",
    "Jinja",
    "Werkzeug",
    "Celery",
    "Redis",
    "Nginx",
]


class Folder:
    """A person who exports, edits and imports files."""

    def __init__(self, folder, seed):
        self.folder, self.random, self.words = folder, Random(seed), []

    def act(self):
        self.command("export_terms")
        files = sorted(self.folder.rglob("*.md"))
        words = f"file-wrote-{len(self.words)}-of-these"
        if files:
            file = self.random.choice(files)
            file.write_text(f"{file.read_text()}\n{words}\n")
            self.words.append(words)
        self.command("import_terms")

    def command(self, name):
        try:
            call_command(name, str(self.folder), verbosity=0)
        except SystemExit as ended:
            assert ended.code == 1


def read_and_suggest():
    glossary = default_glossary()
    for page in ("/glossary/", "/glossary/search?q=flask", "/glossary/new/", "/glossary/all/"):
        assert Client().get(page).status_code in (200, 404)
    suggestions.keep_suggestion(glossary, f"Wish {time.monotonic_ns()}", "Please.")


@pytest.fixture
def people(roles):
    made = []
    for number, (name, role) in enumerate(ROLES.items()):
        user = User.objects.create_user(name, password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        made.append(Editor(user, SEED * 10 + number))
    return made


@pytest.fixture
def newsroom(people):
    cache.clear()
    Glossary.objects.filter(pk=default_glossary().pk).update(takes_suggestions=True)
    for number, name in enumerate(NAMES):
        others = ", ".join(NAMES[:number][-3:]) or "None"
        make_live(name, related=others, body=f"{name} is here.\n\n## Use\n\nWith {NAMES[0]}.")
    make_live("Encryption", category="Careful")
    Category.objects.filter(name="Careful").update(approvals_needed=1)


def revisions():
    return set(Revision.objects.values_list("term", "number", "fingerprint", "reason", "author"))


def test_nothing_is_lost_in_a_week(people, newsroom, tmp_path):
    week = Random(SEED)
    folder = Folder(tmp_path / "files", SEED)
    saved = set()
    for number in range(ROUNDS):
        focus = list(Term.objects.order_by("path"))
        same = week.choice(focus)
        acts = []
        for person in week.sample(people, 2):
            act = week.choices(list(ACTS), ACTS.values())[0]
            term = same if week.random() < 0.6 else week.choice(focus)
            acts.append(lambda person=person, act=act, term=term: getattr(person, act)(term))
        if number % 10 == 5:
            acts[1] = folder.act
        if number % 10 == 8:
            acts[1] = read_and_suggest
        for error in filter(None, in_threads(*acts)):
            raise error
        if number % 15 == 14:  # an hour later
            Schedule.objects.filter(ran_at=None).update(at=timezone.now())
            assert revisions() >= saved
            saved = revisions()
    assert_nothing_lost(people, folder, saved)
    assert_matches_history(tmp_path / "export")
    assert_enough_actions()


def assert_nothing_lost(people, folder, saved):
    assert revisions() >= saved
    texts = "\n".join(Revision.objects.values_list("text", flat=True))
    for term in Term.with_trash.all():
        numbers = term.revisions.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, term.version + 1))
    for revision in Revision.objects.all():
        assert revision.fingerprint == fingerprint_of(revision.text)
    begun = "\n".join(Unsaved.objects.values_list("data", flat=True))
    for person in people:
        for words in person.words:
            assert words in texts or words in begun, words
    on_disk = "\n".join(file.read_text() for file in folder.folder.rglob("*.md"))
    for words in folder.words:
        assert words in texts or words in on_disk, words


def assert_matches_history(folder):
    glossary = default_glossary()
    export(glossary, folder)
    assert list(check_consistency(glossary, folder)) == []
    newest = {}
    for revision in Revision.objects.filter(term__trashed_at=None).order_by("number"):
        newest[revision.term_id] = (revision.term.path, revision.text)
    written = {
        str(file.relative_to(folder)): file.read_bytes().decode() for file in folder.rglob("*.md")
    }
    assert written == dict(newest.values())
    before = everything()
    assert rebuild(glossary) == []
    assert everything() == before


def assert_enough_actions():
    done = Counter(Event.objects.exclude(person=None).values_list("kind", flat=True))
    assert done["saved"] > ROUNDS / 3
    assert done["published"] > ROUNDS / 60
    assert len(done) > 5
