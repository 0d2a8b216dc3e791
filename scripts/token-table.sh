#!/bin/sh
# Rebuilds the token table that ships with the project, from a package that carries it.
set -eu
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Downloading a package of 12 MB"
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps \
    --dest "$folder" llama-index-core==0.14.25

.venv/bin/python - "$folder" <<'EOF'
import hashlib, lzma, pathlib, sys, tomllib, zipfile

tables = pathlib.Path("specforge_core/providers/tables")
expected = tomllib.loads((tables / "o200k_base.toml").read_text("utf-8"))["sha256"]
with zipfile.ZipFile(next(pathlib.Path(sys.argv[1]).glob("*.whl"))) as package:
    for name in package.namelist():
        table = package.read(name)
        if "tiktoken_cache" in name and hashlib.sha256(table).hexdigest() == expected:
            break
    else:
        sys.exit(f"The package holds no table with the sha256 {expected}.")
packed = lzma.compress(table, preset=9 | lzma.PRESET_EXTREME)
(tables / "o200k_base.tiktoken.xz").write_bytes(packed)
print(f"o200k_base.tiktoken.xz: {len(packed):,} bytes")
EOF
