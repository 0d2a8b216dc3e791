"""What was found in the rows, kept until a commit changes any: a page asks for much of it twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

KEPT = 400  # findings; the least recently asked for goes first

T = TypeVar("T")


class Remembered:
    """Safe in any thread. What it gives is shared: keep to what nobody changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = 0
        self._found: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` gives; asked for again, the same, unless rows were changed meanwhile.

        key: what is looked for, with all that it depends on besides the rows. find: reads all
        that it needs by itself; what it was given may be older than rows that changed meanwhile.
        """
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                found: T = self._found[key]
                return found
            before = self._changes
        found = find()
        with self._lock:
            if self._changes == before:  # else it may be from before the change
                self._found[key] = found
                if len(self._found) > KEPT:
                    self._found.popitem(last=False)
        return found

    def forget(self) -> None:
        """Rows have changed."""
        with self._lock:
            self._changes += 1
            self._found.clear()
