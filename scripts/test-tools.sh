#!/bin/sh
# Finds what the tests need beside Python packages, and installs what is missing with apt.
set -eu

has_browser() {
    command -v chromium-headless-shell || command -v chromium || command -v chromium-browser \
        || command -v google-chrome
}

has_postgres() {
    command -v initdb || ls /usr/lib/postgresql/*/bin/initdb
}

apt_install() {
    command -v apt-get || return 1
    if [ "$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
    $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$1"
}

if ! has_browser >/dev/null 2>&1; then
    echo "No Chromium found: installing it with apt"
    apt_install chromium-headless-shell >/dev/null 2>&1 || apt_install chromium >/dev/null 2>&1 || true
    if ! has_browser >/dev/null 2>&1; then
        echo "The browser tests need Chromium: install the package 'chromium', then run make test again." >&2
        exit 1
    fi
fi

if ! has_postgres >/dev/null 2>&1; then
    echo "No PostgreSQL found: installing it with apt"
    apt_install postgresql >/dev/null 2>&1 || true
    if ! has_postgres >/dev/null 2>&1; then
        echo "PostgreSQL could not be installed: its tests are skipped. Package: 'postgresql'." >&2
    fi
fi
