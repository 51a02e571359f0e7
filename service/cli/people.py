"""people …: who may sign in to the pages, and with which roles.

A password is read from the terminal, or from standard input; it is never an argument, which other users could read.
"""

import sys
from argparse import ArgumentParser, Namespace
from getpass import getpass

from service.cli.console import out
from service.cli.inputs import add_tenant
from service.cli.installation import Installation, installation, now
from service.errors import UsageError
from service.screening.access import Role, passwords
from service.screening.access.administered import check_study, disable, give, take
from service.screening.access.audited import note_deed
from service.screening.access.local import set_password
from service.store import accounts
from service.store.accounts import Account

ACTOR, EVERYWHERE = "command-line", "*"
LONGEST = 200


def add_people(command: ArgumentParser) -> None:
    """`prescreen people`."""
    actions = command.add_subparsers(title="actions", metavar="ACTION", required=True)
    adding = actions.add_parser("add", help="a new account; its password is asked for, unless it is linked")
    adding.add_argument("account", metavar="ACCOUNT", help="a short name for signing in, such as anna.berg")
    adding.add_argument("--name", required=True, help="the name as others read it")
    adding.add_argument("--email", help="an address, by which one can sign in, too")
    adding.add_argument("--linked", nargs=2, metavar=("ISSUER", "SUBJECT"), help=LINKED)
    adding.set_defaults(run=add)
    linking = actions.add_parser("link", help="let an issuer's subject be an account that there is")
    linking.add_argument("account", metavar="ACCOUNT")
    linking.add_argument("linked", nargs=2, metavar=("ISSUER", "SUBJECT"), help=LINKED)
    linking.set_defaults(run=link)
    listing = actions.add_parser("list", help="all accounts and their roles")
    listing.set_defaults(run=list_people)
    for name, does, told in (
        ("disable", disable_account, "let somebody in no more, and end their sessions"),
        ("enable", enable_account, "let somebody in again"),
        ("password", password, "set another password, and end the sessions of the account"),
    ):
        action = actions.add_parser(name, help=told)
        action.add_argument("account", metavar="ACCOUNT")
        action.set_defaults(run=does)
    for name, run, told in (("give", give_role, "give a role in a study"), ("take", take_role, "take a role away")):
        action = actions.add_parser(name, help=told)
        action.add_argument("account", metavar="ACCOUNT", help="its short name, or e-mail address")
        action.add_argument("role", choices=tuple(map(str, Role)))
        action.add_argument("--study", required=True, metavar="ID", help="an open study; * for each")
        add_tenant(action)
        action.set_defaults(run=run)


LINKED = "the issuer (or the EHR's address, as it launches) and by what it knows the person, e.g. Practitioner/7"


def add(chosen: Namespace) -> int:
    """A new account."""
    _check_names(chosen.account, chosen.name, chosen.email)
    with installation() as there:
        if accounts.find(there.store, chosen.account) is not None:
            raise UsageError("there is an account of this name already; see: prescreen people list")
        kept = None if chosen.linked else passwords.hashed(_asked_for(), chosen.account)
        with there.store.transaction() as whole:
            accounts.add(whole, Account(chosen.account, chosen.name, now(), chosen.email, kept))
            if chosen.linked:
                accounts.link(whole, chosen.account, *chosen.linked)
            note_deed(whole, ACTOR, EVERYWHERE, None, "account-added", now(), account=chosen.account)
    out(f"Added {chosen.account}. It has no role yet; see: prescreen people give --help")
    return 0


def link(chosen: Namespace) -> int:
    """Another way to sign in for an account."""
    with installation() as there:
        _account(there, chosen.account)
        if accounts.linked(there.store, *chosen.linked) is not None:
            raise UsageError("this subject of this issuer is an account already")
        accounts.link(there.store, chosen.account, *chosen.linked)
        note_deed(there.store, ACTOR, EVERYWHERE, None, "account-linked", now(), account=chosen.account)
    out(f"Linked {chosen.account}.")
    return 0


def list_people(_: Namespace) -> int:
    """All accounts, each with its roles."""
    with installation() as there:
        for each in accounts.all_of_them(there.store):
            how = "password" if each.password else "linked"
            out(f"{each.id}  {each.name}  {'not let in' if each.disabled else how}")
            for given in accounts.roles_of(there.store, each.id):
                out(f"  {given.tenant}/{given.study}: {given.role}, given by {given.given_by}")
    return 0


def disable_account(chosen: Namespace) -> int:
    """Let somebody in no more."""
    with installation() as there:
        if not disable(there.store, _account(there, chosen.account).id, EVERYWHERE, ACTOR, now()):
            raise UsageError("this account is not let in already")
    out(f"{chosen.account} is not let in any more; its sessions ended.")
    return 0


def enable_account(chosen: Namespace) -> int:
    """Let somebody in again."""
    with installation() as there:
        accounts.change(there.store, _account(there, chosen.account).id, disabled=None)
        note_deed(there.store, ACTOR, EVERYWHERE, None, "account-enabled", now(), account=chosen.account)
    out(f"{chosen.account} is let in again.")
    return 0


def password(chosen: Namespace) -> int:
    """Set another password."""
    with installation() as there:
        set_password(there.store, _account(there, chosen.account).id, _asked_for())
        note_deed(there.store, ACTOR, EVERYWHERE, None, "password-set", now(), account=chosen.account)
    out(f"{chosen.account} has another password; its sessions ended.")
    return 0


def give_role(chosen: Namespace) -> int:
    """Give a role."""
    with installation() as there:
        tenant = there.tenant(chosen.tenant)
        give(there.store, tenant, chosen.study, chosen.account, chosen.role, ACTOR, now())
    out(f"{chosen.account} is {chosen.role} in {tenant.name}/{chosen.study}.")
    return 0


def take_role(chosen: Namespace) -> int:
    """Take a role away."""
    with installation() as there:
        tenant = there.tenant(chosen.tenant)
        check_study(tenant, chosen.study)
        account = accounts.named(there.store, chosen.account)
        if account is None or not take(there.store, tenant, chosen.study, account.id, chosen.role, ACTOR, now()):
            raise UsageError("this role was not given; see: prescreen people list")
    out(f"{chosen.account} is {chosen.role} in {tenant.name}/{chosen.study} no more.")
    return 0


def _account(there: Installation, name: str) -> Account:
    found = accounts.named(there.store, name)
    if found is None:
        raise UsageError("there is no account of this name; see: prescreen people list")
    return found


def _check_names(account: str, name: str, email: str | None) -> None:
    plain = account.isascii() and account.replace(".", "").replace("-", "").replace("_", "").isalnum()
    if not plain or len(account) > LONGEST:
        raise UsageError("the name of an account has letters and digits, with . - and _ between them")
    if any(not each.isprintable() or not each.strip() or len(each) > LONGEST for each in (name, email or name)):
        raise UsageError(f"a name and an e-mail address have at most {LONGEST} characters, in one line")


def _asked_for() -> str:
    """The password: asked for twice at a terminal, else the first line of standard input. Raises UsageError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    found = getpass("Password: ")
    if getpass("Again: ") != found:
        raise UsageError("it was not written the same twice; nothing changed")
    return found
