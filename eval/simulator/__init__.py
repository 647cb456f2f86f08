"""A simulated retailer with planted truth, for the demo, tests and benchmarks.

`simulate` writes the files a marketer would have; `load_truth` and `iter_person_truth` read what was planted.
"""

from eval.simulator.plan import DEFAULT_AS_OF, Shift, SimulationPlan
from eval.simulator.run import SimulatedBrand, simulate
from eval.simulator.truth import (
    BrandTruth,
    PainTruth,
    PersonTruth,
    PlantedCopy,
    iter_copies,
    iter_person_truth,
    load_truth,
)

__all__ = [
    "DEFAULT_AS_OF",
    "BrandTruth",
    "PainTruth",
    "PersonTruth",
    "PlantedCopy",
    "Shift",
    "SimulatedBrand",
    "SimulationPlan",
    "iter_copies",
    "iter_person_truth",
    "load_truth",
    "simulate",
]
