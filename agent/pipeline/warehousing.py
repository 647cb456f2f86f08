"""Opens the user's warehouse for a workspace, with the workspace's own rule of who is held out."""

from collections.abc import Iterator, Sequence

from agent.errors import ConfigError
from agent.events.connections import Connection
from agent.events.warehouse import SOURCE_ID, NameOf, PersonIdsOf, Warehouse
from agent.identify import identifier_keys, person_id_of
from agent.normalise import RowFault, channel_name, event_name
from agent.redact import Redactor
from agent.schemas.records import Identifier, Side
from agent.settings import Settings
from agent.split import side_of
from agent.store import Store

_PERSONS_AT_ONCE = 10_000


def open_warehouse(settings: Settings, store: Store) -> Warehouse | None:
    """Return the working customers' events in the warehouse; None where none is set up.

    Raises:
        ConfigError: A setting is missing or names no engine.
        StoreError: The warehouse is away or denies access, or the table does not fit.
    """
    if settings.warehouse_url is None:
        return None
    redactor = Redactor(salt=store.workspace.salt)

    def ours(name: str) -> str:
        return redactor.redact_name(name, person_id=SOURCE_ID)

    return _opened(
        settings,
        person_ids_of=_working_persons(store),
        event_name_of=lambda name: _event_name(ours(name)),
        channel_name_of=lambda name: channel_name(ours(name)),
    )


def warehouse_told(settings: Settings) -> str:
    """Return what can be said of the warehouse without counting its rows; nobody's event is read.

    Raises:
        ConfigError: A setting is missing or names no engine.
        StoreError: The warehouse is away or denies access, or the table does not fit.
    """
    warehouse = _opened(
        settings, person_ids_of=_nobody, event_name_of=_event_name, channel_name_of=channel_name
    )
    try:
        warehouse.try_reading()
        return f"{warehouse.connection.name}, table {warehouse.name!r} can be read"
    finally:
        warehouse.close()


def _opened(
    settings: Settings, *, person_ids_of: PersonIdsOf, event_name_of: NameOf, channel_name_of: NameOf
) -> Warehouse:
    if settings.warehouse_url is None or not settings.warehouse_table:
        msg = "a warehouse is named by two settings, and one is missing"
        raise ConfigError(msg, hint="Set JOURNEY_WAREHOUSE_URL and JOURNEY_WAREHOUSE_TABLE.")
    connection = Connection(settings.warehouse_url.get_secret_value())
    return Warehouse(
        connection,
        settings.warehouse_table,
        person_ids_of=person_ids_of,
        event_name_of=event_name_of,
        channel_name_of=channel_name_of,
    )


def _event_name(name: str) -> str | None:
    try:
        return event_name(name)
    except RowFault:
        return None


def _nobody(identifiers: Sequence[Identifier]) -> list[str | None]:
    return [None] * len(identifiers)


def _working_persons(store: Store) -> PersonIdsOf:
    """Return who identifiers lead to, as ingest would have it: same keys, same merges, same split."""

    def person_ids_of(identifiers: Sequence[Identifier]) -> list[str | None]:
        return [
            person_id
            for start in range(0, len(identifiers), _PERSONS_AT_ONCE)
            for person_id in _working(identifiers[start : start + _PERSONS_AT_ONCE], store)
        ]

    return person_ids_of


def _working(identifiers: Sequence[Identifier], store: Store) -> Iterator[str | None]:
    facts = store.workspace
    keys = [next(iter(identifier_keys([each], salt=facts.salt)), None) for each in identifiers]
    known = store.persons.find({key for key in keys if key is not None})
    for key in keys:
        if key is None:
            yield None
            continue
        member = known.get(key)
        person_id = person_id_of(key) if member is None else member.canonical_id
        side = None if member is None else member.side
        if side is None:
            side = side_of(person_id, salt=facts.salt, holdout=facts.holdout)
        yield person_id if side is Side.WORKING else None
