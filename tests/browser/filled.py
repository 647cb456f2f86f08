"""Fills the site with one of each thing that a page can be about: by its forms, as people do."""

import re
import time
from collections.abc import Callable, Mapping, Sequence

import httpx

from agent.errors import InputError
from agent.schemas.accounts import Actor
from agent.schemas.evidence import Claim, ClaimStatus
from agent.schemas.journey import JourneyMap
from api.web.jobs import JobContext
from api.web.security.cookies import csrf_of
from api.web.services import Services
from api.web.views.journeys import TABS

_QUESTION = "What are the biggest pain points?"
_FILES = {
    "tickets.csv": "when;customer;what they wrote;stars\n2026-05-01;k-1;The tent came with a torn seam;2\n",
    "chats.jsonl": '{"id": "c-1", "customer": "k-2", "log": [{"who": "shopper", "said": "Where is my parcel?"}]}\n',
    "photo.csv": "\x89PNG\r\n",
}
_PATIENCE_S = 60
_NOBODY = Actor(who="test")


class Filler:
    """Makes things in a workspace as an admin of it.

    Args:
        address: Of the site.
        token: Of the admin's session.
        services: Behind the site.
        workspace: To fill.
        map_id: Of a map in it.
    """

    def __init__(self, address: str, token: str, services: Services, workspace: str, map_id: str) -> None:
        headers, cookies = {"accept": "text/html"}, {"journey": token}
        self._client = httpx.Client(base_url=address, headers=headers, cookies=cookies, timeout=_PATIENCE_S)
        self._csrf, self._services, self._workspace = csrf_of(token), services, workspace
        self._home, self._map_id = f"/w/{workspace}", map_id

    def fill(self) -> Mapping[str, Sequence[str]]:
        """Make one of each and return, for every parameter of an address, what to open it with."""
        brand = self._services.brands.get(self._workspace)
        snapshot, store = brand.snapshots.current(), brand.workspace.store
        point, made = snapshot.pain_points[0].pain_point_id, store.results.map(self._map_id)
        conversation, message, key = self._conversation()
        proposed = self._job(self._proposed(point))
        store.results.save_map(made.model_copy(update={"owner": "Otto"}))
        found = {
            "workspace": self._workspace,
            "conversation_id": conversation,
            "message_id": message,
            "key": key,
            "source_id": store.sources.all()[0].source_id,
            "upload_id": self._upload(),
            "record_id": made.pain_points[0].evidence[0].record_id,
            "map_id": made.map_id,
            "pain_point_id": point,
            "variant_set_id": self._services.jobs.get(proposed).result_path.rsplit("/", 1)[1],
        }
        return {
            **{name: (value,) for name, value in found.items()},
            "tab": tuple(tab for tab, _ in TABS),
            "claim_id": _claims(made),
            "job_id": (proposed, *self._jobs()),
            "account_id": tuple(one.account_id for one in self._services.accounts.people.all()[:2]),
            "token": self._links(),
        }

    def close(self) -> None:
        """End the work that goes on until it is stopped."""
        for job in self._services.jobs.of_workspace(self._workspace):
            self._services.jobs.stop(job.job_id)
        self._client.close()

    def _post(self, path: str, **form: str) -> str:
        answer = self._client.post(f"{self._home}/{path}", data={"csrf": self._csrf, **form})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).partition("#")[0]

    def _get(self, path: str) -> str:
        return self._client.get(path).text

    def _conversation(self) -> tuple[str, str, str]:
        """Ask, and return the ids of the conversation, the turn, and a source that is a customer's words."""
        path = self._post("chat", question=_QUESTION)
        _until(lambda: "data-events" not in self._get(path))
        found = re.search(r"/turns/([^/\"]+)/sources/([^/\"]+)/about", self._get(path))
        assert found is not None, "no customer's words stand behind the answer"
        return path.rsplit("/", 1)[1], found[1], found[2]

    def _proposed(self, point: str) -> str:
        """Ask for variants of the control that the page proposes, and return the address of the job."""
        page = self._get(f"{self._home}/variants/new?pain_point={point}")
        slots = dict(re.findall(r'name="(slot_\w+)" value="([^"]*)"', page))
        body = re.search(r'name="slot_body"[^>]*>([^<]*)<', page)
        assert body is not None
        form = {**slots, "slot_body": body[1], "pain_point": point, "channel": "email", "n": "3"}
        return self._post("variants/new", **form)

    def _job(self, path: str) -> str:
        """Wait for a job and return its id."""
        job_id = path.rsplit("/", 1)[1]
        _until(lambda: self._services.jobs.get(job_id).is_over)
        assert self._services.jobs.get(job_id).state == "done", self._services.jobs.get(job_id).error
        return job_id

    def _jobs(self) -> tuple[str, str]:
        """Return a job that goes on until it is stopped, and one that failed."""
        jobs, whose = self._services.jobs, self._services.accounts.people.all()[0].account_id

        def go_on(context: JobContext) -> str:
            context.step("Reading what customers said and did ...", total=500)
            context.advance(120)
            context.stopping.wait()
            context.check()
            return ""

        def fail(_context: JobContext) -> str:
            msg = "the file 'photo.csv' could not be read"
            raise InputError(msg, hint="Save it as CSV and upload it again.")

        failed = jobs.start(fail, workspace=self._workspace, account_id=whose, title="Reading files in")
        _until(lambda: jobs.get(failed.job_id).is_over)
        running = jobs.start(go_on, workspace=self._workspace, account_id=whose, title="Reading files in")
        return running.job_id, failed.job_id

    def _upload(self) -> str:
        """Upload a file with a proposal of a mapping, one with messages in its rows, and one that cannot be read."""
        files = [("files", (name, text.encode("latin-1"), "text/plain")) for name, text in _FILES.items()]
        path = f"{self._home}/sources/uploads"
        answer = self._client.post(path, data={"csrf": self._csrf}, files=files)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).rsplit("/", 1)[1]

    def _links(self) -> tuple[str, str]:
        """Return the tokens of an invitation and of a way to another password."""
        accounts, now = self._services.accounts, self._services.clock()
        invited = accounts.invite("ines@example.test", by=_NOBODY, now=now)
        other = accounts.people.add("otto@example.test", display_name="Otto", is_admin=False, now=now)
        return invited.token, accounts.reset(other.account_id, by=_NOBODY, now=now)


def _claims(made: JourneyMap) -> tuple[str, ...]:
    """Return a claim that was counted, and one that says what is missing."""
    found: list[Claim] = [
        claim for stage in made.stages for claims in stage.cells.values() for claim in claims
    ]
    statuses = (ClaimStatus.OBSERVED, ClaimStatus.UNKNOWN)
    return tuple(next(one.claim_id for one in found if one.status is status) for status in statuses)


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
