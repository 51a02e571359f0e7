"""From what is set to tenants: their content is read, their studies looked up, the rights reckoned that they need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.ehr.addresses import is_protected
from service.errors import CatalogError, SettingsError
from service.screening.cds.policy import CardPolicy
from service.screening.needs import Needs
from service.screening.tenant import Hook, Tenant
from service.settings.environment import Settings
from service.settings.file import TenantSettings
from service.settings.parts import DEVELOPMENT_HOOK

READ, WRITE, SUBSCRIBE = "rs", "crus", "crus"


def open_tenants(settings: Settings, shared: Catalog | None = None) -> tuple[Tenant, ...]:
    """The tenants, with their content; in development, `demo` is one of them, and listens at /hooks/demo.

    `shared`: the content of `settings.site`, if it was read already.

    Raises SettingsError for studies that there are not, and CatalogError for content that is not sound.
    """
    listed = _listed(settings)
    problems: list[str] = []
    catalogs: dict[Path | None, Catalog] = {} if shared is None else {settings.site: shared}
    found = []
    for each in listed:
        site = each.site or settings.site
        catalog = catalogs.get(site) or _catalog(each, site, problems)
        if catalog is not None:
            catalogs[site] = catalog
            found.append(_tenant(each, catalog, settings, problems))
    if len(found) == len(listed):
        problems += settings.sign_in.unknown({each.name: each.studies for each in found})
    if problems:
        raise SettingsError(problems)
    return tuple(found)


def tenant_names(settings: Settings) -> tuple[str, ...]:
    """The names of the tenants, without reading their content."""
    return tuple(each.name for each in _listed(settings))


def _listed(settings: Settings) -> tuple[TenantSettings, ...]:
    return tuple(_with_demo(settings.tenants)) if settings.in_development else settings.tenants


def _with_demo(tenants: Iterable[TenantSettings]) -> Iterator[TenantSettings]:
    """The tenant `demo` gets the hook of that name, which asks for no secret and is open to this machine alone; and
    cards."""
    hook = Hook(DEVELOPMENT_HOOK, DEVELOPMENT_HOOK)
    there = False
    for each in tenants:
        demo = each.name == DEVELOPMENT_HOOK
        there = there or demo
        yield replace(each, hooks=(*each.hooks, hook), cards=each.cards or CardPolicy()) if demo else each
    if not there:
        yield TenantSettings(DEVELOPMENT_HOOK, DEVELOPMENT_HOOK, hooks=(hook,), cards=CardPolicy())


def _catalog(tenant: TenantSettings, site: Path | None, problems: list[str]) -> Catalog | None:
    try:
        return load_catalog(mappings_dir(), site)
    except CatalogError as error:
        problems += [f"{tenant.where}: {each}" for each in error.problems]
        return None


def _tenant(given: TenantSettings, catalog: Catalog, settings: Settings, problems: list[str]) -> Tenant:
    writes, public = settings.writes, settings.public_url
    named = tuple(sorted(catalog.studies)) if given.studies is None else given.studies
    unknown = [each for each in named if each not in catalog.studies]
    there = ", ".join(sorted(catalog.studies))
    problems += [f"{given.where}: there is no study {each!r}; there are: {there}" for each in unknown]
    studies = tuple(each for each in named if each in catalog.studies)
    needed = _needed(catalog, studies)
    rights = {**needed, "Subscription": SUBSCRIBE} if given.hooks else needed
    written = dict.fromkeys(sorted(given.target.resources), WRITE)
    source = given.source
    return Tenant(
        name=given.name,
        catalog=catalog,
        studies=studies,
        source=source.server({**rights, **(written if given.target.same else {})}) if source is not None else None,
        target=given.target.target(written, rights, writes),
        hooks=given.hooks,
        bases=source.other_bases if source is not None else (),
        pace=given.pace,
        launch=tuple(each.app(needed) for each in given.launch),
        cards=_cards(given, studies, public, problems),
        ehr_link=given.ehr_link,
        appointments=given.appointments,
    )


def _cards(
    given: TenantSettings, studies: tuple[str, ...], public: str | None, problems: list[str]
) -> CardPolicy | None:
    """The rules for cards. Tokens may go to the source, by those of its addresses at which nobody between can read
    them, unless other servers are listed; a card names `public`.

    Where the service can be launched, a card links to that: the EHR adds which one it is, and for whom.
    """
    policy = given.cards
    if policy is None:
        return None
    unknown = sorted(policy.studies.keys() - set(studies))
    problems += [f"{given.where}: cds has rules for {each!r}, which is no open study" for each in unknown]
    source = given.source
    named = (source.base, *source.other_bases) if source is not None else ()
    bases = tuple(each for each in named if is_protected(each))
    app = given.launch[0].plain.launch_url if given.launch else None
    return replace(policy, servers=policy.servers or bases, home=public, app=app)


def _needed(catalog: Catalog, studies: Iterable[str]) -> Mapping[str, str]:
    """What is read of patients: the types that the studies need."""
    needs = Needs([catalog.studies[each] for each in studies], catalog.terminology)
    return dict.fromkeys(sorted(needs.types), READ)
