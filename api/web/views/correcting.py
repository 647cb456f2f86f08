"""What a quote is counted as, and a reader's correction of it."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from agent.errors import ConflictError, InputError
from agent.pipeline.correcting import correct, corrections_of
from agent.pipeline.snapshot import Snapshot
from agent.schemas.evidence import Evidence
from agent.schemas.insight import Theme
from api.web.jobs import Job, JobContext
from api.web.pages import brand_path, page
from api.web.views.chat import Turn, citation_of
from api.web.visits import Visit


@dataclass(frozen=True, slots=True)
class Counted:
    """A theme that a quote is counted in."""

    theme_id: str
    label: str


def counted_in(snapshot: Snapshot, evidence: Evidence) -> tuple[Counted, ...]:
    """Return the themes that a quote's words are counted in."""
    stock = snapshot.stock
    passages = {
        stock.passages[row].passage_id
        for row in stock.rows_of.get(evidence.record_id, range(0))
        if stock.passages[row].start < evidence.end and evidence.start < stock.passages[row].end
    }
    return tuple(
        Counted(theme.theme_id, theme.label) for theme in snapshot.themes if passages & set(theme.passage_ids)
    )


def taken_out(visit: Visit, snapshot: Snapshot, evidence: Evidence) -> tuple[Counted, ...]:
    """Return the themes that a reader took a quote's words out of, where that still counts."""
    label_of = {theme.theme_id: theme.label for theme in snapshot.themes}
    said = [
        review.stored.correction
        for review in corrections_of(visit.brand.workspace)
        if review.standing == "counts" and not review.stored.correction.about
    ]
    place = (evidence.record_id, evidence.start, evidence.end)
    return tuple(
        Counted(one.theme_id, label_of[one.theme_id])
        for one in said
        if (one.record_id, one.start, one.end) == place and one.theme_id in label_of
    )


def about_part(request: Request, visit: Visit, snapshot: Snapshot, turn: Turn, key: str) -> Response:
    """Render the themes that a quote is counted in, each with a way out of it."""
    evidence = _quote(turn, key)
    return page(
        request,
        "chat/about_part.html" if "HX-Request" in request.headers else "chat/about.html",
        place="ask",
        evidence=evidence,
        path=f"{turn.path}/sources/{key}/about",
        back=f"{brand_path(visit.brand.name, 'chat', turn.conversation_id)}#turn-{turn.key}",
        counted=counted_in(snapshot, evidence),
        taken_out=taken_out(visit, snapshot, evidence),
    )


def start_correcting(
    visit: Visit, snapshot: Snapshot, turn: Turn, key: str, *, theme_id: str, about: bool
) -> Job:
    """Begin to apply a correction, which all that is computed from then on keeps to.

    Raises:
        NotFoundError: The answer has no such source.
        InputError: The source is a number.
        ConflictError: The theme is not there any more.
    """
    evidence, theme = _quote(turn, key), _theme(snapshot, theme_id)
    by, back = visit.account_id, brand_path(visit.brand.name, "chat", turn.conversation_id)

    def work(context: JobContext) -> str:
        context.step("Applying your correction ...")
        with visit.brand.writing() as workspace:
            correct(
                workspace,
                record_id=evidence.record_id,
                start=evidence.start,
                end=evidence.end,
                text_sha256=evidence.text_sha256,
                theme=theme.theme_id,
                about=about,
                by=by,
            )
        context.step("Counting again ...")
        visit.brand.refresh()
        context.tell(_told(theme, about=about))
        return back

    title = "Correcting what a quote is about"
    return visit.services.jobs.start(
        work, workspace=visit.brand.name, account_id=visit.account_id, title=title, place="ask"
    )


def _told(theme: Theme, *, about: bool) -> str:
    if about:
        return f"The words count as “{theme.label}” again, in everything computed from now on."
    return f"The words do not count as “{theme.label}” any more, in everything computed from now on. Answers given before stay as they were."


def _quote(turn: Turn, key: str) -> Evidence:
    evidence = citation_of(turn.answer, key).evidence
    if evidence is None:
        msg = f"source {key!r} is a number; only a customer's words can be about something else"
        raise InputError(msg, hint="Open a quote and correct that.")
    return evidence


def _theme(snapshot: Snapshot, theme_id: str) -> Theme:
    found = next((one for one in snapshot.themes if one.theme_id == theme_id), None)
    if found is None:
        msg = "this theme is not there any more, so nothing was corrected"
        raise ConflictError(msg, hint="Ask again, and correct what is cited then.")
    return found
