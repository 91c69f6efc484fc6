# Pipes, command substitution, here-documents, exit codes.
echo one two three | tr ' ' '\n' | sort -r | head -n 2
x=$(echo inner | sed s/inner/outer/)
echo "substituted: $x, nested: $(echo $(echo $((6 * 7))))"
cat <<EOF | grep -c line
first line
second line of $x
other
EOF
cat <<'EOF'
no $expansion here
EOF
false | true
echo "pipe status $?"
(exit 7)
echo "subshell status $?"
sh -c 'kill -TERM $$'
echo "killed status $?"
no-such-command 2>/dev/null
echo "not found status $?"
yes | head -n 3
seq 1 100000 | tail -n 1
printf '%s\n' b a c | sort | while read -r line; do echo "line $line"; done
{ echo out; echo err >&2; } 2>&1 | sort
exec 3>three.txt
echo "to three" >&3
exec 3>&-
cat three.txt
echo "appended" >>three.txt
wc -l <three.txt
mkfifo fifo
echo "through the fifo" >fifo &
cat fifo
wait
exit 42
