"""Notices to people about terms."""

import pytest
from django.contrib.auth.models import User

from terms.models import Notice
from terms.people.notifications import tell
from tests.factory import make_term

pytestmark = pytest.mark.django_db


def test_people_are_not_notified_of_their_own_action():
    ann, ben = (User.objects.create_user(name, f"{name}@example.org") for name in ("ann", "ben"))

    tell([ann.pk, ben.pk], make_term("Flask"), "A comment.", but=ann)

    assert [notice.person for notice in Notice.objects.all()] == [ben]
