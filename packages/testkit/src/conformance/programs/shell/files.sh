# Files: modes, links, times, directories, find, sorting, globbing.
umask 022
mkdir -p a/b/c "a/with space"
echo content >a/file
echo longer content >a/b/file
ln -s ../file a/b/link
ln a/file a/hard
chmod 640 a/file
chmod 4755 a/b/file
touch -d '2020-02-03 04:05:06' a/file a/b/file a/b a/b/c "a/with space" a
ls -ln a/file a/hard a/b/file
ls -1pa a a/b
stat -c "%n %a %F %h %y" a/file a/b/file a/b
stat -c "%n %a %F %s" a/b/link
readlink a/b/link
cat a/b/link
find a | sort
find a -type f -size -20c -name 'f*' | sort
find a -type l -exec echo link {} \;
find a -name file -print0 | xargs -0 ls -1
rm a/file
cat a/hard
mv a/hard a/moved
cp -a a copy
diff -r a copy && echo same
echo changed >copy/moved
diff -r a copy
rm a/b 2>/dev/null || echo "cannot remove a directory"
rmdir a 2>/dev/null || echo "not empty"
cd a/b/c && pwd | sed 's,.*/a/,a/,'
cd ../../..
test -x a/b/file && echo executable
test -d a/b -a -L a/b/link && echo tests
for name in a/* a/b/*; do echo "$name"; done
rm -r a copy
ls
dd if=/dev/zero bs=1000 count=3 2>/dev/null | wc -c
truncate -s 5000 sparse
dd if=sparse of=sparse bs=1 seek=4000 count=10 conv=notrunc 2>/dev/null
wc -c <sparse
cmp sparse /dev/zero 2>&1 | head -n 1
od -An -c -N 4 /dev/zero
