#!/bin/sh
# Creates .venv when it is missing or broken, and installs the given requirements file into it.
set -eu
cd "$(dirname "$0")/.."

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

if ! { new_enough .venv/bin/python && .venv/bin/python -m pip --version; } >/dev/null 2>&1; then
    chosen=
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if new_enough "$candidate"; then
            chosen=$candidate
            break
        fi
    done
    if [ -z "$chosen" ]; then
        echo "SpecForge needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3" >&2
        exit 1
    fi
    echo "Creating .venv with $("$chosen" --version)"
    if ! "$chosen" -m venv --clear .venv; then
        echo "Python cannot create a virtual environment. On Debian or Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi

echo "Installing $1"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$1"
