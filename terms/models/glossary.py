import re
import unicodedata
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.formats.dialects import BUILT_IN

DEFAULT_SLUG = "glossary"
PICTURE_FOLDER = "images/"
MOST_APPROVALS = 9
RESERVED_SLUGS = frozenset({"admin", "hooks", "media", "preview", "static"})
# Languages (ISO 639) and scripts (ISO 15924) that are written from right to left.
_RIGHT_TO_LEFT = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"]
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"arab", "hebr", "nkoo", "syrc", "thaa"})
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
HEADER_KEYS = frozenset(
    {key for dialect in BUILT_IN for keys in dialect.keys.values() for key in keys}
    | {"status", "replaced_by", "deprecated"}
)
_PLACE = re.compile(r"\[(?:slug|name|path)\]")  # where a link to edit names the term
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")


def validate_prefix(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or slug in RESERVED_SLUGS:
        raise ValidationError(
            _("“%(slug)s” cannot be a glossary's address: use a to z, 0 to 9 and hyphens."),
            params={"slug": slug},
        )


def validate_folder(folder: str) -> None:
    """Raise ValidationError if ``folder`` is not the path of a folder below another one."""
    parts = folder.removesuffix("/").split("/")
    is_bad = any(part.strip(" ") in ("", ".", "..") or part.lower() == ".git" for part in parts)
    if is_bad or any(unicodedata.category(c).startswith("C") or c == "\\" for c in folder):
        text = _("“%(folder)s” is not a folder below the files, such as images/.")
        raise ValidationError(text, params={"folder": folder})


def validate_edit_link(address: str) -> None:
    """Raise ValidationError if ``address`` cannot link to the place where a term is edited."""
    is_way = address.startswith(("https://", "http://", "/")) and not address.startswith("//")
    is_clean = not any(unicodedata.category(c)[0] in "CZ" for c in address)
    if not (is_way and is_clean and _PLACE.search(address)):
        text = _(
            "Start with https:// or /, and put [path], [slug] or [name] where the term is named."
        )
        raise ValidationError(text)


def validate_key(key: str) -> None:
    """Raise ValidationError if ``key`` is no name of a header key, or has another meaning."""
    if not _KEY.fullmatch(key) or key in HEADER_KEYS:
        text = _("“%(key)s” cannot be this key: use letters, digits, _ and -, and a free name.")
        raise ValidationError(text, params={"key": key})


class GlossaryQuerySet(models.QuerySet["Glossary"]):
    def lock(self, pk: int) -> "Glossary":
        """Return the glossary, locked against other writers until the transaction ends."""
        return self.select_for_update(no_key=True).get(pk=pk)

    def deleted(self) -> Self:
        return self.exclude(deleted_at=None)

    def expired(self) -> Self:
        """Glossaries that were deleted more than ``KEPT`` ago."""
        return self.filter(deleted_at__lt=timezone.now() - Glossary.KEPT)


class GlossaryManager(models.Manager):
    """Exclude deleted glossaries."""

    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)


class Glossary(models.Model):
    """One set of terms with its own address prefix, language and folder.

    A deleted glossary can be restored for ``KEPT``: its terms are in the trash since
    ``deleted_at``, and its pages are gone.
    """

    KEPT = timedelta(days=30)

    class Keeps(models.TextChoices):
        NOTHING = "", _lazy("only here")
        SIDECAR = "sidecar", _lazy("beside the files, in .glossary-cms.yaml")
        HEADERS = "headers", _lazy("owner and review date in the headers of the files")

    slug = models.CharField(_lazy("slug"), max_length=50, unique=True, validators=[validate_prefix])
    name = models.CharField(_lazy("name"), max_length=200, default="Glossary")
    approvals_needed = models.PositiveSmallIntegerField(
        _lazy("approvals needed"),
        default=0,
        validators=[MaxValueValidator(MOST_APPROVALS)],
        help_text=_lazy(
            "Approvals that a change needs before it is published. Categories can differ."
        ),
    )
    rules = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Rule → off, warn or block."
    )
    takes_suggestions = models.BooleanField(
        _lazy("readers may suggest"),
        default=False,
        help_text=_lazy("Pages then link to a form where readers report errors and gaps."),
    )
    edit_link = models.CharField(
        _lazy("address of “Edit this page”"),
        max_length=300,
        blank=True,
        validators=[validate_edit_link],
        help_text=_lazy(
            "Pages of terms link there, such as"
            " https://github.com/me/words/edit/main/[path], or /admin/terms/term/go/?name=[name]"
            " for this admin. Empty: no link."
        ),
    )
    language = models.CharField(
        _lazy("language"),
        max_length=35,
        default="en",
        help_text=_lazy("A BCP 47 tag: en, de-AT."),
    )
    origin = models.URLField(
        _lazy("site of the files"),
        max_length=300,
        blank=True,
        help_text=_lazy(
            "The site that also publishes the files: https://example.org/docs/glossary/. Links"
            " in the files that start with a slash point to that site, and links below this"
            " address point to the terms."
        ),
    )
    picture_folder = models.CharField(
        _lazy("folder for pictures"),
        max_length=100,
        default=PICTURE_FOLDER,
        blank=True,
        validators=[validate_folder],
        help_text=_lazy(
            "Below the folder of the files. Pictures that editors upload get a path there, and an"
            " export writes them. Pictures that are there already keep their path."
        ),
    )
    keeps = models.CharField(
        _lazy("alias kinds, link decisions, owners and review dates"),
        max_length=20,
        choices=Keeps,
        default=Keeps.NOTHING,
        blank=True,
        help_text=_lazy(
            "The term files do not hold them. A file beside them has user names and e-mail"
            " addresses of owners, also where the folder is public."
        ),
    )
    owner_key = models.CharField(
        _lazy("header key of the owner"),
        max_length=50,
        blank=True,
        validators=[validate_key],
        help_text=_lazy(
            "Such as owner. The value is a user name, or a name with an e-mail address."
        ),
    )
    review_key = models.CharField(
        _lazy("header key of the review date"),
        max_length=50,
        blank=True,
        validators=[validate_key],
        help_text=_lazy("Such as review_by."),
    )

    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = GlossaryManager.from_queryset(GlossaryQuerySet)()
    with_deleted = GlossaryQuerySet.as_manager()

    class Meta:
        base_manager_name = "with_deleted"
        verbose_name = _lazy("glossary")
        verbose_name_plural = _lazy("glossaries")
        permissions = [
            ("import_terms", "Can import files, and refuse or accept what they change"),
            ("export_terms", "Can export files"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{get_script_prefix()}{self.slug}/"

    def edit_address(self, slug: str, name: str, file: str) -> str:
        """Return where a published term is edited, or an empty string without such a link.

        ``file`` is the path of its file.
        """
        values = {"[slug]": quote(slug), "[name]": quote(name, safe=""), "[path]": quote(file)}
        return _PLACE.sub(lambda found: values[found[0]], self.edit_link)

    def clean(self) -> None:
        folder = self.picture_folder.strip().rstrip("/")
        self.picture_folder = f"{folder}/" if folder else PICTURE_FOLDER
        same = Glossary.with_deleted.deleted().filter(slug=self.slug).first()
        if same and same.kept_until:
            text = _(
                "The deleted glossary “%(name)s” has this address until %(day)s. Restore it from"
                " the trash, or choose another address."
            )
            values = {"name": same.name, "day": date_format(timezone.localtime(same.kept_until))}
            raise ValidationError({"slug": ValidationError(text, params=values)})

    @property
    def kept_until(self) -> datetime | None:
        """The time when a deleted glossary is deleted for good."""
        return self.deleted_at and self.deleted_at + self.KEPT

    @property
    def is_right_to_left(self) -> bool:
        language, *others = self.language.lower().split("-")
        scripts = {part for part in others if len(part) == 4}
        return bool(scripts & _RIGHT_TO_LEFT_SCRIPTS) or (
            language in _RIGHT_TO_LEFT and not scripts
        )
