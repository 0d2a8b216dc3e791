"""ZIP files that hold the same bytes whenever they are made from the same files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_FIRST, _LAST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)
_UNIX, _ORDINARY_FILE = 3, 0o100644 << 16


def zipped(files: Mapping[str, bytes], when: datetime) -> bytes:
    """The files in their order, each dated `when` (within the years that ZIP knows)."""
    stamp = min(max(when.astimezone(UTC), _FIRST), _LAST).timetuple()[:6]
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path, data in files.items():
            info = ZipInfo(path, (stamp[0], stamp[1], stamp[2], stamp[3], stamp[4], stamp[5]))
            info.create_system, info.external_attr = _UNIX, _ORDINARY_FILE
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()
