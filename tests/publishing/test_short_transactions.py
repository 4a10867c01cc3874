"""Long operations use many short transactions, so that others can write in between (D4)."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from terms.changes.change_sets import PublishingRefused, collect, publish_set
from terms.changes.trash import trash
from terms.editing.gate import Draft, save, save_one
from terms.management.consistency import check_consistency
from terms.models import Glossary, Mention, Page, PublishedTerm, Term, Unfinished, Withdrawal
from terms.models.bulk import PAUSE, SHARE, let_others_write
from terms.pages import steps
from terms.pages.rebuilding import stale_pages
from terms.pages.store import FORMS
from terms.publishing import rebuild as rebuilding
from terms.publishing.publish import publish, publish_ids, withdraw
from terms.publishing.rebuild import finish_abandoned, next_abandoned, rebuild
from terms.review.requests import CannotReview
from tests.factory import default_glossary, make_live, make_term, publish_all, text_of

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 400


@pytest.fixture
def many():
    save(default_glossary(), [draft(number) for number in range(COUNT)])
    publish_all()
    return default_glossary()


def draft(number):
    body = f"See Term {number + 2}. " * 20
    text = text_of(f"Term {number}", related=f"Term {number + 1}", body=body)
    return Draft(f"term-{number}.md", text)


@pytest.fixture
def few():
    make_live("Flask")
    make_live("Django")
    return default_glossary()


def in_thread(act):
    def run():
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_editors_can_save_and_publish_during_rebuild(many):
    Page.objects.update(etag="old")  # every page has to be written
    ended, waited = threading.Event(), []

    def rebuilding():
        rebuild(many)
        ended.set()

    thread = in_thread(rebuilding)
    number = 0
    while not ended.is_set():
        number += 1
        began = time.monotonic()
        text = text_of(f"New {number}", body="Term 7 is named.")
        save_one(many, Draft(f"new-{number}.md", text))
        waited.append(time.monotonic() - began)
        if number % 3 == 0:
            assert publish(many, Term.objects.filter(path=f"new-{number}.md")) == []
    thread.join()
    assert number >= 3  # it is not one transaction
    assert max(waited) < 2
    assert PublishedTerm.objects.count() == COUNT + number // 3
    assert list(stale_pages(Glossary.objects.get())) == []  # equals a full rebuild
    assert not Page.objects.filter(etag="old").exists()


def test_interrupted_rebuild_can_be_repeated(many):
    before = dict(Page.objects.values_list("path", "etag"))
    Page.objects.update(etag="old")
    with pytest.raises(KeyboardInterrupt):
        rebuild(many, lambda items: _cut(items, 5))
    assert Page.objects.filter(etag="old").exists()
    rebuild(many)
    assert dict(Page.objects.values_list("path", "etag")) == before


def test_publishing_many_terms_equals_full_rebuild(many):
    """Law 6, for publishing in parts while others publish."""
    terms = list(Term.objects.order_by("pk"))
    for term in terms[:250]:
        edit(term, f"Now Term {term.pk} is beside Term 3 and New 1.")
    publisher = in_thread(lambda: publish(many, Term.objects.filter(pk__lte=terms[249].pk)))
    number = 0
    while publisher.is_alive():
        number += 1
        save_one(many, Draft(f"new-{number}.md", text_of(f"New {number}", body="Term 7.")))
        assert publish(many, Term.objects.filter(path=f"new-{number}.md")) == []
    publisher.join()
    assert number >= 2
    assert not Term.objects.exclude(live_fingerprint=F("fingerprint")).exists()
    assert list(stale_pages(Glossary.objects.get())) == []
    mentions = set(Mention.objects.values_list("source", "start", "label", "target_uid"))
    rebuild(many)
    assert set(Mention.objects.values_list("source", "start", "label", "target_uid")) == mentions
    assert not Unfinished.objects.exists()


def test_killed_publishing_is_finished_later(many, monkeypatch):
    monkeypatch.setattr(steps, "MOMENT", 0)  # the first step is saved on a fast machine, too
    for term in Term.objects.order_by("pk")[:250]:
        edit(term, "Term 9 is all that is left.")
    with pytest.raises(KeyboardInterrupt):
        publish(many, Term.objects.all(), lambda items: _cut(items, 3))
    assert next(stale_pages(many))
    assert finish_abandoned() == 0  # its process may still be running
    Unfinished.objects.update(seen_at=timezone.now() - Unfinished.PATIENCE)
    assert next_abandoned() < timezone.now()
    assert finish_abandoned() == 1
    assert list(stale_pages(Glossary.objects.get())) == []
    assert next_abandoned() is None


def test_failure_in_one_glossary_does_not_block_another(few, monkeypatch, caplog):
    other = Glossary.objects.create(slug="another")
    for glossary in (few, other):
        old = timezone.now() - Unfinished.PATIENCE * 2
        Unfinished.objects.create(glossary=glossary, seen_at=old)

    def failing(glossary, pks, store):
        raise ValueError("This text cannot be derived.")

    monkeypatch.setattr(rebuilding, "_derive", failing)
    assert finish_abandoned() == 1
    assert "could not be made again" in caplog.text
    assert [work.glossary for work in Unfinished.objects.all()] == [few]  # tried again later


def test_terms_trashed_or_changed_before_the_lock_are_not_published(few):
    """They are chosen before the lock is taken."""
    first, second = Term.objects.order_by("pk")[:2]
    for term in (first, second):
        edit(term, "Newer.")
    seen = dict(Term.objects.values_list("pk", "fingerprint"))
    edit(Term.objects.get(pk=second.pk), "Newest.")
    trash(Term.objects.get(pk=first.pk))
    refusals = publish_ids(few, [first.pk, second.pk], seen=seen)
    assert [(refusal.term.pk, refusal.reason) for refusal in refusals] == [
        (second.pk, "It has changed since.")
    ]
    assert not PublishedTerm.objects.filter(uid=first.uid).exists()
    assert list(check_consistency(few)) == []


def test_concurrent_withdrawals_keep_successor():
    """The second request waits for the lock while the first one withdraws the term."""
    successor, term = make_live("Quart"), make_live("Flask")
    one = Term.objects.filter(pk=term.pk)
    with transaction.atomic():
        Glossary.objects.lock(term.glossary_id)
        thread = in_thread(lambda: withdraw(term.glossary, one.all()))
        thread.join(0.3)
        assert withdraw(term.glossary, one, successor=successor.uid) == 1
    thread.join()
    assert Withdrawal.objects.get().successor_uid == successor.uid


def test_missing_stored_page_is_rendered_on_request(client):
    make_term("Flask", category="Web Engineering", vertical="Back End")
    publish_all()
    home = "/glossary/"
    stored = {page.path: page.content for page in Page.objects.exclude(path__contains="letters")}
    paths = [*PublishedTerm.objects.values_list("path", flat=True)[:3]]
    paths += [f"{path.removesuffix('/')}.{form}" for path in paths for form in FORMS]
    paths += [f"{home}web-engineering/", f"{home}web-engineering/back-end/"]
    Page.objects.all().delete()
    for path in paths:
        response = client.get(path)
        assert (response.status_code, response.content) == (200, stored[path]), path
    for path in ("web-engineering/nothing/", "/back-end/", "//", "web-engineering//"):
        assert client.get(f"/glossary/{path}").status_code in (301, 302, 404), path


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the lock is SQLite's")
def test_writer_gets_the_lock_between_short_transactions():
    """SQLite's own busy handler retries every 100 ms and misses most of the gaps."""
    ended, waited = threading.Event(), []

    def writing():
        while not ended.is_set():
            with transaction.atomic():
                time.sleep(0.05)
            time.sleep(PAUSE)

    thread = in_thread(writing)
    for _ in range(20):
        began = time.monotonic()
        with transaction.atomic():
            waited.append(time.monotonic() - began)
        time.sleep(0.01)
    ended.set()
    thread.join()
    assert sorted(waited)[10] < 0.1


def test_pause_is_a_share_of_the_time_the_lock_was_held():
    began = time.monotonic()
    let_others_write(began - 0.4)
    assert time.monotonic() - began >= 0.4 * SHARE


def test_large_change_set_is_published_completely_or_not_at_all(many):
    chosen = list(Term.objects.order_by("pk")[:150])
    for term in chosen:
        edit(term, "Term 3 again.")
    change_set = collect(many, chosen, "Many", None)
    save_one(many, Draft(chosen[7].path, "---\nterm: [\n---\n", chosen[7], chosen[7].version + 1))
    before = set(PublishedTerm.objects.values_list("uid", "fingerprint"))
    with pytest.raises(PublishingRefused) as refused:
        publish_set(change_set)
    assert [refusal.term.pk for refusal in refused.value.refusals] == [chosen[7].pk]
    assert set(PublishedTerm.objects.values_list("uid", "fingerprint")) == before

    chosen[7].refresh_from_db()
    edit(chosen[7], "Mended.")
    with pytest.raises(CannotReview, match="has changed since you read it"):
        publish_set(change_set, seen={chosen[9].pk: "another text"})
    assert publish_set(change_set) == 150
    assert not change_set.members().exclude(live_fingerprint=F("fingerprint")).exists()
    assert list(stale_pages(Glossary.objects.get())) == []


def edit(term, body):
    save_one(term.glossary, Draft(term.path, text_of(term.name, body=body), term, term.version))


def _cut(items, count):
    for number, item in enumerate(items):
        if number == count:
            raise KeyboardInterrupt
        yield item
