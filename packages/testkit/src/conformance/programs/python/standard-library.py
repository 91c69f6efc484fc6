# Modules of the standard library, with output that is the same in all versions of Python 3.
import decimal, hashlib, json, re, struct, zlib, math, random, base64, collections, itertools
import fractions, string, textwrap, bisect, heapq, functools, operator, datetime, io, array, binascii

data = {"name": "isovm", "list": [1, 2.5, -3e100, True, None], "nested": {"é": "\u20ac\n"}}
text = json.dumps(data, sort_keys=True, indent=1)
print(text)
assert json.loads(text) == data
print(json.dumps(json.loads('[1e5, 0.1, 123456789012345678901234567890, "\\ud83d\\ude00"]')))

for name in ["md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s"]:
    print(name, hashlib.new(name, b"isovm" * 1000).hexdigest())
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100).hex())

print(re.sub(r"(\w+)@(\w+)\.com", r"\2 at \1", "ann@example.com, bob@test.com"))
print(re.findall(r"(?P<year>\d{4})-(?P<month>\d\d)", "2020-01 and 1999-12, not 20-1"))
print([m.span() for m in re.finditer(r"(?i)a+b?", "AAb aB xx a")])
print(re.split(r"[,;]\s*", "a, b;c,   d"))

blob = b"".join(struct.pack("<IdH", i, math.sin(i), i & 0xFFFF) for i in range(2000))
packed = zlib.compress(blob, 9)
assert zlib.decompress(packed) == blob
print(zlib.crc32(blob), zlib.adler32(blob), len(blob))

decimal.getcontext().prec = 60
D = decimal.Decimal
print(D(2).sqrt(), D(1) / D(7), D(1).exp(), D(10).ln())
print(D("1.005").quantize(D("0.01"), decimal.ROUND_HALF_EVEN))
print(sum(fractions.Fraction(1, n) for n in range(1, 40)))

print([math.sqrt(2), math.pi, 1e308 * 10, -0.0, 5e-324, 0.1 + 0.2, 1 / 3])
print(math.fsum([0.1] * 10), math.gcd(2**64, 6**30), math.factorial(40), math.isqrt(10**41))
print([round(x, 3) for x in (2.6755, -1.0005, 1e16 + 1)], 7.0 // -2, -7 % 3, 2**-3, (-8) ** 3)
print("%.17g %.3e %a %g" % (0.1, 12345.6789, "é", 1e-5), f"{1234567.891:,.2f} {255:#x} {3.7:>8.1f}|")
print(float.hex(1.1), float.fromhex("0x1.8p+3"), int("ff", 16), (3.0).is_integer(), hash(2.5), hash(10**30))
print(complex(1, 2) ** 2, abs(complex(3, 4)), divmod(-17, 5), pow(3, 10**18, 10**9 + 7))
print(struct.pack(">bhiqfd", -1, -2, -3, -4, 1.5, -2.25).hex(), struct.unpack("<f", b"\x00\x00\xc0\x7f")[0])
print(array.array("d", [1, 2, 3]).tobytes().hex())

random.seed(12345)
print([random.randint(0, 10**9) for _ in range(4)], random.random())
numbers = list(range(1000))
random.shuffle(numbers)
print(numbers[:10], sorted(numbers) == list(range(1000)), heapq.nsmallest(3, numbers))

print(base64.b85encode(bytes(range(40))).decode(), binascii.hexlify(b"abc", "-").decode())
print(collections.Counter("mississippi").most_common(3), list(collections.OrderedDict(b=1, a=2).items()))
print(list(itertools.islice(itertools.permutations("abcd", 3), 5)), functools.reduce(operator.mul, range(1, 20)))
print(datetime.datetime(2024, 2, 29, 12, 30) + datetime.timedelta(days=365, seconds=5), datetime.date(2000, 1, 1).strftime("%A %d %B"))
print(textwrap.fill("the quick brown fox jumps over the lazy dog " * 3, 40))
print(string.Template("$a and ${b}").substitute(a=1, b=2), "straße".upper(), "ǅ".lower(), "İ".casefold().encode())
print(sorted(["b", "A", "ä", "a"]), bisect.bisect([1, 3, 5, 7], 4), "äöü".encode("latin-1"), b"\xff\xfe".decode("utf-8", "replace"))
try:
    1 // 0
except ZeroDivisionError as error:
    print(type(error).__name__, error)
try:
    [][3]
except IndexError as error:
    print(error)


def recurse(n):
    return 0 if n == 0 else 1 + recurse(n - 1)


print(recurse(900))
try:
    recurse(10**6)
except RecursionError:
    print("recursion limited")


class Tree:
    def __init__(self, *children):
        self.children = children

    def __iter__(self):
        yield self
        for child in self.children:
            yield from child


print(sum(1 for _ in Tree(Tree(), Tree(Tree(), Tree()))))
