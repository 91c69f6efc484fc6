# tar, gzip, bzip2, xz and sums over generated files.
umask 022
mkdir -p tree/sub
seq 1 20000 >tree/numbers
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "%c%d", 65 + i % 26, i * i }' >tree/sub/mixed
ln -s numbers tree/link
: >tree/empty
touch -d '2021-01-02 03:04:05' tree/numbers tree/sub/mixed tree/empty tree/sub tree
tar -cf tree.tar tree/numbers tree/sub tree/empty
tar -tf tree.tar
tar -tvf tree.tar | awk '{ print $1, $3, $NF }'
tar -czf tree.tar.gz tree
tar -tzf tree.tar.gz | sort
mkdir out
tar -xzf tree.tar.gz -C out
diff -r tree out/tree && echo "tar restores"
readlink out/tree/link
stat -c %y out/tree/numbers
sha256sum tree/numbers tree/sub/mixed
sha1sum <tree/numbers
md5sum <tree/numbers
sha512sum <tree/sub/mixed
sha3sum <tree/sub/mixed
crc32 tree/numbers
gzip -c tree/numbers | gunzip -c | cmp - tree/numbers && echo "gzip round trip"
gzip -k tree/numbers
gunzip -t tree/numbers.gz && echo "gzip tests"
bzip2 -c tree/numbers | bunzip2 -c | sha256sum
cpio -o -H newc 2>/dev/null <<EOF | cpio -t 2>/dev/null
tree/numbers
tree/link
EOF
base64 tree/sub/mixed | base64 -d | cmp - tree/sub/mixed && echo "base64 round trip"
xxd tree/sub/mixed | head -n 3
