#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: watch-machine.pl PID LIMIT GRACE REPORT NO-REPORT TIMED-OUT <LOG-OF-THE-MACHINE >FILE
#
# Copies the log of the kernel until it ends. Kills the machine, process PID, after LIMIT seconds (0: never), and
# then makes the file TIMED-OUT. Also kills it GRACE seconds after the first line that matches REPORT, but not
# NO-REPORT, because a machine may hang after a defect. Waits for events instead of polling: on few processors, each
# poll takes one away from the machine and delays the measurements there.

use strict;
use warnings;

my ($machine, $limit, $grace, $report, $no_report, $timed_out) = @ARGV;
my $end = $limit ? time + $limit : undef;
my $end_after_report;
my $rest = '';
my $held = 0;

while (1) {
	my $now = time;
	if (defined $end && $end <= $now) {
		open my $file, '>', $timed_out or die "$timed_out: $!\n";
		kill 'KILL', $machine;
		($end, $end_after_report) = ();
	} elsif (defined $end_after_report && $end_after_report <= $now) {
		kill 'KILL', $machine;
		($end, $end_after_report) = ();
	}
	my ($next) = sort { $a <=> $b } grep { defined } $end, $end_after_report;
	my $ready = '';
	vec($ready, fileno STDIN, 1) = 1;
	next unless select($ready, undef, undef, defined $next ? $next - $now : undef) > 0;
	sysread(STDIN, my $bytes, 65536) or last;
	for (my $written = 0; $written < length $bytes;) {
		$written += syswrite(STDOUT, $bytes, length($bytes) - $written, $written) // die "kernel.log: $!\n";
	}
	next if defined $end_after_report;
	my @lines = split /\n/, $rest . $bytes, -1;
	$rest = pop @lines;
	for (@lines) {
		tr/\r\0//d;
		# See without_boot_report in kernel-report.sh: the third line of a report tells which one it is.
		$held = /suspicious RCU usage/ ? 4 : $held - 1 if $held || /suspicious RCU usage/;
		$held = 0, next if $held && /Callback enqueued on offline CPU/;
		$end_after_report = time + $grace if $held ? $held == 1 : /$report/ && !/$no_report/;
	}
}
