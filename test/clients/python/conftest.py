"""What tests of Python clients share: the servers, keys, and the report that vitest reads.

`test/clients/python.test.ts` starts the servers, names them in the environment, and shows each test
here as one of its own, titled by the first line of its docstring.
"""

import json
import os
from dataclasses import dataclass

import pytest

REPORT = os.environ.get("CAPILLARY_REPORT")


@dataclass(frozen=True)
class Server:
    """One that speaks the protocols: the router, or a node called straight."""

    name: str
    url: str
    key: str | None

    @property
    def host(self) -> str:
        """Without its scheme, as tritonclient wants it."""
        return self.url.removeprefix("http://")

    def headers(self, **more: str) -> dict[str, str]:
        """A new dict each time: tritonclient adds to the one that it is handed."""
        if self.key is None:
            return dict(more)
        return {"Authorization": f"Bearer {self.key}", **more}


def find_server(name: str) -> Server:
    key = os.environ["CAPILLARY_KEY"]
    return {
        "router": lambda: Server("router", os.environ["CAPILLARY_URL"], key),
        "node": lambda: Server("node", os.environ["CAPILLARY_NATIVE_URL"], None),
    }[name]()


@pytest.fixture(params=["router", "node"])
def server(request) -> Server:
    """Both servers that a client may be pointed at, one after the other."""
    return find_server(request.param)


@pytest.fixture
def router() -> Server:
    return find_server("router")


@pytest.fixture
def admin_key() -> str:
    return os.environ["CAPILLARY_ADMIN_KEY"]


def title_of(item: pytest.Item) -> str:
    doc = (item.obj.__doc__ or "").strip().split("\n")[0].removesuffix(".")
    name = doc or item.originalname.removeprefix("test_").replace("_", " ")
    _, bracket, parameters = item.name.partition("[")
    return f"{name} {bracket}{parameters}".strip()


def write(**line: object) -> None:
    if REPORT is None:
        return
    with open(REPORT, "a", encoding="utf-8") as report:
        report.write(json.dumps(line) + "\n")


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.option.collectonly:
        return
    for item in session.items:
        write(event="collected", id=item.nodeid, title=title_of(item))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # set-up and tear-down count only when they say something
    if report.when != "call" and report.outcome == "passed":
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    write(event="ran", id=report.nodeid, outcome=report.outcome, reason=reason)
