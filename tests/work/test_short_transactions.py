"""What takes long is done in many short transactions (D4): others get in between."""

import threading
import time

import pytest
from django.db import connection

from terms.editing import Draft, save_one
from terms.models import Glossary, Page, PublishedTerm, Term
from terms.publishing import publish, rebuild
from terms.site.refreshing import stale_pages
from tests.factory import default_glossary, make_term, publish_all, text_of

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 400


@pytest.fixture
def many():
    for number in range(COUNT):
        make_term(
            f"Term {number}", related=f"Term {number + 1}", body=f"See Term {number + 2}. " * 20
        )
    publish_all()
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


def test_editors_save_and_publish_while_the_site_is_rebuilt(many):
    Page.objects.update(etag="old")  # so that every page is written
    ended, waited = threading.Event(), []

    def rebuilding():
        rebuild(many)
        ended.set()

    thread = in_thread(rebuilding)
    number = 0
    while not ended.is_set():
        number += 1
        began = time.monotonic()
        draft = Draft(f"new-{number}.md", text_of(f"New {number}", body="Term 7 is named."))
        save_one(many, draft)
        waited.append(time.monotonic() - began)
        if number % 3 == 0:
            assert publish(many, Term.objects.filter(path=f"new-{number}.md")) == []
    thread.join()
    assert number >= 3  # it was not one transaction
    assert max(waited) < 5
    assert PublishedTerm.objects.count() == COUNT + number // 3
    assert list(stale_pages(Glossary.objects.get())) == []  # as from nothing
    assert not Page.objects.filter(etag="old").exists()


def test_a_rebuild_that_ends_half_way_is_run_again(many):
    before = dict(Page.objects.values_list("path", "etag"))
    Page.objects.update(etag="old")
    with pytest.raises(KeyboardInterrupt):
        rebuild(many, lambda items: _cut(items, 5))
    assert Page.objects.filter(etag="old").exists()
    rebuild(many)
    assert dict(Page.objects.values_list("path", "etag")) == before


def _cut(items, count):
    for number, item in enumerate(items):
        if number == count:
            raise KeyboardInterrupt
        yield item
