"""A site with nightly files alone: a process watches, an export appears bit by bit, results come when it is whole."""

import json

from service.screening.sample import write_sample
from tests.journeys.site import Site, eventually


def test_an_export_that_appears_is_screened_when_it_is_whole(site: Site) -> None:
    nightly = {"tenants": {"north": {"studies": ["igg4-rd-sirolimus"]}}}
    (site.place / "settings.json").write_text(json.dumps(nightly))
    write_sample(site.place / "made", 40, 7)
    (site.place / "exports").mkdir()
    site.watch("exports", "--out", "results", "--every", "1")
    night = site.place / "exports" / "2026-06-30"
    night.mkdir()
    names = sorted(each.name for each in (site.place / "made").glob("*.ndjson"))
    output = [{"type": each.split(".")[0], "url": f"https://ehr.example/{each}"} for each in names]
    told = {"transactionTime": "2026-06-30T03:00:00Z", "request": "https://ehr.example/$export", "output": output}
    (night / "manifest.json").write_text(json.dumps(told))
    for each in names:
        (site.place / "made" / each).rename(night / each)
        assert not (site.place / "results" / "2026-06-30" / "digest.txt").exists()
    digest = site.place / "results" / "2026-06-30" / "digest.txt"
    assert eventually(digest.exists)
    assert digest.read_text().startswith("Export 2026-06-30, screened as of 2026-06-30.\n")
    listed = (digest.parent / "worklist.ndjson").read_text().splitlines()
    assert listed and {json.loads(each)["change"] for each in listed} == {"new"}
