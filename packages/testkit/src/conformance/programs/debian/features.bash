# Bash without other programs: arrays, processes, pipes, traps.
declare -A map=([one]=1 [two]=2 [three]=3)
for key in one two three; do printf '%s=%s ' "$key" "${map[$key]}"; done
echo "${#map[@]}"
array=(a b "c d" e)
echo "${array[@]:1:2}" "${#array[@]}" "${array[-1]}" "${array[*]/c/X}"
text="Hello World"
echo "${text,,} ${text^^} ${text/o/0} ${text//o/0} ${text:3:4} ${text#*o} ${text%o*}"
[[ $text =~ ^(H[a-z]+)\ (.*)$ ]] && echo "${BASH_REMATCH[2]} ${BASH_REMATCH[1]}"
echo $((2 ** 62)) $((16#ff)) $((1 << 4 | 3)) $((7 / -2)) {1..5} {a..e..2}
printf '%q %05.2f %x %s\n' "a b" 3.14159 255 "$(printf '%b' 'tab\there')"
while read -r first rest; do echo "$rest $first"; done <<<"one two three"
mapfile -t lines < <(for i in 1 2 3; do echo "line $i"; done)
echo "${#lines[@]} ${lines[2]}"
coproc { while read -r line; do echo "co: $line"; done; }
echo hello >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
eval "exec ${COPROC[1]}>&-"
wait
(for i in 1 2 3; do echo $i; done) | { sum=0; while read -r n; do sum=$((sum + n)); done; echo "sum $sum"; }
set -o pipefail
false | true || echo "pipefail ${PIPESTATUS[*]}"
trap 'echo "trapped USR2"' USR2
kill -USR2 $BASHPID
for i in 1 2 3 4; do (exit $i) & done
wait -n; echo "first ended"
wait
f() { local n=$1; ((n <= 1)) && echo 1 || echo $((n * $(f $((n - 1))))); }
f 12
(trap 'echo "in the subshell"; exit 3' TERM; kill -TERM $BASHPID; echo "not reached")
echo "status $?"
exec 5<>/tmp/isovm-bash-$$
echo "written" >&5
read -r back </tmp/isovm-bash-$$
echo "$back"
exec 5>&-
sieve() { local -a composite; local i j; for ((i = 2; i < 2000; i++)); do ((composite[i])) || { echo $i; for ((j = i * i; j < 2000; j += i)); do composite[j]=1; done; }; done; }
primes=($(sieve))
echo "${#primes[@]} ${primes[-1]}"
trap 'echo "exit $?"' EXIT
select_case() { case $1 in a*) echo starts;& *z) echo falls;; *) echo other;; esac; }
select_case abc
select_case q
printf -v padded '%-10s|' text
echo "$padded" "$(type -t printf)" "${!BASH_V*}"
exit 17
