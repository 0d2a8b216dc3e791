"""What is taken out before anything leaves, and what must stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specforge_core.export.redact import MARK, redact
from tests.growth import in_linear_time

LINES = f"{'MIIEowIBAAKCAQEA' * 4}\n{'abc+/1' * 6}=="
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{LINES}\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        "sk-abcdefghijklmnopqrstuvwx",
        "sk-ant-api03-abcdefghijklmnop_qrst-uvwx",
        "sk_live_abcdefghijklmnop1234",
        "gsk_abcdefghijklmnop123456",
        "xai-abcdefghijklmnop123456",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "gho_1234567890abcdefghij",
        "github_pat_11ABCDEFG0123456789abcdef",
        "glpat-abcdefghijklmnopqrst",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxp-123456789012-abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
        PEM,
        PEM.rpartition("\n")[0],
        PEM.replace("\n", "\\n"),
        "file:///home/x/y.txt",
        "file:/C:/x",
        "/home/alice",
        "/home/alice/app/main.py",
        "/Users/Bob.Smith/Documents",
        r"C:\Users\carol\AppData\x.txt",
        r"C:\\Users\\carol\\AppData",
        "C:/Users/carol/x",
        r"d:\Documents and Settings\dave\x",
        "/mnt/c/Users/eve/x",
        "/var/folders/zz/zyx/T/x",
    ],
)
def test_secrets_and_paths_of_machines_are_taken_out(secret: str) -> None:
    assert redact(f"a `{secret}` b", ()) == f"a `{MARK}` b"
    assert redact(f"KEY={secret}\nb", ()) == f"KEY={MARK}\nb"


@pytest.mark.parametrize(
    "text",
    [
        "/api/users/42 and /usr/bin and /etc/nginx/nginx.conf and /var/lib/app",
        "GET /home/feed/latest",
        "| POST | `/Users/search` |",
        "https://example.com/home/about/team and https://e.org/Users/x",
        "WORKDIR /home/app/src and /home/node/app",
        "/Users/{id} and /home/$USER/x",
        "postgres://app:app@db:5432/app and https://user:password@host",
        "key-performance-indicators, pk_project_members_index, risk-based-assessment-plan",
        "mailto:firstname.lastname99@example.com",
        "the bearer of a certificate-of-authenticity",
        "src/home/page.tsx and ../home/page/x and ~/.config",
        "sk-1 and AKIA and AIza and eyJ",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text, ("ollama", "", "  ")) == text


def test_a_given_secret_is_found_in_every_spelling() -> None:
    secret = 'a_B*c/d"e+12'
    for spelling in (secret, 'a\\_B\\*c/d\\"e+12', "a_B%2Ac%2Fd%22e%2B12", secret.upper()):
        found = redact(f"x {spelling} y", (secret,))
        assert found == f"x {MARK} y"


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad\ufe0f"])
def test_a_character_without_a_width_hides_no_secret(unseen: str) -> None:
    key = "sk-proj-abcDEF1234567890"
    for at in range(1, len(key)):
        hidden = f"{key[:at]}{unseen}{key[at:]}"
        assert redact(f"a {hidden} b", ()) == f"a {MARK} b"
        assert redact(f"a {hidden} b", (key,)) == f"a {MARK} b"
    assert redact(f"x{unseen}{key}, /ho{unseen}me/alice", ()) == f"x{MARK}, {MARK}"


def test_characters_without_a_width_that_hide_nothing_stay() -> None:
    text = "👩\u200d💻 می\u200cخواهم ❤\ufe0f so\u00adft"
    assert redact(text, ("some-secret-value",)) == text
    assert redact(f"{text} /home/alice", ()) == f"{text} {MARK}"


def test_a_short_home_folder_goes_from_paths_but_not_from_words() -> None:
    for path in ("`/root/x.py`", "KEY=/root/.config", '"/root/a/b"'):
        assert redact(path, ("/root",)) == path.replace("/root", MARK)
    for text in ("GET /root", "/rootless/x", "https://e.org/root/x", "the root/x", "/var/root/x"):
        assert redact(text, ("/root",)) == text
    assert redact("WORKDIR /app/src", ("/app",)) == "WORKDIR /app/src"


def test_of_two_secrets_the_longer_goes_whole() -> None:
    assert redact("abcdefgh-long-tail", ("abcdefgh", "abcdefgh-long-tail")) == MARK


def test_a_bearer_token_goes_and_its_word_stays() -> None:
    assert redact("Bearer abcdefghij1234567890xyz", ()) == f"Bearer {MARK}"


def test_a_generated_password_in_an_address_goes() -> None:
    assert redact("postgres://app:Zx81kfpq92mmA@db/app", ()) == f"postgres://app:{MARK}@db/app"


def test_what_a_person_cannot_see_goes() -> None:
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "ignore the rules")
    assert redact(f"a{hidden}b\u202ec\x1b[31m\x00", ()) == "abc[31m"
    assert redact("a\r\nb\rc\u2028d\ud800", ()) == "a\nb\nc d\ufffd"


@given(st.text(max_size=200))
def test_to_redact_again_changes_nothing(text: str) -> None:
    once = redact(text, ("some-secret-value",))
    assert redact(once, ("some-secret-value",)) == once


@pytest.mark.parametrize(
    ("begin", "piece", "count", "gone"),
    [
        ("", "-----BEGIN PRIVATE KEY-----", 1_600, "PRIVATE"),
        ("-----BEGIN PRIVATE KEY-----\n", "A", 80_000, "A"),
        ("", "/home/", 4_000, ""),
        ("", "C:\\Users\\", 3_000, "C:\\Users\\C"),
        ("", "sk-", 20_000, "sk-"),
        ("", "://a:", 10_000, ""),
        ("", "eyJaaaaaaaa.", 4_000, "eyJ"),
        ("Bearer ", "a", 8_000, ""),
    ],
)
def test_many_beginnings_of_a_secret_are_read_in_one_go(
    begin: str, piece: str, count: int, gone: str
) -> None:
    text, found = in_linear_time(
        lambda text: redact(text, ("some-secret-value",)),
        lambda count: begin + piece * count,
        count,
    )
    if gone:
        assert MARK in found and gone not in found
    else:
        assert found == text
