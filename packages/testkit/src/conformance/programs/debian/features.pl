# Perl's own features, processes and signals; no modules beyond perl-base.
use strict;
use warnings;
use POSIX qw(floor fmod strftime :sys_wait_h);
use List::Util qw(sum first shuffle);
use Scalar::Util qw(blessed weaken);
use Socket;

$| = 1;
my %count;
$count{$_}++ for split /\s+/, "the quick brown fox jumps over the lazy dog the end";
print join(",", map {"$_=$count{$_}"} sort keys %count), "\n";
print sum(1 .. 100), " ", first { $_ > 10 } (3, 11, 12);
print "\n", sprintf("%.15g %e %x %o %s|%-5s|%05d", 1 / 3, 1e-300, 255, 8, 2**53, "ab", 42), "\n";
print 10 % 3, " ", -10 % 3, " ", int(-7 / 2), " ", 2**0.5, " ", 1e15 * 10, " ", 9223372036854775807 + 0, " ", 18446744073709551615, "\n";
print floor(-1.5), " ", fmod(10, 3), " ", atan2(1, 1) * 4, " ", sqrt(2), " ", exp(1), " ", log(10), " ", sin(1), "\n";
my $text = "2020-01-02 and 1999-12-31";
while ($text =~ /(?<y>\d{4})-(?<m>\d\d)-(\d\d)/g) { print "$+{y}/$+{m}/$3 at ", pos($text), "\n" }
(my $changed = $text) =~ s/(\d+)/<@{[$1 + 1]}>/ge;
print "$changed\n";
print join("|", "a1b22c333" =~ /([a-z])(\d+)/g), " ", ("x" x 5) =~ tr/x/y/r, " ", scalar reverse("abc"), "\n";
print "balanced\n" if "(a(b)c)" =~ /^(\((?:[^()]++|(?1))*\))$/;
print join(" ", sort { $b <=> $a } map { $_ * $_ % 17 } 1 .. 16), "\n";
print unpack("H*", pack("NnCa4d>", 0xdeadbeef, 513, 7, "hi", 1.5)), " ", join(",", unpack("(A2)*", "aabbcc")), "\n";
print "\x{263a}" =~ /\w/ ? "word" : "symbol", " ", length("\x{1f600}a"), " ", lc("\x{c9}"), "\n" if binmode(STDOUT, ":utf8");
my $closure = do { my $n = 0; sub { ++$n } };
$closure->() for 1 .. 4;
print $closure->(), "\n";
eval { die { code => 42 } };
print "died with $@->{code}\n";
eval { my $x = 1; my $y = 0; $x / $y };
print $@ =~ s/ at .*//sr, "\n";
{ package Counter; sub new { bless { n => $_[1] }, $_[0] } sub next { $_[0]{n}++ } sub DESTROY { print "destroyed\n" } }
{ my $object = Counter->new(5); $object->next; print ref($object), " ", $object->next, " ", blessed($object), "\n" }
print "sorted: @{[sort { $a <=> $b } (10, 9, 2, 33, 1)]}\n";
print strftime("%Y-%m-%d %H:%M:%S", gmtime(86400 * 365)), "\n";
my @matrix = map { [map { $_ * $_[0] // $_ } 1 .. 3] } 1 .. 2;
local $_ = "topic";
print ucfirst, " ", join("-", (sort { $a cmp $b } qw(c a b))[0, -1]), " ", wantarray() // "undef", "\n";
my $sum = 0;
for my $i (1 .. 200000) { $sum = ($sum * 31 + $i) % 1000003 }
print "$sum\n";
my $file = "/tmp/isovm-perl-$$";
open(my $out, ">", $file) or die;
print $out "line $_\n" for 1 .. 1000;
close $out;
open(my $in, "<", $file) or die;
my @lines = grep {/7$/} <$in>;
close $in;
print scalar(@lines), " ", -s $file, " ", $lines[-1];
unlink $file;
print -e $file ? "there" : "gone", " ", 0 + ($! = 2), " $!\n";

pipe(my $reader, my $writer) or die;
my $child = fork;
if ($child == 0) { close $reader; print $writer "from the child\n"; close $writer; POSIX::_exit(9) }
close $writer;
print scalar(<$reader>);
waitpid $child, 0;
print "status ", $? >> 8, "\n";
$SIG{USR1} = sub { print "signal $_[0]\n" };
kill USR1 => $$;
$SIG{ALRM} = sub { die "alarm\n" };
eval { alarm 1; select undef, undef, undef, 10; };
print "interrupted by $@";
socketpair(my $one, my $two, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
syswrite $one, "over the socket\n";
sysread $two, my $buffer, 100;
print $buffer;
$child = fork;
if ($child == 0) { $SIG{TERM} = "DEFAULT"; kill TERM => $$; exit 1 }
waitpid $child, 0;
print "killed by ", $? & 127, "\n";
my @children = map { my $n = $_; my $p = fork; if (!$p) { exit $n } $p } 1 .. 20;
my $codes = 0;
for (@children) { waitpid $_, 0; $codes += $? >> 8 }
print "$codes\n";
exit 11;
