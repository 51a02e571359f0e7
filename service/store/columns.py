"""The types of the columns, so that SQLite and PostgreSQL store, order and refuse the same things."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from service.errors import InvalidValue, UnfitName

Json = Mapping[str, object]
# Three of them in one index stay below the 2,704 bytes that PostgreSQL indexes, at four bytes a character.
LONGEST_NAME = 200
# SQLite counts up by itself only where the type is exactly INTEGER.
NUMBER = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, given back in UTC. SQLite keeps it as text of one width, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database; raises InvalidValue for a datetime without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidValue("a time without a time zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Name(TypeDecorator[str]):
    """An identifier or a code: at most 200 characters, compared byte by byte."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """PostgreSQL would otherwise order and compare by the language of the database."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database; raises UnfitName for what one of the two databases could not keep."""
        if value is None:
            return None
        if not is_fit(value):
            raise UnfitName(f"an identifier has at most {LONGEST_NAME} characters, none of them NUL or half of one")
        return str(value)  # of an Enum its text: the driver of PostgreSQL would take its name


class Document(TypeDecorator[Json]):
    """A JSON object, kept as text: the order of its keys stays."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Json | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, object] | None:
        """From the database."""
        if value is None:
            return None
        document: dict[str, object] = orjson.loads(value)
        return document


def is_fit(name: str) -> bool:
    """Can both databases keep it as an identifier?"""
    return len(name) <= LONGEST_NAME and _storable(name)


def _storable(text: str) -> bool:
    """Neither NUL, which PostgreSQL refuses, nor half of a surrogate pair, which has no bytes in UTF-8."""
    return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text)
