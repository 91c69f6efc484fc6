"""What scripts do: records are parsed, grouped, sorted and formatted."""

import collections
import json
import random
import re

random.seed(1)
words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
records = [
    {"id": i, "name": f"{random.choice(words)}-{random.randrange(1000):03d}", "value": random.random()}
    for i in range(4000)
]
text = json.dumps(records)
pattern = re.compile(r"(\w+)-(\d)(\d\d)")
groups = collections.defaultdict(list)
for record in json.loads(text):
    match = pattern.fullmatch(record["name"])
    groups[match[1], int(match[2])].append(record)
for (word, digit), group in sorted(groups.items()):
    group.sort(key=lambda record: (record["value"], record["id"]))
    total = sum(record["value"] for record in group)
    print(f"{word:>8} {digit} {len(group):4d} {total:10.4f} {group[0]['name']}")


def primes(limit):
    sieve = bytearray([1]) * limit
    for n in range(2, int(limit**0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, limit, n)))
    return sum(sieve) - 2


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)


position = Vector(0, 0)
for i in range(30000):
    position = position + Vector(i % 7, i % 11)
print(primes(200_000), position.x, position.y)
