"""Long work goes behind answers where processors are busy."""

import os
import sys
import threading

import pytest

from api.web.brands import Errand
from api.web.jobs import JobContext, Jobs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority a thread")


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_jobs_and_the_threads_they_start_go_behind_others() -> None:
    """What reads files in and encodes them is not to slow down those who ask meanwhile."""
    own, found = _niceness(), list[int]()
    done = threading.Event()

    def work(_context: JobContext) -> str:
        helper = threading.Thread(target=lambda: found.append(_niceness()))
        helper.start()
        helper.join()
        found.append(_niceness())
        done.set()
        return ""

    jobs = Jobs()
    jobs.start(work, workspace="shop", account_id="a", title="Reading")
    assert done.wait(5)
    assert jobs.close(within_s=5)
    assert all(niceness > own for niceness in found)
    assert len(found) == 2
    assert _niceness() == own


def test_work_in_the_background_goes_behind_others() -> None:
    """What is computed ahead, too."""
    found = list[int]()
    errand = Errand("of a test", lambda: found.append(_niceness()))
    errand.begin()
    errand.wait(5)
    assert found[0] > _niceness()
