# Hundreds of processes, one after the other and many at a time.
i=0
sum=0
while [ $i -lt 200 ]; do
  n=$(echo $i)
  sum=$((sum + n))
  i=$((i + 1))
done
echo $sum
i=0
while [ $i -lt 100 ]; do
  busybox true || echo "failed $i"
  i=$((i + 1))
done
for i in $(seq 1 60); do
  (echo "child $i") &
done | sort -k2n | tail -n 1
wait
seq 1 120 | xargs -n 1 expr 1 + | tail -n 1
depth() { [ $1 -eq 0 ] && echo bottom || (depth $(($1 - 1))); }
depth 25
a=$(seq 1 3000 | cat | cat | cat | cat | cat | md5sum)
echo $a
