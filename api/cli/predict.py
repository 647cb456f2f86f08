"""`journey predict`: next step, buying, leaving, best time and channel, and what it takes to predict a response."""

from pathlib import Path
from typing import Literal

import click

from agent.analyse.prediction import Prediction
from agent.analyse.sending import Choice, OfferResponse, SegmentTimes, SendTimes
from agent.pipeline.predicting import current_offer_response, current_prediction, current_send_times
from agent.render.figures import interval_text, points_text, quantity_text, share_text
from api.cli.csv_files import write_csv
from api.cli.output import counted, print_json, print_table, print_text, say
from api.cli.pictures import picture_options, save_picture
from api.cli.session import json_option, parse_where, where_option, workspace_of

_WHAT = ("next", "buy", "leave", "best-time", "offer-response")
_PICTURED = ("buy", "leave")
_MOST_ALIKE = 3
_MOST_COLUMNS = 120
_MOST_GROUPS = 4
"""Beside everybody: as many as fit a line."""
_LEAST_SHARE = 0.01
_TIME_COLUMNS = (
    "segment", "n_customers", "best_hour", "clock", "hour_share", "hour_share_low", "hour_share_high", "hour_unknown_because",
    "best_channel", "channel_share", "channel_share_low", "channel_share_high", "channel_unknown_because", "basis", "n_days",
)  # fmt: skip


@click.command()
@click.argument("what", type=click.Choice(_WHAT))
@where_option()
@click.option("--by", metavar="KEY", help="Also for each value of this trait of the customers.")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write best hour and channel by segment as CSV, one row a segment, as a data extension takes it; with best-time.",
)
@picture_options()
@json_option()
@click.pass_context
def predict(
    ctx: click.Context,
    what: Literal["next", "buy", "leave", "best-time", "offer-response"],
    where: tuple[str, ...],
    by: str | None,
    csv_file: Path | None,
    svg: Path | None,
    png: Path | None,
    as_json: bool,
) -> None:
    """Predict what customers do; shown only where it beats the base rate on customers it was not fitted on."""
    _check(what, by=by, as_csv=csv_file is not None, pictured=svg is not None or png is not None)
    kept = parse_where(where)
    with workspace_of(ctx) as workspace:
        if what == "best-time":
            found = current_send_times(workspace, where=kept, by=by)
        elif what == "offer-response":
            found = current_offer_response(workspace, where=kept)
        else:
            found = current_prediction(workspace, what, where=kept, by=by)
    if csv_file is not None and isinstance(found, SendTimes):
        _write_times(csv_file, found)
    if isinstance(found, Prediction) and (svg or png):
        _draw(found, svg, png)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif isinstance(found, SendTimes):
        _print_times(found)
    elif isinstance(found, OfferResponse):
        _print_offer(found)
    else:
        _print_prediction(found)


def _check(what: str, *, by: str | None, as_csv: bool, pictured: bool) -> None:
    if what == "offer-response" and by is not None:
        msg = "--by goes with next, buy, leave and best-time"
        raise click.UsageError(msg)
    if as_csv and what != "best-time":
        msg = "--csv goes with best-time"
        raise click.UsageError(msg)
    if pictured and what not in _PICTURED:
        msg = f"--svg and --png go with {' and '.join(_PICTURED)}"
        raise click.UsageError(msg)


def _draw(found: Prediction, svg: Path | None, png: Path | None) -> None:
    # Altair takes half a second to load; who prints a table need not wait for it.
    from agent.render.calibration_chart import calibration_picture

    picture = calibration_picture(found)
    if picture is None:
        say("No picture: nothing is shown.")
    else:
        save_picture(picture, svg, png)


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
    if found.target == "next":
        _print_next(found)
    else:
        answers = list(found.expected[0].shares) if found.expected else []
        rows = [
            [each.group, each.n, *(share_text(each.shares[one]) for one in answers)]
            for each in found.expected
        ]
        print_table("Expected now", ["customers", "n", *answers], rows)
    say("--json has the probability of every customer who was active lately.")
    if found.n_hidden:
        say(f"{found.n_hidden:,} customers are in groups of fewer than five, which are not shown.")


def _print_next(found: Prediction) -> None:
    """Print a row a next step: there are more of them than columns fit a line."""
    if not found.expected:
        return
    everybody = found.expected[0]
    others = sorted(found.expected[1:], key=lambda group: (-group.n, group.group))
    groups = [everybody, *others[:_MOST_GROUPS]]
    steps = [step for step in everybody.shares if any(group.shares[step] >= _LEAST_SHARE for group in groups)]
    steps.sort(key=lambda step: (-everybody.shares[step], step))
    rows = [[step, *(share_text(group.shares[step]) for group in groups)] for step in steps]
    columns = ["next step", *(f"{group.group} (n={group.n:,})" for group in groups)]
    print_table("Expected now", columns, rows, most=_MOST_COLUMNS)
    n_rare = len(everybody.shares) - len(steps)
    if n_rare:
        say(f"{counted(n_rare, 'step')} under {share_text(_LEAST_SHARE)} left out.")
    if len(others) > _MOST_GROUPS:
        say(f"{counted(len(others) - _MOST_GROUPS, 'smaller group')} left out; --json has them.")


def _print_times(found: SendTimes) -> None:
    if found.reason is not None:
        print_text(f"Nothing is shown: {found.reason}.")
    rows = [
        [one.segment, one.n, _choice(one.hour, one.hour_reason), _choice(one.channel, one.channel_reason)]
        for one in found.segments
    ]
    if rows:
        print_table("Best hour and channel", ["segment", "n", "hour", "channel"], rows, most=_MOST_COLUMNS)
    basis = "messages were answered" if found.basis == "responses" else "customers did anything at all"
    say(
        f"From when {basis}; no message was sent at hours and by channels drawn by chance, so that this is no effect of either."
    )
    if found.clock == "UTC":
        say(f"Hours are UTC: the local time is known of {share_text(found.offset_share)} of the events only.")


def _write_times(path: Path, found: SendTimes) -> None:
    """Write the segments of which an hour or a channel is told; no file where there is none."""
    told = [one for one in found.segments if one.hour or one.channel]
    if not told:
        say(f"No file is written: {found.reason}.")
        return
    write_csv(path, _TIME_COLUMNS, [_time_row(one, found) for one in told])
    n_untold = len(found.segments) - len(told)
    untold = f"; {counted(n_untold, 'segment')} without a best time or channel left out" if n_untold else ""
    say(f"{counted(len(told), 'segment')} written into {path}{untold}.")


def _time_row(one: SegmentTimes, found: SendTimes) -> list[object]:
    hour = None if one.hour is None else int(one.hour.value[:2])
    clock = None if one.hour is None else found.clock
    return [
        one.segment, one.n, hour, clock, *_share_cells(one.hour), one.hour_reason,
        None if one.channel is None else one.channel.value, *_share_cells(one.channel), one.channel_reason,
        found.basis, found.n_days,
    ]  # fmt: skip


def _share_cells(choice: Choice | None) -> list[object]:
    if choice is None:
        return [None, None, None]
    bounds = (choice.share.share, choice.share.low, choice.share.high)
    return [None if bound is None else round(bound, 4) for bound in bounds]


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
