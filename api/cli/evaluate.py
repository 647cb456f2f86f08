"""`journey eval`: lists and runs the suites, prints their tables and writes them into the results page."""

import tempfile
from pathlib import Path

import click

from api.cli.output import print_json, print_table, say


@click.group(name="eval")
def evaluate() -> None:
    """List and run benchmarks, ours beside the named peer, in turn, in one run."""


@evaluate.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_suites(as_json: bool) -> None:
    """List the suites."""
    from eval.suites.registry import SUITES

    if as_json:
        print_json({"suites": [{"suite": name, "measures": entry.summary} for name, entry in SUITES.items()]})
        return
    print_table("Suites", ["suite", "measures"], [[name, entry.summary] for name, entry in SUITES.items()])


@evaluate.command()
@click.argument("suite")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder of the development data.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--quick", is_flag=True, help="Smaller samples; the results page is not touched.")
@click.option(
    "--minutes",
    type=click.FloatRange(0.1, 1440),
    default=None,
    help="How long a suite that lasts goes on; its own time where it is not given.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("docs/results.md"),
    show_default=True,
    help="Page the tables are written into.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def run(
    suite: str,
    *,
    data: Path,
    seed: int,
    quick: bool,
    minutes: float | None,
    results: Path,
    as_json: bool,
) -> None:
    """Run one suite and write its tables into the results page."""
    from eval.manifest import manifest_of
    from eval.results import write_results
    from eval.suites.base import SuiteOptions
    from eval.suites.registry import find_suite

    measure = find_suite(suite)
    with tempfile.TemporaryDirectory(prefix="journey-eval-") as work:
        options = SuiteOptions(data=data, work=Path(work), seed=seed, quick=quick, minutes=minutes)
        result = measure(options)
    lasting = "" if minutes is None else f" --minutes {minutes:g}"
    manifest = manifest_of(result, options, command=f"journey eval run {suite} --seed {seed}{lasting}")
    if as_json:
        print_json(
            {"suite": result.suite, "tables": result.tables, "notes": result.notes, "manifest": manifest}
        )
    else:
        for table in result.tables:
            print_table(table.title, table.columns, table.rows)
        for note in result.notes:
            say(note)
    if not quick:
        write_results(results, result, manifest)
        say(f"Written into {results}.")
