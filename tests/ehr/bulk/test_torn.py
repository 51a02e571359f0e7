"""Files whose end did not come, where no length tells it; and addresses to which nobody is to be led. STANDARDS 3D."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from flask import Response

from service.ehr.bulk.lines import is_torn
from service.ehr.exchange import Ask
from service.ehr.unpacking import BrokenOff, unpacked
from service.errors import EhrUnavailable, UnusableAnswer
from tests.bulk_server import BulkServer
from tests.ehr.bulk.world import Export, complete, exchange_to, lines
from tests.ehr.clock import Watch


def without_counts(manifest: dict[str, Any]) -> dict[str, Any]:
    """As most servers write it: nothing but the file itself tells how long it is."""
    for each in manifest["output"]:
        del each["count"]
    return manifest


def half_packed(text: bytes) -> Response:
    """Half of what was packed on the way, without a length."""
    packed = gzip.compress(text)
    headers = {"Content-Encoding": "gzip"}
    return Response(iter([packed[: len(packed) // 2]]), headers=headers, content_type="application/fhir+ndjson")


def within_a_line(text: bytes) -> Response:
    """All but the end of the last line, without a length."""
    return Response(iter([text[:-5]]), content_type="application/fhir+ndjson")


def half_a_file(text: bytes) -> Response:
    """Half of a file that is packed itself."""
    packed = gzip.compress(text)
    return Response(iter([packed[: len(packed) // 2]]), content_type="application/gzip")


def packed_within_a_line(text: bytes) -> Response:
    return Response(gzip.compress(text[:-5]), content_type="application/gzip")


CUTS = [half_packed, within_a_line, half_a_file, packed_within_a_line]


@pytest.mark.parametrize("cut", CUTS)
def test_3_58_what_is_cut_off_is_asked_for_again(
    export: Export, server: BulkServer, cut: Callable[[bytes], Response]
) -> None:
    server.ways.shape, server.ways.cut, server.ways.cuts = without_counts, cut, 1
    job = export()
    assert len(lines(job.directory, "Observation")) == 5 and len(lines(job.directory, "Patient")) == 2
    assert job.whole and complete(job.directory) == {"Condition", "Observation", "Patient"}


@pytest.mark.parametrize("cut", CUTS)
def test_3_58_what_stays_cut_off_is_missing(
    export: Export, server: BulkServer, cut: Callable[[bytes], Response]
) -> None:
    server.ways.shape, server.ways.cut, server.ways.cuts = without_counts, cut, 1000
    job = export(without=True)
    assert set(job.lacking) == {"Observation", "Patient"} and not job.whole
    assert complete(job.directory) == {"Condition"}
    assert not lines(job.directory, "Observation")


def test_a_stream_without_its_end_may_come_later(export: Export, server: BulkServer) -> None:
    server.ways.shape, server.ways.cut, server.ways.cuts = without_counts, half_packed, 1000
    with pytest.raises(EhrUnavailable, match="the answer broke off; all that came is kept"):
        export()
    server.ways.cuts = 0
    assert export().whole


def test_3_49_a_last_line_without_its_end_is_whole(export: Export, server: BulkServer) -> None:
    server.ways.shape, server.ways.cuts = without_counts, 1000
    server.ways.cut = lambda text: Response(text.rstrip(b"\n"), content_type="application/fhir+ndjson")
    assert export().whole


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize("content", [b"", b"x", b"line\n" * 500_000])
def test_packed_content_comes_out_as_it_was(content: bytes, size: int) -> None:
    packed = gzip.compress(content[: len(content) // 2]) + gzip.compress(content[len(content) // 2 :]) + b"\0" * 9
    pieces = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert b"".join(unpacked(pieces)) == content
    for lacking in (10, 12, len(packed) // 2):
        with pytest.raises(BrokenOff):
            list(unpacked([packed[:-lacking]]))


@pytest.mark.parametrize("pieces", [[], [b""], [b"no gzip"], [gzip.compress(b"a") + b"more"], [zlib.compress(b"a")]])
def test_what_is_no_gzip_breaks_off(pieces: list[bytes]) -> None:
    with pytest.raises(BrokenOff):
        list(unpacked(pieces))


LINE = json.dumps({"resourceType": "Patient", "id": "p" * 200_000}).encode()


@pytest.mark.parametrize(
    ("content", "torn"),
    [
        (b"", False), (b"\n", False), (LINE, False), (LINE + b"\n", False), (LINE + b"\r\n \n", False),
        (LINE + b"\n" + LINE, False), (LINE[:-1], True), (LINE + b"\n" + LINE[:-1], True), (LINE + b"\n{", True),
        (b"\xef\xbb\xbf" + LINE, False), (b"[]", True), (LINE + b"\n  ", False),
    ],
)  # fmt: skip
def test_3_49_where_a_file_ends(tmp_path: Any, content: bytes, *, torn: bool) -> None:
    (tmp_path / "file").write_bytes(content)
    assert is_torn(tmp_path / "file") == torn


@pytest.mark.parametrize(
    "target", ["http://127.0.0.2:9/f", "http://ehr.example/f", "ftp://127.0.0.1/f", "https://a@b/f"]
)
def test_3_70_nobody_is_led_to_an_address_that_is_not_protected(server: BulkServer, watch: Watch, target: str) -> None:
    server.fail(status=302, headers={"Location": target})
    with pytest.raises(UnusableAnswer, match="a redirection to an address that is not protected"):
        exchange_to(server, watch).send(Ask("GET", f"{server.base}/files/1-Patient-0", elsewhere=True))
    assert len(server.log) == 1


def test_3_22_what_steers_a_terminal_is_not_shown(export: Export, server: BulkServer) -> None:
    server.ways.progress = "50%\x1b[2J\x1b]0;title\x07 done"
    told: list[str] = []
    export(told=lambda each: told.append(each.words))
    assert "the server says: 50%[2J]0;title done" in told
