#!/usr/bin/env python3
"""Verify an exported Lotline ledger without Lotline: standard library only, no database, no trust.

    python3 manage.py export_ledger ledger.jsonl            # whoever runs Lotline
    python3 verify.py ledger.jsonl                          # anybody
    python3 verify.py ledger.jsonl --against checkpoints.jsonl
    python3 verify.py https://lots.example.com/api/v1/entries/evidence --token TOKEN

A line is one entry: {"v": 1, "entry": {…}, "movements": [[…], …], "seq": n, "recorded_at": "…Z", "digest": hex, "chain": hex}.

    body   = SHA-256( {"entry": …, "movements": …, "v": 1} as JSON: keys sorted, no blanks, UTF-8 )
    digest = SHA-256( "lotline:1:<seq>:<recorded_at>:" + body )
    chain  = SHA-256( chain of the entry before + digest ), begun with SHA-256( "lotline:1:genesis" )

It recomputes all three, and asks besides: is seq 1…n, does time go forward, did any stock ever fall below zero. A chain cannot see that its end was cut or rewritten: compare it with
checkpoints kept elsewhere (--against). Exit code 0 if all is right, 1 if not, 2 if the input is no ledger.
"""

import argparse
import hashlib
import json
import sys
import urllib.request
from decimal import Decimal

GENESIS = hashlib.sha256(b"lotline:1:genesis").digest()
# Where they stand in the list that a movement is.
LOT, QUANTITY, ORIGIN, DESTINATION = 1, 2, slice(4, 7), slice(7, 10)


def body(content):
    hashed = {name: content[name] for name in ("v", "entry", "movements")}
    text = json.dumps(hashed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def seal(content):
    head = f"lotline:{content['v']}:{content['seq']}:{content['recorded_at']}:"
    return hashlib.sha256(head.encode() + body(content)).digest()


def link(previous, digest):
    return hashlib.sha256(previous + digest).digest()


class Verifier:
    """Takes the entries one by one; `wrong` has what is not right, in words. `kept`: chain by seq, of checkpoints."""

    def __init__(self, kept=()):
        self.seq, self.chain, self.time = 0, GENESIS, ""
        self.kept, self.stock, self.wrong = dict(kept), {}, []

    def take(self, content):
        seq, says = content["seq"], lambda what: self.wrong.append(f"Entry {content['seq']}: {what}.")
        if content["v"] != 1:
            says(f"version {content['v']} is unknown to this program")
        if seq != self.seq + 1:
            says(f"it comes after entry {self.seq}")
        if content["recorded_at"] < self.time:
            says("it was recorded before the entry that precedes it")
        if seal(content).hex() != content["digest"]:
            says("it is not what was posted, its content does not give its digest")
        self.chain = link(self.chain, bytes.fromhex(content["digest"]))
        if self.chain.hex() != content["chain"]:
            says("it does not link to the one before it")
            self.chain = bytes.fromhex(content["chain"])
        if self.kept.pop(seq, content["chain"]) != content["chain"]:
            says("its chain is another than its checkpoint, the ledger was rewritten")
        self.seq, self.time = seq, content["recorded_at"]
        self.move(content["movements"], says)

    def move(self, movements, says):
        """Add up what stands where; a boundary (supplier, customer, production …) has no status and no stock."""
        touched = set()
        for line in movements:
            for side, sign in ((ORIGIN, -1), (DESTINATION, 1)):
                place, status, container = line[side]
                if status:
                    key = (line[LOT], place, status, container)
                    self.stock[key] = self.stock.get(key, 0) + sign * Decimal(line[QUANTITY])
                    touched.add(key)
        for key in touched:
            if self.stock[key] < 0:
                says(f"it leaves {self.stock[key]} of lot {key[0]} at place {key[1]}, {key[2]}")
            elif not self.stock[key]:
                del self.stock[key]

    def end(self):
        for seq in sorted(self.kept):
            self.wrong.append(f"The checkpoint at entry {seq} is past the end: the tail was cut.")


def from_file(path):
    with sys.stdin if path == "-" else open(path, encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def from_api(address, token):
    while address:
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            page = json.load(answer)
        yield from page["results"]
        address = page["next"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("ledger", help="the exported file, - for standard input, or the address of the API")
    parser.add_argument("--against", help="a file of checkpoints: a line each, with seq and chain")
    parser.add_argument("--token", default="", help="for the API")
    wanted = parser.parse_args()
    is_address = wanted.ledger.startswith(("http://", "https://"))
    try:
        kept = from_file(wanted.against) if wanted.against else ()
        verifier = Verifier((line["seq"], line["chain"]) for line in kept)
        for content in from_api(wanted.ledger, wanted.token) if is_address else from_file(wanted.ledger):
            verifier.take(content)
        verifier.end()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"This is no ledger: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for sentence in verifier.wrong:
        print(sentence)
    print(f"{'NOT SOUND' if verifier.wrong else 'Sound'}: {verifier.seq:,} entries, chain {verifier.chain.hex()}")  # fmt: skip
    return 1 if verifier.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
