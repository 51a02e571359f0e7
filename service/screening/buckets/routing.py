"""Into which bucket something goes: all that may be of one person, into the same."""

from collections.abc import Iterable, Mapping
from zlib import crc32

from service.screening.met import Found
from service.screening.salvage import subject_of, subject_read, subject_told


class Routes:
    """`count` buckets. `joined`: of records that may be of one person, the one by which all of them go."""

    def __init__(self, count: int, joined: Mapping[str, str]) -> None:
        self.count, self.joined = count, joined

    def of(self, key: str) -> int:
        """The bucket of a person, or of what is of no known one."""
        return crc32(self.joined.get(key, key).encode("utf-8", "surrogatepass")) % self.count


def key_of(met: Found) -> str:
    """By what it goes into a bucket: its patient, as far as anything tells; else the resource itself, or its place."""
    resource = met.resource
    if resource is None:
        return subject_of(met.raw) or repr(met.place[:3])
    patient = subject_told(resource, met.aliases) or subject_read(resource, met.aliases)
    if patient is not None:
        return patient
    return f"{resource.get('resourceType')}/{str(resource.get('id')).strip()}"


def joined(links: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Of every record that is linked with another, directly or not, one of those it hangs together with: the same for
    all of them."""
    root: dict[str, str] = {}

    def top(name: str) -> str:
        while root.setdefault(name, name) != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for name, others in links:
        for other in others:
            one, two = sorted((top(name), top(other)))
            root[two] = one
    return {name: top(name) for name in list(root)}
