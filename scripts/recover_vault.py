#!/usr/bin/env python3
"""Opens a vault without Airlock and prints the secrets in it. See docs/RECOVERY.md.

    python3 -m venv venv && venv/bin/pip install pynacl==1.6.2
    venv/bin/python recover_vault.py vault.airlock

asks for the passphrase and prints each secret with its name and kind: words, seeds and keys as other software takes
them. Run it where nobody looks over your shoulder, on a machine without a network, and treat the printed text as money.

    recover_vault.py FILE --passphrase-file P --expect EXPECTED.json

prints no secret and compares them with a list instead; that is how the file format is checked.
"""

import argparse
import getpass
import json
import pathlib
import sys

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

MAGIC = b"airlock-vault/1\n"
KINDS = {
    1: "BIP-39 mnemonic",
    2: "XRPL family seed",
    3: "Counterwallet passphrase",
    4: "private key (WIF)",
    5: "extended private key",
}


class Contents:
    """The plain bytes, taken from the front."""

    def __init__(self, data):
        self.data = data

    def take(self, count):
        if len(self.data) < count:
            raise ValueError("the contents are cut off")
        head, self.data = self.data[:count], self.data[count:]
        return head

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def text(self, size):
        return self.take(self.number(size)).decode("utf-8")


def open_vault(file, passphrase):
    """Header: magic, memory in KiB, passes, lanes (each 4 bytes, big endian), salt, nonce. The header is the associated data."""
    head, sealed = file[:68], file[68:]
    if len(head) < 68 or head[:16] != MAGIC:
        raise ValueError("this is not a vault")
    memory, passes, lanes = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20, 24))
    if lanes != 1 or not ((memory == 65536 and 3 <= passes <= 256) or (memory, passes) == (256, 1)):
        raise ValueError(f"{memory} KiB, {passes} passes and {lanes} lanes are not a setting of a vault")
    key = argon2id.kdf(32, passphrase, head[28:44], opslimit=passes, memlimit=memory * 1024)
    try:
        plain = Contents(decrypt(sealed, head, head[44:68], key))
    except CryptoError:
        raise ValueError("the passphrase does not open the vault, or its bytes were changed") from None
    plain.take(32)
    secrets = []
    for _ in range(plain.number(1)):
        kind = plain.number(1)
        secret = {"name": plain.text(1), "kind": KINDS[kind], "text": plain.text(2), "bip39_passphrase": plain.text(2)}
        secrets.append(secret)
    if plain.data:
        raise ValueError("there is more behind the last secret")
    return secrets


def main():
    options = argparse.ArgumentParser(description="Opens a vault without Airlock.")
    options.add_argument("file", type=pathlib.Path)
    options.add_argument("--passphrase-file", type=pathlib.Path)
    options.add_argument("--expect", type=pathlib.Path, metavar="JSON")
    chosen = options.parse_args()
    if chosen.passphrase_file:
        passphrase = chosen.passphrase_file.read_bytes().removesuffix(b"\n")
    else:
        passphrase = getpass.getpass("Passphrase: ").encode()
    try:
        secrets = open_vault(chosen.file.read_bytes(), passphrase)
    except ValueError as error:
        sys.exit(f"{chosen.file}: {error}")
    if chosen.expect:
        if secrets != json.loads(chosen.expect.read_text())["secrets"]:
            sys.exit(f"{chosen.file}: the secrets are not those of {chosen.expect}")
        print(f"{chosen.file}: {len(secrets)} secrets, as expected")
        return
    for secret in secrets:
        print(f"{secret['name']} ({secret['kind']}):\n  {secret['text']}")
        if secret["bip39_passphrase"]:
            print(f"  BIP-39 passphrase: {secret['bip39_passphrase']}")


main()
