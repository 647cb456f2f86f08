"""Suite `chat_load`: what people's browsers read off the stream, and what is made of what was measured."""

import asyncio
import time
from collections.abc import AsyncIterator, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from eval.simulator import simulate
from eval.suites.chat_load import Ingest, Load, further_file, phase_of, slope, tables_of
from eval.suites.chat_people import Exchange, Person, events_of

_FORM = '<input type="hidden" name="csrf" value="token">'
_TURN = (
    '<div data-events="/w/demo/chat/c1/turns/t1/events"></div><input id="parent" name="parent" value="t1">'
)
_STREAM = ": follows\nretry: 1000\n\nevent: status\ndata: reading\n\nevent: sentence\ndata: <p>One</p>\n\n"


class _Site(BaseHTTPRequestHandler):
    """A page with a chat: the answer is written, or fails, or its stream breaks off, as the question says."""

    asked = ""

    def do_GET(self) -> None:
        """Show the form, a turn, or the stream of its answer."""
        if self.path.startswith("/w/demo/chat/c1/turns"):
            words = "This could not be answered." if "fail" in _Site.asked else "fine"
            answer = "" if "break" in _Site.asked else f"event: answer\ndata: <p>\ndata: {words}</p>\n\n"
            self._send(200, _STREAM + answer)
        else:
            self._send(200, _FORM + (_TURN if "c1" in self.path else ""))

    def do_POST(self) -> None:
        """Take a question."""
        _Site.asked = self.rfile.read(int(self.headers["content-length"])).decode()
        if "refuse" in _Site.asked:
            self._send(429, "later")
        elif self.path == "/w/demo/chat":
            self._send(303, "", location="/w/demo/chat/c1")
        else:
            self._send(200, _TURN)

    def _send(self, status: int, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet."""


@pytest.fixture
def site() -> Generator[str]:
    """Return the address of the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _lived(site: str, question: str) -> list[Exchange]:
    person = Person(site, "cookie", [question], 0, thinks_s=(0.0, 0.01))
    found: list[Exchange] = []
    asyncio.run(person.live(time.monotonic() + 1.0, found.append))
    assert person.n_requests >= 3
    return found


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("what hurts?", None),
        ("fail", "answer failed"),
        ("break", "stream ended without an answer"),
        ("refuse", "status 429"),
    ],
)
def test_person_asks_and_what_becomes_of_each_question_is_told(
    site: str, question: str, fault: str | None
) -> None:
    """An answer, a failed one, a stream that breaks off and a refusal are told apart; answers have times."""
    found = _lived(site, question)
    assert found
    assert {one.fault for one in found} == {fault}
    if fault is None:
        assert len(found) > 1
        assert all(one.first_s is not None and 0 < one.first_s <= (one.whole_s or 0) for one in found)


def test_events_of_a_stream_leave_comments_out_and_join_lines() -> None:
    """Data over several lines is one text; what has no name is no event."""

    async def lines() -> AsyncIterator[str]:
        for line in (*_STREAM.split("\n"), "event: answer", "data: a", "data:  b", ""):
            yield line

    async def read() -> list[tuple[str, str]]:
        return [event async for event in events_of(lines())]

    assert asyncio.run(read()) == [("status", "reading"), ("sentence", "<p>One</p>"), ("answer", "a\n b")]


def _exchange(asked_s: float, first_s: float | None = 0.2, fault: str | None = None) -> Exchange:
    return Exchange("what hurts?", asked_s, first_s, None if first_s is None else first_s + 0.1, fault)


def test_tables_of_a_run_tell_errors_and_seconds_by_phase_and_how_memory_grows() -> None:
    """A question belongs to the phase in which it was asked; memory after the file was read in has a slope of its own."""
    ingest = Ingest(begun_s=10.0, over_s=20.0)
    exchanges = [_exchange(5.0), _exchange(15.0, 1.5), _exchange(19.0, None, "status 500"), _exchange(25.0)]
    memory = [(0.0, 100.0), (5.0, 100.0), (30.0, 200.0), (3_630.0, 203.0), (7_230.0, 206.0)]
    load = Load(0.0, over_s=7_230.0, exchanges=exchanges, memory=memory, ingest=ingest, n_requests=9)
    assert [phase_of(one, ingest) for one in exchanges[1:3]] == ["while the file is read in"] * 2
    people, held, facts, _ = tables_of(load)
    assert [row[:3] for row in people.rows] == [
        ["the whole time", 4, 1], ["before", 1, 0], ["while the file is read in", 2, 1], ["after", 1, 0],
    ]  # fmt: skip
    assert people.rows[2][3] == 1.5
    assert held.rows[2][0] == "after"
    assert held.rows[2][-1] == pytest.approx(3.0)
    assert ["errors", 1] in facts.rows


def test_slope_of_memory_is_per_hour_and_unknown_of_two_looks() -> None:
    """Ten MiB in half an hour are twenty an hour."""
    assert slope([(0.0, 1.0), (900.0, 6.0), (1_800.0, 11.0)]) == pytest.approx(20.0)
    assert slope([(0.0, 1.0), (60.0, 2.0)]) is None


def test_further_file_holds_the_customers_who_come_after_a_brand_s(tmp_path: Path) -> None:
    """What is read in meanwhile is new: no line of it was in the brand's own file."""
    brand = simulate(tmp_path / "brand", n_persons=60, seed=3)
    further = further_file(tmp_path, brand.out_dir, seed=3, n_persons=60, n=60)
    known = set(brand.transcripts.read_text(encoding="utf-8").splitlines())
    lines = further.read_text(encoding="utf-8").splitlines()
    assert lines
    assert not known & set(lines)
