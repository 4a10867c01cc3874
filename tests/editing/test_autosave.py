"""Who else has a term open."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from terms.editing.autosave import note_presence, others_at
from terms.models import Presence
from tests.factory import make_term

pytestmark = pytest.mark.django_db


def test_other_people_are_listed_while_they_have_the_term_open():
    ann = User.objects.create_user("ann", first_name="Ann", last_name="Lee")
    ben = User.objects.create_user("ben")
    flask, django = make_term("Flask"), make_term("Django")
    note_presence(ann, flask)
    note_presence(ben, flask)
    assert others_at(flask, ben) == ["Ann Lee"]
    assert others_at(flask, ann) == ["ben"]
    assert others_at(django, ann) == []
    Presence.objects.filter(person=ann).update(seen_at=timezone.now() - timedelta(seconds=90))
    assert others_at(flask, ben) == []
