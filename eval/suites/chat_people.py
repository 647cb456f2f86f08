"""Part of suite `chat_load`: people at their browsers, each asking question after question over the event stream.

Each does what the page's script does: sends a question, follows the stream of its answer to the end, reads, thinks, asks on.
"""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

import httpx

from eval.suites.chat_serving import AS_BROWSER, BRAND, csrf_in

THINKS_S = (20.0, 40.0)
"""Shortest and longest time from the end of an answer to the next question, drawn evenly."""
_A_CONVERSATION = 8
"""Questions before somebody begins another conversation."""
_TIMEOUT_S = 60
_EVENTS = re.compile(r'data-events="([^"]+)"')
_PARENT = re.compile(r'id="parent"[^>]*value="([^"]*)"')
_FAILED = "This could not be answered."

Event = tuple[str, str]
"""Name and data."""
Asked = Callable[["Exchange"], None]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and how long its answer took, counted from when it was sent."""

    question: str
    asked_s: float
    """Monotonic time when it was sent."""
    first_s: float | None
    """Until the first words, or until the answer where it came at once; None where there was no answer."""
    whole_s: float | None
    fault: str | None
    """What went wrong; None for an answer."""


@dataclass(slots=True)
class Person:
    """Somebody who is signed in.

    Args:
        url: Of the server.
        cookie: Of their session.
        questions: What they ask, again from the first after the last.
        seed: Of their thinking.
        thinks_s: Shortest and longest time that they think.
    """

    url: str
    cookie: str
    questions: Sequence[str]
    seed: int
    thinks_s: tuple[float, float] = THINKS_S
    n_requests: int = 0
    _asked: int = 0
    _csrf: str = ""
    _path: str = ""
    _parent: str = ""
    _rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)

    async def live(self, until_s: float, asked: Asked) -> None:
        """Ask until a monotonic time; whoever comes in begins at some time within the longest thinking."""
        async with httpx.AsyncClient(
            base_url=self.url,
            cookies={"journey": self.cookie},
            headers=AS_BROWSER,
            trust_env=False,
            timeout=_TIMEOUT_S,
            follow_redirects=True,
        ) as client:
            await asyncio.sleep(self._rng.uniform(0, self.thinks_s[1]))
            while time.monotonic() < until_s:
                asked(await self._ask(client))
                await asyncio.sleep(self._rng.uniform(*self.thinks_s))

    async def _ask(self, client: httpx.AsyncClient) -> Exchange:
        question = self.questions[self._asked % len(self.questions)]
        begins = self._asked % _A_CONVERSATION == 0 or not self._path
        self._asked += 1
        if begins:
            # Looking at the empty page is part of the time to think.
            self._csrf = csrf_in((await self._sent(client, "GET", BRAND)).text)
        begun = time.monotonic()
        first: float | None = None
        try:
            page = await self._send(client, question, begins=begins)
            async for name, data in self._events(client, page):
                first = first or time.monotonic() - begun
                if name == "answer":
                    fault = "answer failed" if _FAILED in data else None
                    return Exchange(question, begun, first, time.monotonic() - begun, fault)
        except httpx.HTTPStatusError as error:
            self._path = ""
            return Exchange(question, begun, None, None, f"status {error.response.status_code}")
        except (httpx.HTTPError, OSError) as error:
            self._path = ""
            return Exchange(question, begun, None, None, type(error).__name__)
        self._path = ""
        return Exchange(question, begun, first, None, "stream ended without an answer")

    async def _send(self, client: httpx.AsyncClient, question: str, *, begins: bool) -> str:
        """Send a question and return the page, or the part of it, that its answer comes to."""
        given = {"csrf": self._csrf, "question": question}
        if begins:
            page = await self._sent(client, "POST", f"{BRAND}/chat", data=given)
            self._path = page.url.path
        else:
            page = await self._sent(
                client,
                "POST",
                self._path,
                data={**given, "parent": self._parent},
                headers={"HX-Request": "true"},
            )
        parent = _PARENT.search(page.text)
        self._parent = parent.group(1) if parent else ""
        return page.text

    async def _sent(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        self.n_requests += 1
        response = await client.request(method, path, data=data, headers=headers)
        return response.raise_for_status()

    async def _events(self, client: httpx.AsyncClient, page: str) -> AsyncIterator[Event]:
        """Yield the sentences and the answer of the last turn of a page; an answer that was over with the page at once."""
        streams = _EVENTS.findall(page)
        if not streams:
            yield "answer", page
            return
        self.n_requests += 1
        async with client.stream("GET", f"{streams[-1]}?after=0") as response:
            response.raise_for_status()
            async for event in events_of(response.aiter_lines()):
                if event[0] != "status":
                    yield event


async def events_of(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """Yield the events of a stream's lines; comments and events without a name are left out."""
    name, data = "", list[str]()
    async for line in lines:
        if not line:
            if name:
                yield name, "\n".join(data)
            name, data = "", []
        elif line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
