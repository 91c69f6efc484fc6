# Background jobs, wait, traps, signals between processes.
for i in 1 2 3 4 5; do
  (sleep 0.0$i; exit $i) &
  pids="$pids $!"
done
for pid in $pids; do
  wait $pid
  echo "job ended with $?"
done
trap 'echo "got USR1"' USR1
kill -USR1 $$
(sleep 0.01; kill -USR1 $$) &
wait $!
wait
trap '' TERM
kill -TERM $$
echo "still here"
trap - TERM
sh -c 'trap "echo child cleans up; exit 3" TERM; echo ready; while :; do sleep 0.01; done' >job.out &
child=$!
while ! grep -q ready job.out 2>/dev/null; do sleep 0.01; done
kill -TERM $child
wait $child
echo "child ended with $?"
cat job.out
sleep 100 &
kill -KILL $!
wait $!
echo "killed: $?"
sleep 5 | sleep 5 &
kill %1 2>/dev/null || kill $!
wait
timeout 0.05 sleep 10
echo "timeout: $?"
trap 'echo "exit trap, status $?"' EXIT
set -e
false
echo "not reached"
