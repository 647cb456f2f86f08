"""`journey predict`: next step, buying, leaving, best time and channel, and what it takes to predict a response."""

from typing import Literal

import click

from agent.analyse.prediction import Prediction
from agent.analyse.sending import Choice, OfferResponse, SendTimes
from agent.pipeline.predicting import current_offer_response, current_prediction, current_send_times
from agent.render.figures import interval_text, points_text, quantity_text, share_text
from api.cli.output import print_json, print_table, print_text, say
from api.cli.session import json_option, parse_where, where_option, workspace_of

_WHAT = ("next", "buy", "leave", "best-time", "offer-response")
_MOST_ALIKE = 3


@click.command()
@click.argument("what", type=click.Choice(_WHAT))
@where_option()
@click.option("--by", metavar="KEY", help="Also for each value of this trait of the customers.")
@json_option()
@click.pass_context
def predict(
    ctx: click.Context,
    what: Literal["next", "buy", "leave", "best-time", "offer-response"],
    where: tuple[str, ...],
    by: str | None,
    as_json: bool,
) -> None:
    """Predict what customers do; shown only where it beats the base rate on customers it was not fitted on."""
    if what == "offer-response" and by is not None:
        msg = "--by goes with next, buy, leave and best-time"
        raise click.UsageError(msg)
    kept = parse_where(where)
    with workspace_of(ctx) as workspace:
        if what == "best-time":
            found = current_send_times(workspace, where=kept, by=by)
        elif what == "offer-response":
            found = current_offer_response(workspace, where=kept)
        else:
            found = current_prediction(workspace, what, where=kept, by=by)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif isinstance(found, SendTimes):
        _print_times(found)
    elif isinstance(found, OfferResponse):
        _print_offer(found)
    else:
        _print_prediction(found)


def _print_prediction(found: Prediction) -> None:
    print_text(f"Predicted: {found.question}.")
    if found.verdict != "shown":
        print_text(f"Nothing is shown: {found.reason}.")
    if found.skill is None:
        return
    rows = [
        [name, each.model, each.baseline, f"{each.difference:.4f} ({each.low:.4f} to {each.high:.4f})"]
        for name, each in (("log-loss", found.skill.log_loss), ("Brier score", found.skill.brier))
    ]
    title = (
        f"On customers it was not fitted on ({found.n_persons:,} customers, looked at {found.n_rows:,} times)"
    )
    print_table(title, ["loss", "model", "base rate", "better by (95 %)"], rows)
    if found.skill.after_last_step_log_loss is not None:
        say(
            f"Log-loss of how often each step follows the last one: {found.skill.after_last_step_log_loss:.4f}."
        )
    if found.verdict != "shown":
        return
    rows = [
        [share_text(each.predicted), each.observed.n, each.observed.total, share_text(each.observed.share),
         interval_text(each.observed.low, each.observed.high)]
        for each in found.skill.calibration
    ]  # fmt: skip
    if rows:
        print_table("Calibration", ["told", "did it", "of", "share", "95 %"], rows)
    rows = [[each.feature, each.log_odds] for each in found.drivers]
    if rows:
        print_table("Goes along with it (no cause)", ["feature", "log-odds"], rows)
    answers = list(found.expected[0].shares) if found.expected else []
    rows = [
        [each.group, each.n, *(share_text(each.shares[one]) for one in answers)] for each in found.expected
    ]
    print_table("Expected now", ["customers", "n", *answers], rows)
    say("--json has the probability of every customer who was active lately.")
    if found.n_hidden:
        say(f"{found.n_hidden:,} customers are in groups of fewer than five, which are not shown.")


def _print_times(found: SendTimes) -> None:
    if found.reason is not None:
        print_text(f"Nothing is shown: {found.reason}.")
    rows = [
        [one.segment, one.n, _choice(one.hour, one.hour_reason), _choice(one.channel, one.channel_reason)]
        for one in found.segments
    ]
    if rows:
        print_table("Best hour and channel", ["segment", "n", "hour", "channel"], rows)
    basis = "messages were answered" if found.basis == "responses" else "customers did anything at all"
    say(
        f"From when {basis}; no message was sent at hours and by channels drawn by chance, so that this is no effect of either."
    )
    if found.clock == "UTC":
        say(f"Hours are UTC: the local time is known of {share_text(found.offset_share)} of the events only.")


def _choice(choice: Choice | None, reason: str | None) -> str:
    if choice is None:
        return f"unknown: {reason}"
    n = len(choice.alike)
    others = ", ".join(choice.alike) if n <= _MOST_ALIKE else f"{n} others"
    alike = f"; not shown to be better than {others}" if n else ""
    return f"{choice.value}, {quantity_text(choice.share)}{alike}"


def _print_offer(found: OfferResponse) -> None:
    if found.verdict == "refused" or found.offered is None or found.withheld is None:
        print_text(f"Refused: {found.reason}.")
        for each in found.needed:
            print_text(f"Needed: {each}.")
        return
    print_text(f"Bought within 30 days with the offer: {quantity_text(found.offered)}")
    print_text(f"Bought within 30 days without it: {quantity_text(found.withheld)}")
    low, high = points_text(found.low), points_text(found.high)
    print_text(f"Difference: {points_text(found.difference)} ({low} to {high})")
    say("An effect of the offer only where chance decided who was kept from it.")
