"""Part of suite `events`: stitched identities beside the simulator's truth.

The peer joins whatever stood on one row, without any rule. Pairs are of identifiers: one is found where both are one
customer's, and could be found where rows lead from one to the other at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import comb
from pathlib import Path
from random import Random

from agent.analyse.statistics import mean_interval, wilson
from agent.identify import identifier_keys
from agent.pipeline.identities import check_identities
from agent.read import read_file
from agent.schemas.records import Identifier, IdentifierKind, RowReject, Side
from agent.store import Store
from agent.store.identity import Accounts, Link, Sets
from eval.simulator import PersonTruth, SimulatedBrand, iter_person_truth, simulate
from eval.suites.base import Cell, SuiteOptions, Table

_NOW = datetime(2026, 8, 1, tzinfo=UTC)
_SALT = "identity"
_N_SEEDS, _N_QUICK_SEEDS = 10, 2
_N_PERSONS, _N_QUICK_PERSONS = 1_000, 200
_KIOSKS, _KIOSK_USERS = 3, 25
_FAMILIES, _LOOPS, _REUSED, _GUESTS = 0.05, 0.03, 0.03, 0.03

_USER, _ANONYMOUS = IdentifierKind.USER_ID, IdentifierKind.ANONYMOUS_ID
_ORDER, _EMAIL = IdentifierKind.ORDER_ID, IdentifierKind.EMAIL
_COLUMNS = (
    "", "trouble", "brands", "precision", "95 %", "recall of reachable", "95 %", "of all true pairs", "customers whole",
    "95 % (Wilson)",
)  # fmt: skip
_REACHABLE = (
    "Reachable: rows lead from one identifier to the other at all; most true pairs that are not are of a device on "
    "which the customer never logged in. Intervals of precision and recall are Student's over brands."
)
Row = tuple[Identifier, ...]
_Groups = Mapping[str, str]
"""Identifier key to what stands for its customer."""


@dataclass(frozen=True, slots=True)
class _Score:
    """Pairs of identifiers."""

    n_found: int
    n_right: int
    n_true: int
    n_reachable: int
    n_whole: int
    """Customers with all their reachable pairs and nobody else's."""
    n_customers: int

    @property
    def precision(self) -> float:
        return self.n_right / self.n_found if self.n_found else 1.0

    @property
    def recall(self) -> float:
        return self.n_right / self.n_reachable if self.n_reachable else 1.0


def identity_tables(options: SuiteOptions) -> tuple[list[Table], list[str]]:
    """Measure identities over several brands, without and with planted trouble."""
    n_persons = _N_QUICK_PERSONS if options.quick else _N_PERSONS
    rows: list[list[Cell]] = []
    listed: list[list[Cell]] = []
    for is_planted in (False, True):
        ours, peers = _compared(options, n_persons, listed if is_planted else None)
        trouble = "planted" if is_planted else "none"
        rows += [_scored(name, trouble, scores) for name, scores in (("ours", ours), ("peer", peers))]
    tables = [
        Table("Stitched identities: pairs of identifiers", list(_COLUMNS), rows),
        Table(
            "Planted trouble, as `journey identity check` lists it",
            ["trouble", "planted", "listed"],
            _summed(listed),
        ),
    ]
    return tables, [_planted_note(n_persons), _REACHABLE]


def _compared(
    options: SuiteOptions, n_persons: int, listed: list[list[Cell]] | None
) -> tuple[list[_Score], list[_Score]]:
    """Return our scores and the peer's over the brands; `listed` takes planted trouble, None plants none."""
    n_seeds = _N_QUICK_SEEDS if options.quick else _N_SEEDS
    is_planted = listed is not None
    ours: list[_Score] = []
    peers: list[_Score] = []
    for seed in range(options.seed, options.seed + n_seeds):
        brand = _brand(options.work / f"identity-{seed}", n_persons=n_persons, seed=seed)
        truth = list(iter_person_truth(brand.out_dir))
        plan = _Planting(truth, Random(seed)) if is_planted else None
        links = _links(brand, plan)
        customer_of = _customers(truth, plan)
        found = _stitched(links, options.work / f"store-{seed}-{is_planted}", listed, plan)
        everything = _peer(links)
        ours.append(_score(found, everything, customer_of))
        peers.append(_score(everything, everything, customer_of))
    return ours, peers


def _planted_note(n_persons: int) -> str:
    return (
        f"Planted in each brand of {n_persons:,}: {_KIOSKS} kiosks of {_KIOSK_USERS} accounts; devices of two accounts "
        f"({_FAMILIES:.0%} of those who log in); alias loops over three user ids of one customer ({_LOOPS:.0%}); order "
        f"numbers used twice ({_REUSED:.0%}); a guest's address on a customer's device ({_GUESTS:.0%}). A shared device "
        "and a number used twice are nobody's: any pair with one is false."
    )


def _brand(folder: Path, *, n_persons: int, seed: int) -> SimulatedBrand:
    return simulate(folder, n_persons=n_persons, seed=seed)


class _Planting:
    """Rows with trouble that the simulator does not make, and what is true of them."""

    def __init__(self, truth: Sequence[PersonTruth], rng: Random) -> None:
        users = [person for person in truth if person.user_id is not None]
        self.rows: list[Row] = []
        self.customer_of: dict[Identifier, str] = {}
        self.shared: dict[str, Identifier] = {}
        for number in range(_KIOSKS):
            self._share(f"kiosk {number}", rng.sample(users, min(_KIOSK_USERS, len(users))))
        for number in range(round(_FAMILIES * len(users))):
            self._share(f"family {number}", rng.sample(users, 2))
        for person in rng.sample(users, round(_LOOPS * len(users))):
            self._loop(person)
        buyers = [person for person in users if person.order_ids]
        for number in range(round(_REUSED * len(buyers))):
            self._reuse(f"till-{number:05d}", rng.sample(buyers, 2))
        owners = [person for person in users if person.anonymous_ids]
        for number, person in enumerate(rng.sample(owners, round(_GUESTS * len(owners)))):
            guest = Identifier(_EMAIL, f"guest{number}@example.org")
            self.customer_of[guest] = f"guest {number}"
            self.rows.append((guest, Identifier(_ANONYMOUS, person.anonymous_ids[0])))

    def _share(self, name: str, users: Sequence[PersonTruth]) -> None:
        device = Identifier(_ANONYMOUS, f"anon-{name}")
        self.customer_of[device] = name
        self.shared[name] = device
        self.rows += [(Identifier(_USER, str(user.user_id)), device) for user in users]
        self.rows.append((device,))

    def _loop(self, person: PersonTruth) -> None:
        ids = [Identifier(_USER, f"{name}{person.user_id}") for name in ("", "old-", "older-")]
        self.customer_of.update((each, person.customer_id) for each in ids[1:])
        self.rows += [(one, other) for one, other in zip(ids, [*ids[1:], ids[0]], strict=True)]

    def _reuse(self, number: str, users: Sequence[PersonTruth]) -> None:
        order = Identifier(_ORDER, number)
        self.customer_of[order] = f"order {number}"
        self.shared[number] = order
        self.rows += [(Identifier(_USER, str(user.user_id)), order) for user in users]


def _links(brand: SimulatedBrand, plan: _Planting | None) -> list[Link]:
    rows = (
        item.identifiers
        for path in (brand.events, brand.store_visits, brand.transcripts, brand.reviews, brand.survey)
        for item in read_file(path)
        if not isinstance(item, RowReject)
    )
    keyed = (identifier_keys(row, salt=_SALT) for row in dict.fromkeys((*rows, *(plan.rows if plan else ()))))
    return [Link(number, keys) for number, keys in enumerate(keyed) if keys]


def _customers(truth: Iterable[PersonTruth], plan: _Planting | None) -> dict[str, str]:
    """Return the true customer of every identifier key."""
    named: dict[Identifier, str] = {}
    for person in truth:
        named[Identifier(_USER, person.customer_id)] = person.customer_id
        named[Identifier(_EMAIL, person.email)] = person.customer_id
        named.update((Identifier(_ANONYMOUS, each), person.customer_id) for each in person.anonymous_ids)
        named.update((Identifier(_ORDER, each), person.customer_id) for each in person.order_ids)
    named.update(plan.customer_of if plan else {})
    return {identifier_keys([each], salt=_SALT)[0]: customer for each, customer in named.items()}


class _NoVault:
    """A vault for a workspace in which nobody is held out."""

    def write_records(self, records: object) -> None:
        """Take nothing."""

    def write_events(self, part: str, events: object) -> None:
        """Take nothing."""

    def sweep(self, n_parts: object) -> None:
        """Remove nothing."""

    def exclude_records(self, record_ids: object, *, reason: str) -> None:
        """Exclude nothing."""

    def exclude_persons(self, person_ids: object, *, reason: str) -> None:
        """Exclude nobody."""


def _stitched(
    links: Sequence[Link], home: Path, listed: list[list[Cell]] | None, plan: _Planting | None
) -> dict[str, str]:
    keys = {key for link in links for key in link.keys}
    with Store.create(home, "brand", holdout=0.0, salt=_SALT, now=_NOW) as store:
        store.persons.resolve(links, source_id="s", held_out=_NoVault())
        store.persons.settle(lambda _: Side.WORKING)
        found = {key: member.canonical_id for key, member in store.persons.find(keys).items()}
        if listed is not None and plan is not None:
            told = {each.key for each in check_identities(store).shared}
            for name, device in plan.shared.items():
                is_told = identifier_keys([device], salt=_SALT)[0] in told
                listed.append([name.split(maxsplit=1)[0] if " " in name else "order number", 1, int(is_told)])
    return found


def _summed(listed: Iterable[Sequence[Cell]]) -> list[list[Cell]]:
    planted: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for name, _n, is_told in listed:
        planted[str(name)] += 1
        told[str(name)] += int(is_told or 0)
    return [[name, planted[name], told[name]] for name in sorted(planted)]


def _peer(links: Iterable[Link]) -> dict[str, str]:
    sets = Sets(dict.fromkeys((key for link in links for key in link.keys), Accounts()))
    for link in links:
        for key in link.keys[1:]:
            sets.join(link.keys[0], key)
    return {key: sets.find(key) for link in links for key in link.keys}


def _score(found: _Groups, reachable: _Groups, customer_of: _Groups) -> _Score:
    known = [key for key in found if key in customer_of]
    whole, of_customer = 0, defaultdict[str, list[str]](list)
    for key in known:
        of_customer[customer_of[key]].append(key)
    sizes = Counter(found[key] for key in known)
    for keys in of_customer.values():
        parts = {(reachable[key], found[key]) for key in keys}
        alone = all(sizes[found[key]] == sum(found[other] == found[key] for other in keys) for key in keys)
        whole += alone and len(parts) == len({reachable[key] for key in keys})
    return _Score(
        n_found=_pairs(found[key] for key in known),
        n_right=_pairs((found[key], customer_of[key]) for key in known),
        n_true=_pairs(customer_of[key] for key in known),
        n_reachable=_pairs((reachable[key], customer_of[key]) for key in known),
        n_whole=whole,
        n_customers=len(of_customer),
    )


def _pairs(groups: Iterable[object]) -> int:
    return sum(comb(n, 2) for n in Counter(groups).values())


def _scored(name: str, trouble: str, scores: Sequence[_Score]) -> list[Cell]:
    n_whole, n = sum(each.n_whole for each in scores), sum(each.n_customers for each in scores)
    right, true = sum(each.n_right for each in scores), sum(each.n_true for each in scores)
    whole = wilson(n_whole, n)
    precision, recall = _mean([each.precision for each in scores]), _mean([each.recall for each in scores])
    shares = [round(right / true, 4), round(n_whole / n, 4), f"{whole.low:.4f} to {whole.high:.4f}"]
    return [name, trouble, len(scores), *precision, *recall, *shares]


def _mean(values: Sequence[float]) -> tuple[float, str | None]:
    found = mean_interval(values)
    if found is None or found.low is None or found.high is None:
        return round(values[0], 4), None
    return round(found.value, 4), f"{max(found.low, 0.0):.4f} to {min(found.high, 1.0):.4f}"
