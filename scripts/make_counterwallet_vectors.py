#!/usr/bin/env python3
"""Makes vectors/counterwallet.json, or with --check says whether it is still what this makes.

Written by itself, with nothing of the program: word arithmetic, BIP-32 and curve in plain Python. The test-network
addresses of the first three keys of both schemes are also published: they stand in Counterwallet's own tests
(CounterpartyXCP/counterwallet, test/fixtures.js), and are compared here with what is computed.
"""

import hashlib
import hmac
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "vectors" / "counterwallet.json"
WORDS = (ROOT / "vectors" / "wordlists" / "electrum_v1.txt").read_text().split()
PASSPHRASES = [
    "voice flame certainly anyone former raw limit king rhythm tumble crystal earth",
    "like just love know never want time out there make look eye",
]
PUBLISHED = {
    "new": ["muYJYjRZDPmTEMfyEGe34BGN8tZ6rmRZCu", "mkvaJJCpMMjvhaHodDCvstZsZwTaWR4w3M", "msj2PuwQRMWEmsi75GDcERXygw63BTRX7W"],
    "old": ["mruvPH9j2QB1P7FGdyuG2wHuqjmPM6xJYa", "n3gQYQceiTbFboggAKb6qZNpxPsrkeNLqE", "n3hiTgJfVLg1ChtFJ6CQJA3azTMr5GFhT8"],
}
PUBLISHED_WIF = "cQeTd6ap99KQYNr3jaZkANTKfk32CEfYjnZVNZdLKDfHoPxjVn5K"

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def add(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def public(scalar, compressed):
    point, power = None, G
    while scalar:
        if scalar & 1:
            point = add(point, power)
        power, scalar = add(power, power), scalar >> 1
    x, y = (number.to_bytes(32, "big") for number in point)
    return bytes([2 + (y[-1] & 1)]) + x if compressed else b"\4" + x + y


def base58check(payload):
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


def address(version, key):
    return base58check(version + hashlib.new("ripemd160", hashlib.sha256(key).digest()).digest())


def entropy(words):
    places, size, digits = [WORDS.index(word) for word in words], len(WORDS), ""
    for a, b, c in zip(places[::3], places[1::3], places[2::3]):
        digits += "%08x" % (a + size * ((b - a) % size) + size * size * ((c - b) % size))
    return digits


def child(key, chain, number):
    data = b"\0" + key.to_bytes(32, "big") if number >> 31 else public(key, True)
    digest = hmac.new(chain, data + number.to_bytes(4, "big"), hashlib.sha512).digest()
    return (int.from_bytes(digest[:32], "big") + key) % N, digest[32:]


def keys(seed):
    digest = hmac.new(b"Bitcoin seed", seed, hashlib.sha512).digest()
    key, chain = int.from_bytes(digest[:32], "big"), digest[32:]
    for number in (1 << 31, 0):
        key, chain = child(key, chain, number)
    return [child(key, chain, index)[0] for index in range(3)]


def vector(words, scheme):
    digits = entropy(words.split())
    seed = bytes.fromhex(digits)
    if scheme == "old":
        seed = bytes(int(digit) if digit.isdigit() else 0 for digit in digits)
    scalars = keys(seed)
    of = lambda version, compressed: [address(version, public(scalar, compressed)) for scalar in scalars]
    return {
        "words": ("old " if scheme == "old" else "") + words,
        "entropy": digits,
        "seed": seed.hex(),
        "mainnet": {"compressed": of(b"\x00", True), "uncompressed": of(b"\x00", False)},
        "testnet": {"compressed": of(b"\x6f", True), "uncompressed": of(b"\x6f", False)},
        "wif": {
            "mainnet": [base58check(b"\x80" + scalar.to_bytes(32, "big") + b"\1") for scalar in scalars],
            "mainnet_uncompressed": [base58check(b"\x80" + scalar.to_bytes(32, "big")) for scalar in scalars],
            "testnet": [base58check(b"\xef" + scalar.to_bytes(32, "big") + b"\1") for scalar in scalars],
        },
    }


def main():
    vectors = [vector(words, scheme) for words in PASSPHRASES for scheme in ("new", "old")]
    for made, scheme in zip(vectors, ("new", "old")):
        assert made["testnet"]["compressed"] == PUBLISHED[scheme], scheme
    assert vectors[0]["wif"]["testnet"][0] == PUBLISHED_WIF
    text = json.dumps({"path": "m/0'/0/i", "vectors": vectors}, indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if TARGET.read_text() == text else f"{TARGET} is not what this script makes")
    TARGET.write_text(text)


main()
