# awk, sed, sort, grep and arithmetic.
seq 1 50 | awk '{ s += $1; q += $1 * $1 } END { print s, q, s / NR, q / 7 }'
awk 'BEGIN { printf "%.10f %.6e %g %s %d\n", 2 / 3, 1e300 * 3, 1 / 3e7, 0.1 + 0.2, 2 ^ 53 }'
awk 'BEGIN { for (i = 1; i <= 10; i++) a["k" i] = i ^ 3; for (k in a) n++; print n, a["k7"], length("text"), substr("abcdef", 2, 3), toupper("shout") }'
awk -F: '{ gsub(/o+/, "0"); split($2, parts, ","); print $1 "|" parts[2] }' <<EOF
foo:a,b,c
look:d,e,f
EOF
printf '10 b\n9 a\n100 c\n-1 d\n1.5 e\n' | sort -n
printf '10 b\n9 a\n100 c\n' | sort -k2r
printf 'x\ny\nx\n' | sort | uniq -c | awk '{ print $1, $2 }'
seq 1 20 | sed -n '5,7p; /1[13579]/s/1/one /p'
echo 'hello world' | sed -E 's/(\w+) (\w+)/\2 \1/; y/lo/01/'
seq 1 5 | sed '2i\
inserted
4d'
printf 'alpha\nbeta\ngamma\n' | grep -nE 'a$|^b'
printf 'Some words\nMORE Words\n' | grep -ioc words
seq 1 12 | paste -s -d, | cut -d, -f2-4,10
seq 1 6 | xargs -n 3 echo row
echo $((1 << 40)) $((-7 / 2)) $((-7 % 3)) $((0x7fffffffffffffff + 1)) $((5 > 3 ? 10 : 20))
expr 17 \* 3 + 4
echo 'scale=20; 2^100; sqrt(2); 1/3' | bc
echo '5 3 ^ p' | dc
factor 1234567890
printf '%05d|%-8s|%x|%o|%e|%c\n' 42 left 255 8 12345.678 char
echo abc | tr a-z b-za | rev
fold -w 10 <<EOF
a long line that is folded
EOF
date -u -d @1700000000 '+%Y-%m-%d %H:%M:%S %j %a %b'
cal 2 2024
printf 'a\tb\n' | expand -t 4
