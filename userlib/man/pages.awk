# SPDX-License-Identifier: MIT
#
# Divides the output of the kernel's kernel-doc -man into one page for each function and
# structure, and makes section 3 of it.
#
#   awk -v dir=DIRECTORY -v date=YYYY-MM-DD -v version=VERSION -v header=FILE \
#       -f pages.awk

# References to functions get a section number.
function references(line,	done, name) {
	while (match(line, /\\fBcmm_[a-z0-9_]+\\fP/)) {
		name = substr(line, RSTART, RLENGTH)
		done = done substr(line, 1, RSTART - 1) name "(3)"
		line = substr(line, RSTART + RLENGTH)
	}
	return done line
}

function finish() {
	if (page == "")
		return
	print ".SH SEE ALSO\n.BR cmm (7)" >page
	close(page)
}

/^\.TH / {
	finish()
	split($0, field, "\"")
	name = field[4]
	page = name
	gsub(/ /, "_", page)
	page = dir "/" page ".3"
	printf ".TH \"%s\" 3 \"%s\" \"libcmm %s\" \"Library Functions Manual\"\n", name, date,
		version >page
	next
}

/^\.SH SYNOPSIS/ {
	print ".SH SYNOPSIS\n.B #include <" header ">\n.PP" >page
	next
}

# kernel-doc leaves the line before a structure's last brace open, and an empty line after.
/^\.BI "$/ { next }
/^};$/ { brace = 1 }
/^\.br$/ && brace { next }
/^$/ && brace { brace = 0; next }

# A description may turn out to be empty.
/^\.SH "*D[Ee]/ {
	brace = 0
	description = 1
	next
}

/^\.SH / {
	brace = description = 0
	print toupper($0) >page
	next
}

/^$/ { blank = 1; next }

/^Errors: / {
	print ".SH ERRORS" >page
	blank = description = 0
	sub(/^Errors: /, "")
}

description && NF {
	print ".SH DESCRIPTION" >page
	blank = description = 0
}

/^- / {
	print ".IP \\(bu 2" >page
	blank = 0
	$0 = substr($0, 3)
}

{
	if (blank && !/^\./)
		print ".PP" >page
	blank = 0
	# A quote at the start of a line would be a request.
	if (/^'/)
		$0 = "\\&" $0
	print references($0) >page
}

END { finish() }
