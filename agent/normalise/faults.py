"""Why one row of a file is not taken."""

from enum import StrEnum

from agent.errors import InputError


class RejectCode(StrEnum):
    """Stable codes of `RowReject` that come from what a row's values say."""

    TIME_UNREADABLE = "time.unreadable"
    TIME_BEFORE_1990 = "time.before_1990"
    TIME_FUTURE = "time.future"
    TEXT_EMPTY = "text.empty"
    TEXT_TOO_LONG = "text.too_long"
    TEXT_NO_CUSTOMER = "text.no_customer"
    EVENT_NO_NAME = "event.no_name"
    EVENT_NO_TIME = "event.no_time"


class RowFault(InputError):  # noqa: N818  it costs a row and is caught; it never reaches a caller as an error
    """One value of a row cannot be right, so the row is not taken.

    Args:
        reject_code: Stable code, as `RowReject.code`.
        message: For the reader; holds no customer text.
    """

    code = "input.row"

    def __init__(self, reject_code: str, message: str) -> None:
        super().__init__(message, context={"reject_code": str(reject_code)})
        self.reject_code = str(reject_code)
