"""The accounts of people, and their roles in studies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from service.store.engine import Store, insert_into
from service.store.tables import accounts, roles


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in: with a password (`password` is its hash), or by an issuer that knows the subject.

    `disabled`: since when the account is not let in. `preferences`: how the pages are shown to this person.
    """

    id: str
    name: str = field(repr=False)
    created: datetime
    email: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    issuer: str | None = None
    subject: str | None = field(default=None, repr=False)
    preferences: Mapping[str, Any] = field(default_factory=dict)
    disabled: datetime | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A role that somebody was given in a study (`*`: in each of the tenant)."""

    account: str
    tenant: str
    study: str
    role: str
    given_by: str
    given: datetime


def add(store: Store, account: Account) -> None:
    """Add an account. Raises StoreError if there is one of that id."""
    values = {name: getattr(account, name) for name in Account.__slots__}
    values["preferences"] = dict(account.preferences)
    with store.writing() as connection:
        connection.execute(insert(accounts).values(**values))


def change(store: Store, identity: str, **values: Any) -> bool:
    """Change some of the fields of an account; False if there is none of that id."""
    with store.writing() as connection:
        return connection.execute(update(accounts).where(accounts.c.id == identity).values(**values)).rowcount == 1


def find(store: Store, identity: str) -> Account | None:
    """The account of this id."""
    with store.reading() as connection:
        row = connection.execute(select(accounts).where(accounts.c.id == identity)).one_or_none()
    return None if row is None else _account(row)


def of_subject(store: Store, issuer: str, subject: str) -> Account | None:
    """The account that this issuer knows by this subject."""
    with store.reading() as connection:
        row = connection.execute(
            select(accounts).where(accounts.c.issuer == issuer, accounts.c.subject == subject)
        ).one_or_none()
    return None if row is None else _account(row)


def all_of_them(store: Store) -> tuple[Account, ...]:
    """Every account, by id."""
    with store.reading() as connection:
        return tuple(_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.id)))


def give(store: Store, given: Given) -> None:
    """Give a role; the same twice is given once."""
    values = {name: getattr(given, name) for name in Given.__slots__}
    with store.writing() as connection:
        connection.execute(insert_into(connection, roles).values(**values).on_conflict_do_nothing())


def take(store: Store, account: str, tenant: str, study: str, role: str) -> bool:
    """Take a role away; False if it was not given."""
    wanted = {"account": account, "tenant": tenant, "study": study, "role": role}
    with store.writing() as connection:
        gone = connection.execute(delete(roles).where(*(roles.c[name] == value for name, value in wanted.items())))
    return gone.rowcount == 1


def roles_of(store: Store, account: str) -> tuple[Given, ...]:
    """The roles of an account."""
    order = (roles.c.tenant, roles.c.study, roles.c.role)
    with store.reading() as connection:
        rows = connection.execute(select(roles).where(roles.c.account == account).order_by(*order)).all()
    return tuple(Given(**row._mapping) for row in rows)


def _account(row: Row[Any]) -> Account:
    return Account(**row._mapping)
