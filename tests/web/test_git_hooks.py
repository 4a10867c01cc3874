"""Calls of git servers after a push."""

import hmac
import json
from hashlib import sha256

import pytest
from django.test import Client

from terms.interchange.hooks import secret_of
from terms.models import Job, Repository
from tests.factory import default_glossary

pytestmark = pytest.mark.django_db
HOOK = "/hooks/git/glossary"
PUSH = json.dumps({"ref": "refs/heads/main"}).encode()


@pytest.fixture
def repository():
    return Repository.objects.create(glossary=default_glossary(), url="/srv/words.git")


def call(headers, body=PUSH, address=HOOK):
    client = Client(enforce_csrf_checks=True)
    return client.post(address, body, content_type="application/json", headers=headers)


def signed(repository, body=PUSH, prefix="sha256="):
    return prefix + hmac.new(secret_of(repository).encode(), body, sha256).hexdigest()


@pytest.mark.parametrize("server", ["GitHub", "Gitea", "GitLab"])
def test_signed_call_starts_a_sync(repository, server):
    headers = {
        "GitHub": {"X-Hub-Signature-256": signed(repository)},
        "Gitea": {"X-Gitea-Signature": signed(repository, prefix="")},
        "GitLab": {"X-Gitlab-Token": secret_of(repository)},
    }[server]
    assert call(headers).status_code == 202
    assert call(headers).status_code == 202
    job = Job.objects.get()
    assert (job.kind, job.person, job.arguments) == ("sync", None, {"repository": repository.pk})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Gitlab-Token": ""},
        {"X-Gitlab-Token": "0" * 64},
        {"X-Gitea-Signature": "ü"},
    ],
)
def test_other_calls_are_refused(repository, headers):
    assert call(headers).status_code == 403
    assert not Job.objects.exists()


def test_signature_of_another_body_or_secret_is_refused(repository):
    headers = {"X-Hub-Signature-256": signed(repository)}
    assert call(headers, PUSH + b" ").status_code == 403
    Repository.objects.update(hook_number=2)
    assert call(headers).status_code == 403


def test_glossary_without_a_repository_is_refused_alike(repository):
    answer = call({"X-Gitlab-Token": "0" * 64}, address="/hooks/git/nothing")
    assert answer.status_code == 403
    assert answer.content == call({"X-Gitlab-Token": "0" * 64}).content
    Repository.objects.update(is_active=False)
    assert call({"X-Gitlab-Token": secret_of(repository)}).status_code == 403


def test_push_to_another_branch_starts_nothing(repository):
    body = json.dumps({"ref": "refs/heads/other"}).encode()
    answer = call({"X-Hub-Signature-256": signed(repository, body)}, body)
    assert answer.status_code == 200
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[" * 9999, b"\xff", b'{"ref": []}', b"payload=%7B%7D"])
def test_unreadable_body_starts_a_sync(repository, body):
    assert call({"X-Hub-Signature-256": signed(repository, body)}, body).status_code == 202


def test_only_posts_are_answered_and_not_without_end(repository):
    assert Client().get(HOOK).status_code == 405
    answers = {call({}).status_code for _ in range(200)}
    assert answers == {403, 429}
