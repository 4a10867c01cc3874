from typing import Self

from django.conf import settings
from django.db import models

from .fields import UidField
from .glossary import Glossary
from .term import NAME_LENGTH, Term

PERSON = settings.AUTH_USER_MODEL


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def open(self) -> Self:
        return self.filter(state=Suggestion.State.OPEN)

    def declined_names(self) -> Self:
        """Match declined suggestions of new terms."""
        return self.filter(state=Suggestion.State.DECLINED, term_uid=None)


class Suggestion(models.Model):
    """A reader's suggestion about a term, or for a missing term if ``term_uid`` is None.

    The reader is not recorded. ``digest`` identifies the content: repeated suggestions are
    counted, even after one was declined.
    """

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        DECLINED = "declined"

    glossary = models.ForeignKey(Glossary, models.CASCADE, db_index=False)
    term_uid = UidField(null=True)
    name = models.CharField(max_length=NAME_LENGTH)
    key = models.CharField(max_length=NAME_LENGTH)
    text = models.TextField(blank=True)
    digest = models.CharField(max_length=32)
    times = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True)
    is_answer_public = models.BooleanField(
        db_default=False, help_text="Readers who suggest it again are told the answer."
    )
    person = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ["-times", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["glossary", "digest"], name="suggestion_once")
        ]
        indexes = [
            models.Index(fields=["key"], name="suggestion_key"),
            models.Index(
                fields=["glossary"], condition=models.Q(state="open"), name="suggestion_open"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DeclinedRelation(models.Model):
    """A suggested relation from ``term`` that an editor declined."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="declined", db_index=False)
    target_uid = UidField()
    person = models.ForeignKey(PERSON, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["term", "target_uid"], name="declined_once")]

    def __str__(self) -> str:
        return f"{self.term} is not related to {self.target_uid}"
