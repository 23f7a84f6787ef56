#!/usr/bin/env bash
# Opens the vaults of vectors/vault with the recipe of docs/RECOVERY.md, in a Python of its own.
set -euo pipefail
cd "$(dirname "$0")/.."

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
if ! python3 -m venv "$room/venv"; then
  apt-get update -q && apt-get install -y -q python3-venv
  python3 -m venv --clear "$room/venv"
fi
"$room/venv/bin/pip" install --quiet --disable-pip-version-check pynacl==1.6.2
python3 -c 'import json; print(json.load(open("vectors/vault/expected.json"))["passphrase"])' > "$room/passphrase"
for vault in vectors/vault/*.airlock; do
  "$room/venv/bin/python" scripts/recover_vault.py "$vault" --passphrase-file "$room/passphrase" \
    --expect vectors/vault/expected.json
done
head -c -1 vectors/vault/test_only.airlock > "$room/cut.airlock"
if "$room/venv/bin/python" scripts/recover_vault.py "$room/cut.airlock" --passphrase-file "$room/passphrase" \
  --expect vectors/vault/expected.json 2> "$room/said"; then
  echo "a vault that was cut off was opened" >&2
  exit 1
fi
grep -q "does not open the vault" "$room/said"
