"""Who wrote the files of a repository, as git knows."""

from collections.abc import Mapping

from django.contrib.auth import get_user_model

from terms.files.git.source import RepositorySource
from terms.files.plan import FileOrigin, Plan


def origins_of(source: RepositorySource, plan: Plan) -> Mapping[str, FileOrigin]:
    """Return who wrote the files that are to be saved, as git knows."""
    commits = source.commits({entry.path for entry in plan.to_save})
    emails = {commit.email.casefold() for commit in commits.values() if commit.email}
    people: dict[str, int | None] = {}
    for pk, email in get_user_model().objects.filter(is_active=True).values_list("pk", "email"):
        if (key := email.casefold()) in emails:
            people[key] = None if key in people else pk  # not if two accounts have it
    return {
        entry.path: FileOrigin(
            people.get(commit.email.casefold()),
            f"{commit.id[:12]} {commit.name} <{commit.email}>"[:300],
        )
        for entry in plan.to_save
        if (commit := commits.get(entry.path))
    }
