"""Permanent identifiers of terms, independent of name and file."""

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import models

Uid = str
_DIGITS = re.compile("[0-9a-f]{32}")


def new_uid() -> Uid:
    return uuid4().hex


class UidField(models.UUIDField):
    """A UUID column (RFC 9562) whose Python value is a string of 32 hexadecimal digits.

    Publishing compares large numbers of them, and strings are read, hashed and compared in C.
    """

    if TYPE_CHECKING:  # what django-stubs takes for the type of the attribute
        _pyi_private_set_type: Uid
        _pyi_private_get_type: Uid  # type: ignore[assignment]  # Django says UUID
        _pyi_lookup_exact_type: Uid

    def get_internal_type(self) -> str:
        return "UidField"  # for Django's own type, SQLite converts each value to a UUID

    def db_type(self, connection: Any) -> str:
        return connection.data_types["UUIDField"]

    def cast_db_type(self, connection: Any) -> str:
        return self.db_type(connection)

    def get_db_converters(self, connection: Any) -> list:
        return [_hex] if connection.features.has_native_uuid_field else []

    def to_python(self, value: Any) -> Uid | None:
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            return value
        found = super().to_python(value)
        return found and found.hex

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.to_python(value)


def _hex(value: UUID | None, expression: Any, connection: Any) -> Uid | None:
    return value.hex if value else None
