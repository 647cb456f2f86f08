"""The demo at a click: a simulated brand in a workspace of its own, read in and mapped while the page shows how far it is."""

import tempfile
from pathlib import Path

from agent.errors import ConflictError
from agent.store.store import DEFAULT_HOLDOUT
from api.demo import DEMO_WORKSPACE, N_PERSONS, make_demo
from api.web.jobs import Job, JobContext
from api.web.pages import brand_path
from api.web.services import Services
from eval.simulator import simulate

_SEED = 0
_MOST_DEMOS = 100


def load_demo(services: Services, *, account_id: str) -> tuple[Job, str]:
    """Start the demo and return the job with the name of its workspace."""
    name = _free_name(services)
    brand = services.brands.create(name, holdout=DEFAULT_HOLDOUT)

    def work(context: JobContext) -> str:
        context.step(f"Simulating {N_PERSONS:,} customers of a brand with planted pain points ...")
        with tempfile.TemporaryDirectory(prefix="journey-demo-") as folder, brand.writing() as workspace:
            simulated = simulate(Path(folder), n_persons=N_PERSONS, seed=_SEED)
            made = make_demo(workspace, simulated, tell=context.step)
        context.step("Preparing answers ...")
        brand.refresh()
        return brand_path(name, "maps", made.journey_map.map_id)

    started = services.jobs.start(
        work, workspace=name, account_id=account_id, title="Loading the demo", place="maps"
    )
    return started, name


def _free_name(services: Services) -> str:
    taken = set(services.brands.names())
    for number in range(1, _MOST_DEMOS):
        name = DEMO_WORKSPACE if number == 1 else f"{DEMO_WORKSPACE}-{number}"
        if name not in taken:
            return name
    msg = f"there are {_MOST_DEMOS} demo workspaces already"
    raise ConflictError(msg, hint="Use one of them.")
