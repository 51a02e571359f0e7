"""Who may do what, as tables: a study nurse can read them line by line.

A line: what somebody wants to do, and for each role in the study whether they may (yes), or why not.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from service.screening.access import Action, Basis, BasisKind, Refusal, Role, Viewer, allows, may, visible
from service.screening.access.policy import EVERY_STUDY, NEED_NO_BASIS, WORKING

TODAY = date(2026, 6, 30)
NORTH, STUDY = "north", "demo"
ROLES = ("nobody", "viewer", "coordinator", "investigator", "admin")
WORDS = {
    "yes": None,
    "role": Refusal.NO_ROLE,
    "basis": Refusal.NO_BASIS,
    "expired": Refusal.BASIS_EXPIRED,
    "permit": Refusal.ROLE_NOT_PERMITTED,
    "prepare": Refusal.PREPARATORY_ONLY,
}

APPROVED = """
# a waiver, a consent or the local law, valid today and for all roles that work with patients
             nobody  viewer  coordinator  investigator  admin
count        role    yes     yes          yes           yes
see          role    yes     yes          yes           role
decide       role    role    yes          yes           role
override     role    role    role         yes           role
contact      role    role    yes          yes           role
export       role    role    yes          yes           role
administer   role    role    role         role          yes
"""
PREPARATORY = """
# the study is being prepared: to look is all right, to export or to speak to anybody is not
             nobody  viewer  coordinator  investigator  admin
count        role    yes     yes          yes           yes
see          role    yes     yes          yes           role
decide       role    role    yes          yes           role
override     role    role    role         yes           role
contact      role    role    prepare      prepare       role
export       role    role    prepare      prepare       role
administer   role    role    role         role          yes
"""
NONE = """
# nothing was entered, or it was ended
             nobody  viewer  coordinator  investigator  admin
count        role    yes     yes          yes           yes
see          role    basis   basis        basis         role
decide       role    role    basis        basis         role
override     role    role    role         basis         role
contact      role    role    basis        basis         role
export       role    role    basis        basis         role
administer   role    role    role         role          yes
"""
EXPIRED = NONE.replace("basis", "expired")
INVESTIGATORS_ONLY = """
# the approval lets investigators alone see patients
             nobody  viewer  coordinator  investigator  admin
count        role    yes     yes          yes           yes
see          role    permit  permit       yes           role
decide       role    role    permit       yes           role
override     role    role    role         yes           role
contact      role    role    permit       yes           role
export       role    role    permit       yes           role
administer   role    role    role         role          yes
"""
IN_FORCE = (None, TODAY, TODAY + timedelta(days=1))
YESTERDAY = TODAY - timedelta(days=1)
NOT_PREPARATORY = [each for each in BasisKind if each is not BasisKind.PREPARATORY]
SITUATIONS: list[tuple[str, Basis | None, str]] = [
    *((f"{kind}, {until}", Basis(kind, "EC 1", until), APPROVED) for kind in NOT_PREPARATORY for until in IN_FORCE),
    *((f"preparatory, {until}", Basis(BasisKind.PREPARATORY, None, until), PREPARATORY) for until in IN_FORCE),
    *((f"{kind}, {YESTERDAY}", Basis(kind, "EC 1", YESTERDAY), EXPIRED) for kind in BasisKind),
    ("none", None, NONE),
    ("investigators", Basis(BasisKind.WAIVER, "EC 1", None, frozenset({Role.INVESTIGATOR})), INVESTIGATORS_ONLY),
]


def lines(table: str) -> list[tuple[Action, str, str]]:
    """(action, role, answer) of a table."""
    read = [each.split() for each in table.strip().splitlines() if not each.startswith("#")]
    assert tuple(read[0]) == ROLES
    return [(Action(row[0]), role, word) for row in read[1:] for role, word in zip(ROLES, row[1:], strict=True)]


def somebody(role: str, tenant: str = NORTH, study: str = STUDY) -> Viewer:
    return Viewer("anna", "Anna", {} if role == "nobody" else {(tenant, study): frozenset({Role(role)})})


@pytest.mark.parametrize(("basis", "table"), [each[1:] for each in SITUATIONS], ids=[each[0] for each in SITUATIONS])
def test_who_may_do_what(basis: Basis | None, table: str) -> None:
    told = lines(table)
    found = {(action, role): allows(somebody(role), NORTH, STUDY, action, basis, TODAY) for action, role, _ in told}
    assert found == {(action, role): WORDS[word] for action, role, word in told}
    assert len(found) == len(Action) * len(ROLES)


def test_every_table_says_of_every_action() -> None:
    for _, _, table in SITUATIONS:
        assert {action for action, _, _ in lines(table)} == set(Action)


days = st.dates(date(2026, 1, 1), date(2027, 1, 1))
some_roles = st.frozensets(st.sampled_from(Role))
permitted = st.frozensets(st.sampled_from(sorted(WORKING)))
some_bases = st.none() | st.builds(Basis, st.sampled_from(BasisKind), st.just("EC 1"), st.none() | days, permitted)
viewers = st.builds(
    Viewer,
    st.just("anna"),
    st.just("Anna"),
    st.dictionaries(
        st.tuples(st.sampled_from(["north", "south"]), st.sampled_from(["demo", "other", "*"])), some_roles
    ),
)


@given(viewers, st.sampled_from(Action), some_bases, days)
def test_without_a_role_nothing_is_open(viewer: Viewer, action: Action, basis: Basis | None, day: date) -> None:
    if not viewer.roles_in(NORTH, STUDY):
        assert not may(viewer, NORTH, STUDY, action, basis, day)


@given(viewers, st.sampled_from(Action), some_bases, days)
def test_without_a_valid_basis_only_counts_and_administration_are_open(
    viewer: Viewer, action: Action, basis: Basis | None, day: date
) -> None:
    if (basis is None or not basis.is_valid(day)) and may(viewer, NORTH, STUDY, action, basis, day):
        assert action in NEED_NO_BASIS == {Action.COUNT, Action.ADMINISTER}


@given(viewers, some_bases, days, st.sampled_from([Action.EXPORT, Action.CONTACT]))
def test_preparing_never_exports_and_never_contacts(
    viewer: Viewer, basis: Basis | None, day: date, action: Action
) -> None:
    if basis is not None and basis.kind is BasisKind.PREPARATORY:
        assert not may(viewer, NORTH, STUDY, action, basis, day)


@given(viewers, some_bases, days)
def test_who_may_do_anything_with_a_patient_may_see_the_patient(viewer: Viewer, basis: Basis | None, day: date) -> None:
    for action in set(Action) - NEED_NO_BASIS:
        if may(viewer, NORTH, STUDY, action, basis, day):
            assert may(viewer, NORTH, STUDY, Action.SEE, basis, day)


@given(viewers, some_bases, days, st.sampled_from(Action))
def test_another_role_never_closes_what_was_open(
    viewer: Viewer, basis: Basis | None, day: date, action: Action
) -> None:
    more = Viewer("anna", "Anna", {**viewer.roles, (NORTH, STUDY): frozenset(Role)})
    if may(viewer, NORTH, STUDY, action, basis, day):
        assert may(more, NORTH, STUDY, action, basis, day)


@pytest.mark.parametrize("tenant", ["south", "Nort", ""])
def test_a_role_elsewhere_opens_nothing_here(tenant: str) -> None:
    basis = Basis(BasisKind.WAIVER, "EC 1")
    elsewhere = Viewer("anna", "Anna", {(tenant, EVERY_STUDY): frozenset(Role), (NORTH, "other"): frozenset(Role)})
    assert [allows(elsewhere, NORTH, STUDY, each, basis, TODAY) for each in Action] == [Refusal.NO_ROLE] * len(Action)


def test_only_studies_with_a_role_and_a_valid_basis_are_visible() -> None:
    valid, expired = Basis(BasisKind.WAIVER, "EC 1"), Basis(BasisKind.WAIVER, "EC 1", YESTERDAY)
    roles = {(NORTH, each): frozenset({Role.VIEWER}) for each in ("a", "b", "c")}
    studies = {"d": valid, "a": valid, "b": expired, "c": None}
    assert visible(Viewer("anna", "Anna", roles), NORTH, studies, TODAY) == ("a",)
    assert visible(Viewer("anna", "Anna", {(NORTH, "*"): frozenset({Role.VIEWER})}), NORTH, studies, TODAY) == (
        "a",
        "d",
    )
    assert visible(Viewer("anna", "Anna", {(NORTH, "*"): frozenset({Role.ADMIN})}), NORTH, studies, TODAY) == ()
