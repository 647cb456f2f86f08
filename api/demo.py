"""The whole main job on a simulated brand: exports, stores, map, pain points, variants, held-out verdicts."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from agent.pipeline.drafting import DraftRequest, draft, verify
from agent.pipeline.ingest import ingest
from agent.pipeline.workspace import Workspace
from agent.render.markdown import render_markdown
from agent.render.mermaid import render_mermaid
from agent.render.page import render_page
from agent.schemas.creative import VariantSet
from agent.schemas.journey import JourneyMap
from agent.settings import Settings
from agent.store import Store
from agent.verify.claims import MapVerification
from api.published import publish
from api.variants import propose_and_check
from eval.scorers.brand import score_brand
from eval.scorers.coverage import CoverageScore
from eval.simulator import SimulatedBrand, simulate

N_PERSONS = 3_000
"""Customers of the demo: enough for every planted pain point of three per cent, quick enough to watch."""
_SALT = "journey-demo"
"""Fixed, so that the demo gives the same map everywhere; a workspace of one's own gets a random one."""
DEMO_WORKSPACE = "demo"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo made."""

    brand: SimulatedBrand
    journey_map: JourneyMap
    verification: MapVerification
    variants: VariantSet
    coverage: CoverageScore


class Made(NamedTuple):
    """What the main job makes of a brand's exports."""

    journey_map: JourneyMap
    verification: MapVerification
    variants: VariantSet


def run_demo(out: Path, settings: Settings, *, seed: int, n_persons: int, tell: Tell) -> DemoResult:
    """Run the main job on a simulated brand and write exports, map, page and variants into a folder.

    An earlier demo in the folder is replaced; nothing else in it is touched.
    """
    exports, home = out / "exports", out / "home"
    for old in (exports, home):
        shutil.rmtree(old, ignore_errors=True)
    tell(f"Simulating {n_persons:,} customers of a brand with planted pain points ...")
    brand = simulate(exports, n_persons=n_persons, seed=seed)
    with _workspace(settings, home, now=brand.plan.as_of + timedelta(days=1)) as workspace:
        journey_map, verification, variants = make_demo(workspace, brand, tell=tell)
        coverage = score_brand(workspace.store, journey_map.pain_points, exports=brand.out_dir)
    _write(out, journey_map, variants)
    return DemoResult(brand, journey_map, verification, variants, coverage)


def make_demo(workspace: Workspace, brand: SimulatedBrand, *, tell: Tell) -> Made:
    """Run the main job on the exports of a simulated brand, in a workspace that is there."""
    tell(
        "Reading the exports: joining identities, removing personal data, keeping a fifth of customers unseen ..."
    )
    files = [brand.transcripts, brand.reviews, brand.survey, brand.events, brand.store_visits]
    ingest(files, store=workspace.store, vault=workspace.vault, lake=workspace.lake_writer, now=workspace.now)
    tell("Making every passage searchable ...")
    workspace.update_index()
    tell("Finding pain points and drafting the map ...")
    journey_map = draft(workspace, _REQUEST)
    verification = verify(workspace, journey_map.map_id)
    tell("Proposing variants for the worst pain point and checking them on customers nobody drafted from ...")
    variants = propose_and_check(
        workspace, journey_map.pain_points[0].pain_point_id, channel="email", control=None, n=5
    )
    return Made(journey_map, verification, variants)


_REQUEST = DraftRequest(
    persona="Fernway customers",
    journey="From first ad to regular customer",
    goal="get outdoor gear that lasts",
    purpose="find what to mend first",
    owner="Demo team",
)


def _workspace(settings: Settings, home: Path, *, now: datetime) -> Workspace:
    store = Store.create(home, DEMO_WORKSPACE, salt=_SALT, now=now)
    return Workspace(
        settings=settings.model_copy(update={"home": home, "workspace": DEMO_WORKSPACE}), store=store, now=now
    )


def _write(out: Path, journey_map: JourneyMap, variants: VariantSet) -> None:
    files = {
        "map.json": journey_map.model_dump_json(indent=2),
        "map.html": render_page(journey_map),
        "map.md": render_markdown(journey_map),
        "map.mmd": render_mermaid(journey_map),
        "variants.json": publish(variants).model_dump_json(indent=2),
    }
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
