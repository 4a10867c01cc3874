"""Calls of a git server after a push: whose they are, and which branch they are about."""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256

from django.utils.crypto import constant_time_compare, salted_hmac

from terms.models import Repository

_SALT = "terms.interchange.hooks"
NO_SECRET = "0" * 64  # compared with if there is no repository, so that both take the same time


def secret_of(repository: Repository | None) -> str:
    """Return the secret of a repository's hook. It is derived, and stored nowhere."""
    if repository is None:
        return NO_SECRET
    value = f"{repository.pk}:{repository.hook_number}"
    return salted_hmac(_SALT, value, algorithm="sha256").hexdigest()


def is_signed(repository: Repository | None, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a call has the repository's secret: GitHub's, Gitea's and GitLab's ways.

    GitHub and Gitea sign the body (HMAC-SHA256), GitLab sends the secret itself.
    """
    secret = secret_of(repository)
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    github = headers.get("X-Hub-Signature-256", "").removeprefix("sha256=")
    found = [
        constant_time_compare(github, signature),
        constant_time_compare(headers.get("X-Gitea-Signature", ""), signature),
        constant_time_compare(headers.get("X-Gitlab-Token", ""), secret),
    ]
    return any(found) and repository is not None


def is_about(repository: Repository, body: bytes) -> bool:
    """Whether the call reports a push to the repository's branch, as far as it says."""
    try:
        payload = json.loads(body)
        ref = payload.get("ref")
    except (ValueError, AttributeError, RecursionError):
        return True
    return not isinstance(ref, str) or ref == f"refs/heads/{repository.branch}"
