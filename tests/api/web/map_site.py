"""What tests of the pages of maps share: the map, jobs that an answer leads to, a source that comes in."""

import time
from dataclasses import replace
from typing import Any

from agent.schemas.journey import JourneyMap
from api.web.jobs import Job
from tests.api.web.site import WORKSPACE, Site

MAPS = f"/w/{WORKSPACE}/maps"


def map_of(site: Site) -> JourneyMap:
    """Return the map of the brand in its latest version."""
    return next(site.brand.workspace.store.results.maps())


def job_of(site: Site, answer: Any) -> Job:
    """Wait for the job that an answer leads to."""
    assert answer.status_code == 303, answer.text
    job_id = answer.headers["location"].rsplit("/", 1)[1]
    jobs = site.services.jobs
    while not jobs.get(job_id).is_over:
        time.sleep(0.02)
    return jobs.get(job_id)


def another_source(site: Site) -> None:
    """Note a further source in the ledger, as reading one in does."""
    sources = site.brand.workspace.store.sources
    first = sources.all()[0]
    sources.put(replace(first, source_id="s_new", name="june.csv", n_stored=1))
