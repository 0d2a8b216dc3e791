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
        "Sk-live-aaaaaaaaaaaaaaaaaaaaaaaa",
        "Sk-proj-abcdefghijklmnop1234567890",
        "SK-proj-abcdefghijklmnop1234567890",
        "Sk-aB3dE5gH7jK9mN1pQ3sT",
        "Sk_live_abcdefghijklmnop1234",
        "Ghp_1234567890abcdefghij",
        "GITHUB_PAT_11ABCDEFG0123456789abcdef",
        "Xoxb-123456789012-abcdef",
        "Hf_abcdefghijklmnopqrstuvwx",
        "EyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP",
        "File:///home/x/y.txt",
        r"c:\users\carol\x.txt",
        "/root/.ssh/id_rsa",
        "~ada/x",
        "/home/José/x",
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
        "../home/ada/x and ./home/ada/x",
        "| `GET` | `/root/certificates` |",
        "RUN --mount=type=cache,target=/root/.cache/pip pip install",
        "~half/day, ~5/week, ~~gone/away~~, ~/x, https://e.org/~ada/x, '~bootstrap/scss'",
        "https://e.org/a_/home/x",
        "Risk-based-assessment-plan, SK-FUNCTIONAL-REQUIREMENTS-01, SK_LIVE_PUBLISHABLE_KEY",
        "dim_sk_customer_dimension and SK_CUSTOMER_DIMENSION_LOOKUP and PK_TEST_ENVIRONMENT",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text, ("ollama", "", "  ")) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("密钥sk-proj-abcdefghijklmnop1234567890", "密钥*"),
        ("密钥sk-proj-abcdefghijklmnop1234567890。然后", "密钥*。然后"),
        ("see_sk-proj-abcdefghijklmnop1234567890", "see_*"),
        ("_ghp_1234567890abcdefghij_", "_*_"),
        ("ключAKIAIOSFODNN7EXAMPLE", "ключ*"),
        ("路径/home/ada/x.py", "路径*"),
        ("在/home/ada/x.py，然后", "在*，然后"),
        ("路径C:\\Users\\ada\\x", "路径*"),
        ("见~ada/x。", "见*。"),
        ("_/home/ada/x.py", "_*"),
        ("cc -I/home/ada/include", "cc -I*"),
        ("http://localhost/?file=/home/ada/x", "http://localhost/?file=*"),
    ],
)
def test_what_stands_before_or_behind_hides_nothing_and_stays(text: str, left: str) -> None:
    assert redact(text, ()) == left.replace("*", MARK)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_SECRET_ACCESS_KEY=§",
        ),
        ("password=Hunter2Hunter2", "password=§"),
        ("Use PGPASSWORD=Hunter2Hunter2.", "Use PGPASSWORD=§."),
        ("API_KEY=d41d8cd98f00b204e9800998ecf8427e", "API_KEY=§"),
        ("API\\_KEY=d41d8cd98f00b204e9800998ecf8427e", "API\\_KEY=§"),
        ('  password: "Sommer2024xyz"', '  password: "§"'),
        ("db_pwd: 'Winter2024!'", "db_pwd: '§!'"),
        ('{"api_key": "d41d8cd98f00b204e9800998ecf8427e", "a": 1}', '{"api_key": "§", "a": 1}'),
        ('"{\\"clientSecret\\": \\"a1b2c3d4e5f6a7b8c9\\"}"', '"{\\"clientSecret\\": \\"§\\"}"'),
        ("X-Api-Key: a1b2c3d4e5f6a7b8c9", "X-Api-Key: §"),
        ("**API key:** a1b2c3d4e5f6a7b8c9", "**API key:** §"),
        ("| `DB_PASSWORD` | `Hunter2Hunter2` |", "| `DB_PASSWORD` | `§` |"),
        (
            "https://e.org/x?access_token=a1b2c3d4e5f6a7b8c9&n=2",
            "https://e.org/x?access_token=§&n=2",
        ),
        ("KEY=a1b2c3d4e5f6a7b8c9\nNAME=x", "KEY=§\nNAME=x"),
        ("API_KEY=a1b2c3d4e5", "API_KEY=§"),
        ("forge --api-key a1b2c3d4e5f6 --port 8080", "forge --api-key § --port 8080"),
        ('login --db-password "Hunter2Hunter2"', 'login --db-password "§"'),
        ("x --token a1b2c3d4e5f6a7b8c9", "x --token §"),
        ("password: Winter2024", "password: §"),
        ("- **Password:** Sommer99!", "- **Password:** §!"),
    ],
)
def test_a_value_whose_name_says_that_it_is_secret_goes_and_its_name_stays(
    text: str, left: str
) -> None:
    assert redact(text, ()) == left.replace("§", MARK)


@pytest.mark.parametrize(
    "text",
    [
        "API_KEY=<your key> and API_KEY=your-api-key-1234567890abc and API_KEY=",
        "key: ${{ secrets.KEY }} and POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it in .env}",
        "SECRET_KEY=change-me and SECRET_KEY=changeme123456 and PASSWORD=password123",
        "| password | string | 8 to 128 characters |",
        "password: string, password: VARCHAR(255), password: argon2id, password: pbkdf2-sha256",
        "password: Base64EncodedString and access_token: OAuth2AccessTokenResponse",
        "api_key = os.environ['S3A4B5C6D7E8F9'] and token = secrets.token_urlsafe(32)",
        "secret=read_a1b2c3d4e5f6g7h8(x)",
        "Idempotency-Key: 8e03978e40d543ddbc936894a57f9324",
        "public_key=a1b2c3d4e5f6a7b8c9 and next_page_token=a1b2c3d4e5f6a7b8c9",
        "monkey=a1b2c3d4e5f6a7b8c9 and turkey: a1b2c3d4e5f6a7b8c9",
        "token: color-blue-500 and token: 2026-01-01T00:00:00Z",
        "DB_PASSWORD_FILE=/run/secrets/db_password1 and secret: https://e.org/a1b2c3d4e5f6",
        "--password required, --token-file x --token $TOKEN_1a2b3c4d5e, --key value1 --key-id a1b2",
        "--api-key your-key-a1b2c3d4e5f6 and --public-key a1b2c3d4e5f6a7b8c9 --secret-name db",
        "password: NIST800-63B, password: min8chars, Password: FR-1234, token: v1a2b3c4d5",
        "| Password | section2.1 | NIST800-63B |",
        "password: section2.1 and password: Minimum12 and password: Iso27001-controls",
        "The password: at least 12 characters, with letters and digits.",
        "primary key: order_id, sort_key=created_at_2024, object-key: invoices/2024/a1b2c3d4e5.pdf",
    ],
)
def test_a_value_that_is_a_placeholder_a_type_or_prose_stays(text: str) -> None:
    assert redact(text, ()) == text


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
    for path in ("/u/ada/x.py", "/u/ada/.config", "/u/ada/a/b"):
        for text in (f"`{path}`", f"KEY={path}", f'"{path}"', f"在{path}，"):
            assert redact(text, ("/u/ada",)) == text.replace(path, MARK)
    for text in ("GET /root", "/rootless/x", "https://e.org/root/x", "the root/x", "/var/root/x"):
        assert redact(text, ("/root",)) == text


def test_of_a_given_folder_the_rest_of_the_path_goes_too() -> None:
    for folder in ("/srv/forge-data", r"D:\Forge\data", "/root"):
        sep = folder[-5] if "\\" in folder else "/"
        path = sep.join((folder, ".ssh", "id_rsa"))
        assert redact(f"`{path}` and {path}, x", (folder,)) == f"`{MARK}` and {MARK}, x"


def test_a_folder_that_every_image_has_is_nobodys() -> None:
    for folder in ("/app", "/usr/src/app", "/home/app", "/usr/local/lib/python3.11/site-packages"):
        text = f"WORKDIR {folder}/src"
        assert redact(text, (folder,)) == text


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
        ("", "eyJaaaaaaaa_", 4_000, ""),
        ("Bearer ", "a", 8_000, ""),
        ("", "token=", 8_000, ""),
        ("", "token=aaaaaaaaaa(", 3_000, ""),
        ("password=", "a", 40_000, ""),
        ("password=", "a1", 40_000, "a1a1"),
        ("", "api_key", 8_000, ""),
        ("", "--api-key ", 6_000, ""),
        ("--", "a-", 20_000, ""),
        ("", "~ada", 10_000, ""),
        ("", "/root/", 6_000, ""),
        ("", "_/home/ada", 6_000, "ada"),
        ("", "https://", 6_000, ""),
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
