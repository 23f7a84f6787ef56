#!/usr/bin/env python3
"""Assembles the demo's snapshot and its requests from recordings.

    scripts/make_demo_snapshot.py            writes vectors/demo/
    scripts/make_demo_snapshot.py --check    exits 1 unless vectors/demo/ is current

Recorded, from a real Bitcoin Core regtest node and a real counterparty-server: the coins (inputs of the
transactions in vectors/golden.json, with their full previous transactions), the asset balances, assets, the address
that requires memos, the dispenser, the block and the fee estimate (vectors/recorded/). In the recording those coins
are spent in the end, and balances are of a later block than most coins; for a demo that broadcasts nothing neither
matters.

Invented, and nothing that ever existed: everything on the XRP Ledger side (network id 1, all figures), the
recipients of the payouts (hashes of their labels: nobody has keys for them), and the height of each coin (the block
before the one that spends it in the recording).

The Taproot account is the demo's bitcoin-only account. Its address 0/0 held assets in the recording; the demo leaves
that address out, coins and balances alike.

Keys: the public test mnemonic "abandon" x 11, "about". Never fund its accounts on a network with money.
"""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "vectors" / "demo"
RECORDED = ROOT / "vectors" / "recorded"

# Demo account -> kind in the recordings, how many coins, from which address indices.
ACCOUNTS = {
    "cold": ("wpkh", 24, (0, 3)),
    "float": ("tr", 24, (4,)),
    "legacy": ("pkh", 8, (0, 3)),
    "nested": ("shwpkh", 8, (0, 3)),
}
MIN_COIN = 30_000
TAKEN_AT = 1_795_269_600  # 2026-11-21 14:00 UTC; the demo sets the clock's time in its own copy.

XRP_ACCOUNT = "rHsMGQEkVNJmpGWs8XUBoTBiAAbwxZN5v3"  # m/44'/144'/0'/0/0 of the test mnemonic
XRP_LEDGER = 8_214_512
XRP_REQUIRE_TAG = 0x0002_0000

BITCOIN_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE_ALPHABET = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
BECH32_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def recorded(name):
    return read(RECORDED / f"{name}.json")["response"]["result"]


def canonical(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return (text + "\n").encode("utf-8")


def base58check(payload, alphabet):
    check = hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    data = payload + check
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = alphabet[digit] + digits
    return alphabet[0] * (len(data) - len(data.lstrip(b"\0"))) + digits


def bech32(prefix, program):
    """A version 0 witness address (BIP-173)."""
    values, accumulator, bits = [0], 0, 0
    for byte in program:
        accumulator, bits = accumulator << 8 | byte, bits + 8
        while bits >= 5:
            bits -= 5
            values.append(accumulator >> bits & 31)
    if bits:
        values.append(accumulator << 5 - bits & 31)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    residue = 1
    for value in expanded + values + [0] * 6:
        top = residue >> 25
        residue = (residue & 0x1FFFFFF) << 5 ^ value
        for index, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            residue ^= generator if top >> index & 1 else 0
    residue ^= 1
    check = [residue >> 5 * (5 - index) & 31 for index in range(6)]
    return prefix + "1" + "".join(BECH32_ALPHABET[value] for value in values + check)


def invented(label):
    return hashlib.sha256(f"airlock demo: {label}".encode()).digest()[:20]


def recipient(number):
    """A regtest address that nobody has a key for: P2WPKH, every third one P2PKH, every fifth one P2SH."""
    payload = invented(f"recipient {number}")
    if number % 5 == 0:
        return base58check(b"\xc4" + payload, BITCOIN_ALPHABET)
    if number % 3 == 0:
        return base58check(b"\x6f" + payload, BITCOIN_ALPHABET)
    return bech32("bcrt", payload)


def xrp_address(label):
    return base58check(b"\0" + invented(label), RIPPLE_ALPHABET)


def coins(golden):
    places = {
        address: (kind, index)
        for kind, addresses in golden["meta"]["addresses"].items()
        for index, address in enumerate(addresses)
    }
    found = {name: {} for name in ACCOUNTS}
    for transaction in golden["transactions"]:
        for prevout in transaction["prevouts"]:
            kind, index = places.get(prevout["address"], (None, None))
            for name, (wanted, _, indices) in ACCOUNTS.items():
                if kind != wanted or index not in indices or prevout["value"] < MIN_COIN:
                    continue
                outpoint = f"{prevout['txid']}:{prevout['vout']}"
                found[name].setdefault(
                    outpoint,
                    {
                        "outpoint": outpoint,
                        "account": name,
                        "branch": 0,
                        "index": index,
                        "prev_tx": golden["previous_transactions"][prevout["txid"]],
                        "height": transaction["block"] - 1,
                    },
                )
    rows = []
    for name, (_, count, _) in ACCOUNTS.items():
        rows += list(found[name].values())[:count]
    return rows


def bitcoin(golden):
    block = recorded("cp2_blocks_last")
    estimate = recorded("btc_estimatesmartfee_data")
    return {
        "network": golden["meta"]["network"],
        "height": block["block_index"],
        "hash": block["block_hash"],
        "fee_rates": [
            {"blocks": estimate["blocks"], "sat_per_kvb": round(estimate["feerate"] * 100_000_000)}
        ],
        "coins": coins(golden),
    }


def asset(name):
    row = recorded(f"cp2_asset_{name}")
    entry = {
        "name": row["asset"],
        "id": "1" if row["asset"] == "XCP" else row["asset_id"],
        "divisible": row["divisible"],
        "locked": row["locked"],
    }
    if row["asset_longname"]:
        entry["longname"] = row["asset_longname"]
    if row["owner"]:
        entry["owner"] = row["owner"]
    return entry


def counterparty():
    block = recorded("cp2_blocks_last")
    balances = [
        {"address": row["address"], "asset": row["asset"], "quantity": str(row["quantity"])}
        for kind in ("wpkh", "pkh", "shwpkh")
        for row in recorded(f"cp2_address_{kind}_balances")
        if row["address"]
    ]
    options = recorded("cp2_address_memoreq_options")
    dispensers = recorded("cp2_address_dispensers_open")
    addresses = [
        {"address": options["address"], "requires_memo": options["options"] & 1 == 1, "dispensers": 0},
        {"address": dispensers[0]["source"], "requires_memo": False, "dispensers": len(dispensers)},
    ]
    return {
        "height": block["block_index"],
        "ledger_hash": block["ledger_hash"],
        "assets": [
            asset(name) for name in ("xcp", "divisible", "indivisible_locked", "numeric", "subasset_numeric")
        ],
        "balances": sorted(balances, key=lambda row: (row["address"], row["asset"])),
        "addresses": addresses + [
            {"address": recipient(number), "requires_memo": False, "dispensers": 0} for number in (1, 2)
        ],
    }


def xrpl():
    """All of it is invented."""

    def account(address, balance, sequence, flags):
        return {
            "address": address,
            "exists": True,
            "balance": balance,
            "sequence": sequence,
            "owner_count": 0,
            "flags": flags,
            "signer_list": False,
        }

    return {
        "network_id": 1,
        "ledger_index": XRP_LEDGER,
        "close_time": TAKEN_AT - 4,
        "base_fee": "10",
        "open_fee": "10",
        "reserve_base": "1000000",
        "reserve_inc": "200000",
        "accounts": [
            account(XRP_ACCOUNT, "250000000000", 8_100_007, 0),
            account(xrp_address("hot wallet"), "1500000000", 8_100_201, XRP_REQUIRE_TAG),
        ],
    }


def payouts():
    rows = ["asset,destination,amount,memo"]
    plan = (
        [("XCP", number, f"{number}.5", f"payout {number}") for number in range(1, 8)]
        + [("TOKENDIV", number, f"{number * 10}", "") for number in range(5, 12)]
        + [("CARDSIND", number, str(number), "") for number in range(9, 15)]
    )
    rows += [f"{name},{recipient(number)},{amount},{memo}" for name, number, amount, memo in plan]
    return ("\n".join(rows) + "\n").encode()


def requests():
    return [
        {
            "from": "cold",
            "reference": "demo-1",
            "intent": {"send-xrp": {"to": xrp_address("hot wallet"), "tag": 1, "amount": "80000"}},
        },
        {
            "from": "cold",
            "reference": "demo-2",
            "intent": {
                "send-asset": {
                    "payee": {
                        "asset": "XCP",
                        "to": recipient(1),
                        "amount": "25.5",
                        "memo": {"text": "invoice 42"},
                    }
                }
            },
        },
        {
            "from": "float",
            "reference": "demo-3",
            "intent": {
                "send-bitcoin": {
                    "payees": [
                        {"to": recipient(2), "amount": "0.0003"},
                        {"to": recipient(5), "amount": "0.0002"},
                    ]
                }
            },
        },
    ]


def files():
    golden = read(ROOT / "vectors" / "golden.json")
    snapshot = {
        "format": "airlock-snapshot",
        "version": 1,
        "taken_at": TAKEN_AT,
        "bitcoin": bitcoin(golden),
        "counterparty": counterparty(),
        "xrpl": xrpl(),
    }
    return {
        "snapshot.json": canonical(snapshot),
        "requests.json": (json.dumps(requests(), indent=2) + "\n").encode(),
        "payouts.csv": payouts(),
    }


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    for name, content in files().items():
        path = DEMO / name
        if check:
            if not path.exists() or path.read_bytes() != content:
                stale.append(str(path.relative_to(ROOT)))
        else:
            DEMO.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    if stale:
        sys.exit(f"not current: {', '.join(stale)}; run scripts/make_demo_snapshot.py")


if __name__ == "__main__":
    main()
