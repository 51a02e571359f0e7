"""The accounts of people, and their roles in studies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, exists, insert, select, update

from service.store.engine import Store, insert_into
from service.store.tables import accounts, links, roles


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in: with a password (`password` is its hash), or by an issuer that knows them (`link`).

    `disabled`: since when the account is not let in. `preferences`: how the pages are shown to this person.
    """

    id: str
    name: str = field(repr=False)
    created: datetime
    email: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
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


def named(store: Store, text: str) -> Account | None:
    """The account of this id, or the only one of this e-mail address."""
    found = find(store, text)
    if found is not None:
        return found
    with store.reading() as connection:
        rows = connection.execute(select(accounts).where(accounts.c.email == text).limit(2)).all()
    return _account(rows[0]) if len(rows) == 1 else None


def link(store: Store, account: str, issuer: str, subject: str) -> None:
    """Let this issuer's subject be this account. Raises StoreError if it is one already."""
    with store.writing() as connection:
        connection.execute(insert(links).values(issuer=issuer, subject=subject, account=account))


def linked(store: Store, issuer: str, subject: str) -> Account | None:
    """The account that this issuer knows by this subject."""
    theirs = (links.c.issuer == issuer, links.c.subject == subject)
    with store.reading() as connection:
        row = connection.execute(
            select(accounts).join(links, links.c.account == accounts.c.id).where(*theirs)
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


def confirm(store: Store, given: Given) -> None:
    """Give a role, or give it anew, from now on, if it is from the same giver. What somebody else gave stays theirs."""
    values = {name: getattr(given, name) for name in Given.__slots__}
    key, anew = ("account", "tenant", "study", "role"), {"given": given.given}
    with store.writing() as connection:
        row = insert_into(connection, roles).values(**values)
        mine = roles.c.given_by == given.given_by
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=anew, where=mine))


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


def given_in(store: Store, tenant: str, studies: Iterable[str]) -> tuple[Given, ...]:
    """All roles in these studies of a tenant, by account."""
    theirs = (roles.c.tenant == tenant, roles.c.study.in_(tuple(studies)))
    order = (roles.c.account, roles.c.study, roles.c.role)
    with store.reading() as connection:
        rows = connection.execute(select(roles).where(*theirs).order_by(*order)).all()
    return tuple(Given(**row._mapping) for row in rows)


def without_role(store: Store, most: int) -> tuple[Account, ...]:
    """Accounts that are let in and have no role anywhere, the newest first."""
    lonely = ~exists(select(roles.c.account).where(roles.c.account == accounts.c.id))
    wanted = select(accounts).where(lonely, accounts.c.disabled.is_(None))
    with store.reading() as connection:
        rows = connection.execute(wanted.order_by(accounts.c.created.desc(), accounts.c.id).limit(most)).all()
    return tuple(_account(row) for row in rows)


def _account(row: Row[Any]) -> Account:
    return Account(**row._mapping)
