# Text is generated, taken apart by regular expressions, counted in hashes and sorted.
use strict;
use warnings;

my $state = 1;
sub number { $state = ($state * 1103515245 + 12345) % 2147483648; return int($state / 65536) % $_[0]; }

my @syllables = qw(ka to mi re su na lo pe vi da);
my $text = join ' ', map { join '', map { $syllables[number(10)] } 0 .. 1 + number(2) } 1 .. 30000;
my (%count, %after);
my $previous = '';
while ($text =~ /(\w+)/g) {
    $count{$1}++;
    $after{$previous}{$1}++ if $previous;
    $previous = $1;
}
my @top = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
printf "%-8s %5d %5d\n", $_, $count{$_}, scalar keys %{ $after{$_} } for @top[0 .. 19];
(my $changed = $text) =~ s/\b(\w\w)(\w\w)\b/ucfirst($2) . $1/ge;
$changed =~ tr/a-z/b-za/;
print length($changed), ' ', unpack('%32C*', $changed), "\n";
