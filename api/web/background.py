"""Work that nobody waits for goes behind answers and pages where processors are busy."""

import os
import sys
import threading
from typing import Final

_NICENESS: Final = 10
_SWITCH_S: Final = 0.0005


def give_way() -> None:
    """Have the present thread, and those that it starts, go behind others from now on.

    A thread cannot take this back, so it is for threads that do nothing else. Only Linux has a priority a thread: elsewhere
    the answers would be slowed with it, and nothing is done.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def switch_often() -> None:
    """Have threads that compute give the interpreter to those that answer after half a millisecond.

    Python's own five milliseconds are waited for at each of the many times that an answer gives it up and wants it back.
    """
    sys.setswitchinterval(_SWITCH_S)
