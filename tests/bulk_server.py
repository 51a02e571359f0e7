"""A server with Bulk Data exports that follows the standard, and breaks it where a test says so. STANDARDS §3."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from tests.bulk_content import blocks, content, deletions
from tests.fhir_server.server import FhirServer, Resource

Headers = dict[str, str]
PIECE = 1 << 16
AT = "2026-06-30T02:00:00.000Z"


@dataclass
class Ways:
    """How this server behaves. Whatever is not set is as the standard wants it.

    `busy`: answers of 429 to the question before it is taken. `polls`: answers of 202 before the manifest, each with
    these `waits` (headers). `split`: lines in one file. `paged`: files on one page of the manifest. `shape`: changes
    the manifest. `elsewhere`: the files lie on another host, and a token there is refused. `packed`: `.gz` files.
    `by_post`: GET is not taken. `refuses`: parameters that it does not know. `remarks`: with the answer to the
    question. `filtering`: _typeFilter is applied. `members`: of its groups; None: everybody. `changing`: it tells what
    was deleted, and its time is that of the question. `by_patient`: files are organized by patient. `strays`: resources
    that stand among a type they are not of. `trickle`: seconds before each piece of a file. `signed`: each manifest has
    other addresses for the files; `by_query`: what tells the files is the query. `unasked`: what it gives besides what
    was asked for, by type. `cuts`: how many answers with a file are cut off, as `cut` does it. `progress`: what it says
    of its progress.
    """

    busy: int = 0
    polls: int = 1
    waits: list[Headers] = field(default_factory=list)
    split: int = 1000
    paged: int | None = None
    shape: Callable[[dict[str, Any]], dict[str, Any]] = lambda manifest: manifest
    elsewhere: str | None = None
    redirects: bool = False
    packed: bool = False
    by_post: bool = False
    refuses: frozenset[str] = frozenset()
    outcomes: tuple[Resource, ...] = ()
    deleted: tuple[Resource, ...] = ()
    etag: bool = True
    relative: bool = False
    status_header: bool = False
    remarks: tuple[Resource, ...] = ()
    filtering: bool = True
    members: set[str] | None = None
    changing: bool = False
    by_patient: bool = False
    strays: dict[str, list[Resource]] = field(default_factory=dict)
    trickle: float = 0.0
    signed: bool = False
    by_query: bool = False
    unasked: dict[str, list[Resource]] = field(default_factory=dict)
    cuts: int = 0
    cut: Callable[[bytes], Response] = Response
    progress: str = "half way"


class BulkServer(FhirServer):
    """`asked`: the questions that were taken, as parameters; `removed`: exports that were deleted."""

    def __init__(self, ways: Ways | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.ways = ways or Ways()
        self.asked: list[dict[str, list[str]]] = []
        self.removed: list[str] = []
        self._polled = 0
        self._made: dict[str, dict[str, list[Resource]]] = {}
        self._at: dict[str, str] = {}

    def app(self) -> Flask:
        """Exports besides all else."""
        app = super().app()
        for level in ("", "/Patient", "/Group/<group>"):
            name = f"export{level}".replace("<", "").replace(">", "")
            app.add_url_rule(f"/fhir{level}/$export", name, self._export, methods=["GET", "POST"])
        app.add_url_rule("/fhir/jobs/<number>", "job", self._status, methods=["GET", "DELETE"])
        app.add_url_rule("/fhir/files/<name>", "file", self._file)
        app.add_url_rule("/fhir/download", "download", lambda: self._file(request.args["name"]))
        app.add_url_rule("/stored/<name>", "stored", self._stored)
        return app

    # ------------------------------------------------------------------------------------------------ the question
    def _export(self, group: str = "") -> Response:
        if (status := self._refusal("")) is not None:
            return self._outcome(status, "login")
        if self.ways.busy:
            self.ways.busy -= 1
            return self._outcome(429, "throttled", {"Retry-After": "7"})
        if self.ways.by_post and request.method == "GET":
            return self._outcome(405, "not-supported")
        asked = self._parameters()
        if unknown := self.ways.refuses & asked.keys():
            return self._outcome(400, "not-supported", {"X-Unknown": ",".join(unknown)})
        if request.headers.get("Prefer") != "respond-async":
            return self._outcome(400, "invalid")
        self.asked.append({**asked, "group": [group]} if group else asked)
        self._polled = 0
        address = f"jobs/{len(self.asked)}"
        where = f"/fhir/{address}" if self.ways.relative else f"{self.base}/{address}"
        if self.ways.changing:
            self._at[str(len(self.asked))] = self.storage.now().isoformat()
        headers = {"Content-Location": where}
        return Response("".join(map(json.dumps, self.ways.remarks)), 202, headers, content_type="application/fhir+json")

    def _parameters(self) -> dict[str, list[str]]:
        if request.method == "GET":
            return parse_qs(request.query_string.decode())
        found: dict[str, list[str]] = {}
        for each in json.loads(request.get_data())["parameter"]:
            value = next(value for name, value in each.items() if name.startswith("value"))
            found.setdefault(each["name"], []).append(value if isinstance(value, str) else value["reference"])
        return {name: [",".join(values)] if name == "_type" else values for name, values in found.items()}

    # -------------------------------------------------------------------------------------------------- the waiting
    def _status(self, number: str) -> Response:
        if (status := self._refusal("")) is not None:
            return self._outcome(status, "login")
        if request.method == "DELETE":
            self.removed.append(number)
            return Response(status=202)
        self._polled += 1
        if self._polled <= self.ways.polls:
            index = min(self._polled, len(self.ways.waits)) - 1
            headers = {"X-Progress": self.ways.progress, **(self.ways.waits[index] if self.ways.waits else {})}
            if self.ways.status_header:
                return Response("{}", 200, {**headers, "X-Export-Status": "202"}, content_type="application/json")
            return Response(status=202, headers=headers)
        page = int(request.args.get("page", "0"))
        return Response(json.dumps(self._manifest(number, page)), content_type="application/json")

    def _manifest(self, number: str, page: int) -> dict[str, Any]:
        files = self._files(number)
        output = [self._listed(name, len(lines)) for name, lines in files.items()]
        size = self.ways.paged or max(len(output), 1)
        manifest: dict[str, Any] = {
            "transactionTime": self._at.get(number, AT),
            "request": f"{self.base}/Patient/$export",
            "requiresAccessToken": self.smart.is_on,
            "output": output[page * size : (page + 1) * size],
            "error": [{"type": "OperationOutcome", "url": f"{self.base}/files/outcomes"}] if self.ways.outcomes else [],
        }
        if self._deleted(number):
            manifest["deleted"] = [{"type": "Bundle", "url": f"{self.base}/files/{number}_deleted"}]
        if self.ways.by_patient:
            manifest["outputOrganizedBy"] = "Patient"
            for before, after in pairwise(output):
                before["continuesInFile"] = after["url"]
        if (page + 1) * size < len(output):
            manifest["link"] = [{"relation": "next", "url": f"{self.base}/jobs/{number}?page={page + 1}"}]
        return self.ways.shape(manifest)

    def _listed(self, name: str, count: int) -> dict[str, Any]:
        base = self.ways.elsewhere or f"{self.base}/files"
        kind = {} if self.ways.by_patient else {"type": name.split("-")[1]}
        address = f"{self.base}/download?name={name}" if self.ways.by_query else f"{base}/{name}"
        signature = f"{'&' if self.ways.by_query else '?'}sig={self._polled}" if self.ways.signed else ""
        return {**kind, "url": address + signature, "count": count}

    def _deleted(self, number: str) -> list[Resource]:
        told = deletions(self.storage, self.asked[int(number) - 1]) if self.ways.changing else []
        return [*self.ways.deleted, *told]

    def _files(self, number: str) -> dict[str, list[Resource]]:
        """What the export holds, by the names of its files: as it was when it was first asked for."""
        if number in self._made:
            return self._made[number]
        asked = self.asked[int(number) - 1]
        found = self._made[number] = {}
        members = self.ways.members if "group" in asked else None
        held = {**content(self.storage, asked, members, filtering=self.ways.filtering), **self.ways.unasked}
        if self.ways.by_patient:
            held = {"everything": blocks(held)}
        for kind, everything in held.items():
            everything = [*everything, *self.ways.strays.get(kind, [])]
            for start in range(0, len(everything), self.ways.split):
                found[f"{number}-{kind}-{start}"] = everything[start : start + self.ways.split]
        return found

    # ---------------------------------------------------------------------------------------------------- the files
    def _file(self, name: str) -> Response | Redirection:
        kind = name.split("-")[1] if "-" in name else ""
        if (status := self._refusal(kind)) is not None:
            return self._outcome(status, "login")
        if self.ways.redirects:
            return redirect(f"http://localhost:{self.root.rpartition(':')[2]}/stored/{name}", 307)
        return self._content(name)

    def _stored(self, name: str) -> Response:
        """As object storage: the address itself is the right, and a token besides is refused."""
        if "Authorization" in request.headers:
            return Response("<Error/>", 400, content_type="application/xml")
        return self._content(name)

    def _content(self, name: str) -> Response:
        if name == "outcomes":
            lines: list[Resource] = list(self.ways.outcomes)
        elif name.endswith("_deleted"):
            lines = self._deleted(name.partition("_")[0])
        else:
            lines = self._files(name.split("-")[0])[name]
        text = "".join(f"{json.dumps(each)}\n" for each in lines).encode()
        if self.ways.cuts:
            self.ways.cuts -= 1
            return self.ways.cut(text)
        if self.ways.packed:
            return Response(gzip.compress(text), content_type="application/gzip")
        answer = Response(text, content_type="application/fhir+ndjson")
        if self.ways.etag:
            answer.set_etag(name)
        answer = answer.make_conditional(request, accept_ranges=True, complete_length=len(text))
        if self.ways.trickle:
            answer.response = self._slowly(answer.get_data())
        return answer

    def _slowly(self, text: bytes) -> Iterator[bytes]:
        for start in range(0, len(text), PIECE):
            time.sleep(self.ways.trickle)
            yield text[start : start + PIECE]

    def _refusal(self, kind: str) -> int | None:
        if not self.smart.is_on:
            return None
        return self.smart.refusal(request.headers.get("Authorization"), "GET", kind)

    def _outcome(self, status: int, code: str, headers: Headers | None = None) -> Response:
        issue = {"severity": "error", "code": code}
        content = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]})
        return Response(content, status, headers or {}, content_type="application/fhir+json")
