"""A preview of the site with a change set published, in a transaction that is rolled back."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from terms.models import ChangeSet, Event, Glossary, GuestLink, Site, Term
from terms.pages.change_marks import settle
from terms.people.audit_log import record
from terms.people.permissions import rights
from terms.publishing.publish import Refusal, preview

from .change_sets import PublishingRefused, withdraw_merged

MAX_DAYS = 30
MAX_TERMS = 300  # terms that are published and rolled back to show a page
SALT = "terms.guest-link"


class TooLarge(ValueError):
    """The set has too many terms to show while other writers wait."""


def make_link(change_set: ChangeSet, person: Any, days: int) -> tuple[GuestLink, str]:
    """Return a new link and its token, which is not stored. Raises TooLarge."""
    if change_set.members().count() > MAX_TERMS:
        text = _("A set of more than {most} terms is not shown to guests.")
        raise TooLarge(text.format(most=MAX_TERMS))
    now = timezone.now()
    secret = secrets.token_urlsafe(24)
    what = [(None, change_set.title)]
    detail = ngettext("for {count} days", "for {count} days", days).format(count=days)
    record(change_set.glossary, Event.Kind.SHARED, what, person, detail)
    link = GuestLink.objects.create(
        change_set=change_set, secret_hash=_hash(secret), person=person, created_at=now,
        expires_at=now + timedelta(days=max(1, min(days, MAX_DAYS))),
    )  # fmt: skip
    return link, signing.Signer(salt=SALT).sign(secret)


def revoke_links(change_set: ChangeSet, person: Any) -> int:
    """Revoke all links to the set and return their number."""
    count = change_set.guest_links.filter(revoked_at=None).update(revoked_at=timezone.now())
    what = [(None, change_set.title)]
    detail = ngettext("{count} links", "{count} links", count).format(count=count)
    record(change_set.glossary, Event.Kind.UNSHARED, what, person, detail)
    return count


def link_of(token: str) -> GuestLink | None:
    """Return the open link that ``token`` belongs to. Forged tokens cost no query."""
    try:
        secret = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    # The link needs a creator who is active staff and still has the permission to share.
    links = GuestLink.objects.open().filter(person__is_active=True, person__is_staff=True)
    links = links.filter(change_set__glossary__deleted_at=None)
    links = links.select_related("change_set__glossary", "person")
    link = links.filter(secret_hash=_hash(secret)).first()
    return link if link and _may_still_share(link) else None


def _may_still_share(link: GuestLink) -> bool:
    found = rights(link.person, "change_term")
    members = link.change_set.members()
    return not members.exclude(pk__in=found.among(members).values("pk")).exists()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@contextmanager
def as_published(change_set: ChangeSet) -> Iterator[list[Refusal]]:
    """Within the context, the database is in the state after publication of the set.

    Everything is real: pages, search, letters, mentions. Approvals are not required, since
    nothing is published. Other writers of the glossary wait.
    """
    try:
        with transaction.atomic():
            Glossary.objects.lock(change_set.glossary_id)
            members = list(change_set.members().values_list("pk", flat=True))
            terms = Term.objects.filter(pk__in=members)
            refusals = preview(change_set.glossary, terms)
            with suppress(PublishingRefused):
                withdraw_merged(terms)
            # A new uid keeps the preview out of caches that are keyed by site and change number.
            Site.objects.update(uid=uuid4())
            yield refusals
            transaction.set_rollback(True)
    finally:
        settle()
