"""What the pages of sources show."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from agent.errors import InputError
from agent.pipeline.proposing import ROLES, MappedTurns, Proposal, Role, mapping_toml
from agent.pipeline.proposing_turns import TurnsProposal
from agent.pipeline.status import Status, status_of
from agent.read.formats import SourceKind
from agent.read.speakers import OTHERS, side_of_others, speaker_of
from agent.schemas.records import Speaker
from agent.store.sources import Source
from api.web.jobs import Job
from api.web.uploads import Upload, Uploads
from api.web.visits import Visit

_KINDS = (SourceKind.REVIEWS, SourceKind.SURVEYS, SourceKind.INTERVIEWS, SourceKind.EVENTS)
_TALKS = (SourceKind.TRANSCRIPTS,)
_LABELS: dict[Role, str] = {
    "text": "What the customer wrote",
    "title": "Its title",
    "event": "Name of the event",
    "at": "Time",
    "user_id": "Customer's id",
    "anonymous_id": "Visitor's or device's id",
    "email": "E-mail address",
    "order_id": "Order number",
    "id": "Id of the row",
    "rating": "Rating",
    "channel": "Channel",
    "locale": "Language",
}


@dataclass(frozen=True, slots=True)
class SourcesView:
    """What was read in, what waits, and what is being done."""

    counts: dict[str, int] | None
    """None while they are counted for the first time since the server started."""
    sources: tuple[Source, ...]
    waiting: tuple[Upload, ...]
    jobs: tuple[Job, ...]
    missing: str | None


@dataclass(frozen=True, slots=True)
class TalkChoice:
    """One choice about the fields of a message."""

    name: str
    label: str
    chosen: str
    may_be_none: bool = False


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """One choice of the mapping form."""

    role: Role
    label: str
    chosen: str
    why: str


@dataclass(frozen=True, slots=True)
class TalkForm:
    """The part of a mapping form that says where a conversation's messages are, and who is who in them."""

    path: str
    why: str
    choices: tuple[TalkChoice, ...]
    fields: tuple[str, ...]
    """Of a message."""
    speakers: tuple[tuple[str, str], ...]
    """Roles that were seen, with who each seems to be; empty where there are too many to ask."""
    n_others: int
    """Other names, which may be people's: they are asked about together, and never shown."""
    others: str
    """Who those seem to be."""
    sides: tuple[str, ...] = tuple(Speaker)


@dataclass(frozen=True, slots=True)
class MappingForm:
    """The mapping form of a file, filled with what is proposed."""

    kind: str
    choices: tuple[RoleChoice, ...]
    fields: tuple[str, ...]
    attributes: tuple[str, ...]
    rating_max: str
    kinds: tuple[str, ...]
    rows: str
    """Key of a JSON document under which its rows stand; empty where they stand at the top."""
    talk: TalkForm | None


def sources_view(visit: Visit) -> SourcesView:
    """Return what the page of sources shows."""
    workspace = visit.brand.workspace
    found = _status(visit)
    return SourcesView(
        counts=None if found is None else found.counts,
        sources=tuple(workspace.store.sources.all()),
        waiting=tuple(Uploads(workspace).waiting()),
        jobs=tuple(job for job in visit.services.jobs.of_workspace(visit.brand.name) if not job.is_over),
        missing=None if found is None else found.missing,
    )


def _status(visit: Visit) -> Status | None:
    workspace = visit.brand.workspace
    if not workspace.store.sources.all():
        return status_of(workspace.store, workspace.lake)
    snapshot = visit.brand.snapshot()
    return None if snapshot is None else snapshot.status


def mapping_form(proposal: Proposal) -> MappingForm:
    """Return the form for a file in no known form."""
    top = proposal.rating_max
    return MappingForm(
        kind=proposal.kind.value,
        choices=tuple(
            RoleChoice(role, _LABELS[role], proposal.roles.get(role, ""), proposal.why.get(role, ""))
            for role in ROLES
        ),
        fields=tuple(one.name for one in proposal.fields),
        attributes=proposal.attributes,
        rating_max="" if top is None else f"{top:g}",
        kinds=tuple(kind.value for kind in (_TALKS if proposal.turns else ()) + _KINDS),
        rows=proposal.rows or "",
        talk=None if proposal.turns is None else _talk_form(proposal.turns),
    )


def mapping_of(form: FormData) -> str:
    """Return the mapping file that a filled form stands for.

    Raises:
        InputError: The kind, the scale or who is who cannot be used.
    """
    chosen = {key: value for key, value in form.items() if isinstance(value, str) and value}
    attributes = [value for value in form.getlist("attribute") if isinstance(value, str)]
    roles: dict[Role, str] = {role: chosen[role] for role in ROLES if role in chosen}
    try:
        kind = SourceKind(chosen.get("kind", ""))
        top = float(chosen.get("rating_max", 5))
        turns = _turns_of(form, chosen) if "turns_path" in chosen else None
    except ValueError as error:
        msg = "the kind of file, the top of the rating's scale or who is who cannot be used"
        raise InputError(
            msg, hint="Choose a kind from the list, and a number as the top of the scale."
        ) from error
    return mapping_toml(
        kind, roles, attributes=attributes, rating_max=top, turns=turns, rows=chosen.get("rows")
    )


def _talk_form(turns: TurnsProposal) -> TalkForm:
    return TalkForm(
        path=turns.path,
        why=turns.why,
        choices=(
            TalkChoice("turn_text", "What was said", turns.text),
            TalkChoice("turn_speaker", "Who said it", turns.speaker),
            TalkChoice("turn_at", "When", turns.at or "", may_be_none=True),
        ),
        fields=tuple(one.name for one in turns.fields),
        speakers=tuple((name, who.value) for name, who in turns.speakers.items()),
        n_others=turns.n_others,
        others=(turns.side_of_others or Speaker.AGENT).value,
    )


def _turns_of(form: FormData, chosen: Mapping[str, str]) -> MappedTurns:
    names = [value for value in form.getlist("speaker_name") if isinstance(value, str)]
    sides = [Speaker(value) for value in form.getlist("speaker_side") if isinstance(value, str)]
    said = dict(zip(names, sides, strict=True))
    others = Speaker(chosen["other_side"]) if "other_side" in chosen else None
    # Names that say it themselves need no list, beside which a name that comes later would be refused.
    is_plain = all(speaker_of(name) is side for name, side in said.items())
    is_plain = is_plain and others in {None, side_of_others(said.values())}
    # Roles with a person's name in them are not in the list, so that whoever is in no list says it by the role, if at all.
    listed = said | {OTHERS: others or side_of_others(said.values()) or Speaker.AGENT}
    return MappedTurns(
        path=chosen["turns_path"],
        speaker=chosen.get("turn_speaker", ""),
        text=chosen.get("turn_text", ""),
        at=chosen.get("turn_at"),
        speakers={} if is_plain else listed,
    )
