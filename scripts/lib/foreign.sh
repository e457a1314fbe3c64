# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Packages of any architecture and Debian suite, unpacked into the cache but not
# installed. apt resolves, verifies and downloads them in a private root (configuration,
# sources, lists, state), one for each suite and architecture. It neither uses nor
# changes the machine's own architectures and sources.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# An upper limit for the package lists of a suite with two architectures.
FOREIGN_LISTS_BYTES=$((128 << 20))

# foreign_unpack SUITE ARCH DIR PACKAGE...: unpacks the suite's newest version of each
# package into DIR. On failure, prints the reason and returns non-zero.
foreign_unpack() {
	local dir=$3 deb

	foreign_update "$1" "$2" || return
	cache_space "$(foreign_unpacked "$1" "$2" "${@:4}")" || return
	foreign_download "$1" "$2" "$dir.deb" "${@:4}" || return
	for deb in "$dir.deb"/*.deb; do
		dpkg-deb -x "$deb" "$dir" || return
	done
	rm -r "$dir.deb"
}

# foreign_unpacked SUITE ARCH PACKAGE...: prints the unpacked size of the packages, in
# bytes.
foreign_unpacked() {
	foreign_apt "$1" "$2" apt-cache show --no-all-versions "${@:3}" 2>/dev/null |
		awk '/^Installed-Size:/ { n += $2 } END { printf "%d\n", n * 1024 }'
}

# foreign_download SUITE ARCH DIR PACKAGE...: downloads the packages' files to DIR. Uses
# files that an interrupted download left there.
foreign_download() {
	local suite=$1 arch=$2 dir=$3 wanted bytes
	shift 3

	foreign_update "$suite" "$arch" || return
	wanted=$(foreign_apt "$suite" "$arch" apt-get -qq download --print-uris "$@") || {
		note "Debian $suite does not have $* for $arch."
		return 1
	}
	bytes=$(awk '{ n += $3 } END { print n }' <<<"$wanted")
	mkdir -p "$dir" || return
	find "$dir" -type f | grep -vF "$(awk '{ print $2 }' <<<"$wanted")" | xargs -r rm
	cache_space "$((bytes - $(foreign_have "$dir")))" || return
	mirror_answers "$(mirror_main)" "$suite" || return
	note "downloading $(mib "$bytes"): ${*:1:8}$([ $# -le 8 ] || echo " and $(($# - 8)) more")"
	with_progress foreign_progress foreign_patiently "$suite" "$arch" "$dir" "$@" || return
	count_download "$bytes"
}

# foreign_have DIR: prints the total size of the files in DIR, in bytes.
foreign_have() {
	find "$1" -type f -printf '%s\n' | awk '{ n += $1 } END { printf "%d\n", n }'
}

# Prints the progress of foreign_download, from its variables.
foreign_progress() {
	echo "downloaded $(($(foreign_have "$dir") >> 20)) of $(mib "$bytes")"
}

# foreign_patiently SUITE ARCH DIR PACKAGE...: downloads in at most three tries, half a
# minute apart, because files may be missing while a mirror is updated. Does not try
# again if the mirror cannot be reached or the disk is full.
foreign_patiently() {
	local log=$3.log try

	for try in 1 2 3; do
		# apt-get download leaves its files in the current directory.
		(cd "$3" && foreign_apt "$1" "$2" apt-get -qq download "${@:4}") >"$log" 2>&1 && {
			rm "$log"
			return
		}
		foreign_excuse "$log" || return
		mirror_answers "$(mirror_main)" "$1" || return
		[ "$try" = 3 ] || {
			note "the mirror does not have all of these files now; trying again in 30 s"
			sleep 30
		}
	done
	note "the download failed: run this again when the mirror is up to date."
	return 1
}

# foreign_excuse LOG: prints apt's first error. Returns non-zero if the disk is full,
# because a second try fails too.
foreign_excuse() {
	if grep -q -e 'No space left on device' -e 'enough free space' "$1"; then
		note "the disk of the cache $CACHE is full: make room, or set CMM_CACHE to a directory on another disk."
		return 1
	fi
	grep -m 1 '^[EW]: ' "$1" | sed 's/^/  /' >&2 || :
}

# foreign_depends SUITE ARCH PACKAGE[=VERSION]: prints the names of the packages that
# PACKAGE depends on, one per line, without versions.
foreign_depends() {
	foreign_apt "$1" "$2" apt-cache show --no-all-versions "$3" 2>/dev/null |
		sed -n 's/^Depends: //p' | tr ',' '\n' | sed 's/(.*//; s/|.*//; s/ //g'
}

# foreign_versions SUITE ARCH PACKAGE: prints its versions, the newest last.
foreign_versions() {
	foreign_apt "$1" "$2" apt-cache show "$3" 2>/dev/null |
		sed -n 's/^Version: //p' | sort -V
}

# foreign_closure SUITE ARCH PACKAGE: prints the packages that PACKAGE needs to run on
# this machine, itself included. Leaves out packages for all architectures: for a cross
# compiler these are the target's libraries, the largest part.
foreign_closure() {
	foreign_apt "$1" "$2" apt-get -o APT::Architecture="$HOST_ARCH" -qq --print-uris \
		--no-install-recommends install "$3" |
		sed -n "s/^'.*' \([^_]*\)_.*_${HOST_ARCH}[.]deb .*/\1:$HOST_ARCH/p"
}

# foreign_needs SUITE ARCH PACKAGE...: prints all packages that these need to run on a
# machine of that architecture, themselves included, each as PACKAGE=VERSION.
foreign_needs() {
	local uris

	uris=$(foreign_apt "$1" "$2" apt-get -qq --print-uris \
		--no-install-recommends install "${@:3}" 2>/dev/null) || return
	sed -n "s/^'.*' \([^_]*\)_\([^_]*\)_.*[.]deb .*/\1=\2/p" <<<"$uris" |
		sed 's/%3a/:/g' | LC_ALL=C sort
}

# foreign_update SUITE ARCH: updates the suite's package lists, once a day.
foreign_update() {
	cache_locked "apt/$1-$2" foreign_update_locked "$1" "$2" "$CACHE/apt/$1-$2"
}

foreign_update_locked() {
	local suite=$1 arch=$2 root=$3 sources

	sources=$(foreign_sources "$suite" "$arch") || return
	if [ -n "$(find "$root/updated" -mtime -1 2>/dev/null)" ] &&
		[ "$sources" = "$(cat "$root/updated")" ]; then
		return
	fi

	cache_space "$FOREIGN_LISTS_BYTES" || return
	mirror_answers "$(mirror_main)" "$suite" || return
	foreign_configure "$arch" "$root"
	rm -f "$root/updated"
	note "reading the package lists of Debian $suite ($arch)"
	# A mirror's security archive may be incomplete. The emulated board does without it.
	foreign_read_lists "$suite" "$arch" "$root" "$sources" ||
		foreign_read_lists "$suite" "$arch" "$root" "$(grep -v -- '-security main$' <<<"$sources")" || {
		foreign_excuse "$root/log" &&
			note "Debian $suite ($arch) is not available from $(mirror_main)."
		return 1
	}
	echo "$sources" >"$root/updated"
}

# foreign_read_lists SUITE ARCH ROOT SOURCES: reads the lists of these sources.
foreign_read_lists() {
	local root=$3

	echo "$4" >"$root/sources.list"
	with_progress "echo reading the package lists" foreign_apt "$1" "$2" apt-get -q update \
		-o APT::Update::Error-Mode=any >"$root/log" 2>&1 || return
	count_fetched <"$root/log"
}

# foreign_sources SUITE ARCH: prints the private root's sources.list. With sid it has
# experimental too: apt uses its packages only when asked for their version.
foreign_sources() {
	local options="arch=$2,$HOST_ARCH signed-by=$KEYRING" main security=

	main=$(mirror_main) || return
	case $1 in
	sid)
		# Lists expire within a week, but a mirror may be older.
		options+=" check-valid-until=no"
		echo "deb [$options] $main experimental main"
		;;
	bullseye) ;; # Its security archive no longer has the packages of its lists.
	*) security=$(mirror_security) ;;
	esac
	echo "deb [$options] $main $1 main"
	[ -z "$security" ] || echo "deb [$options] $security $1-security main"
}

# foreign_configure ARCH ROOT: writes the private root's configuration. From the machine's
# configuration it copies only the network settings.
foreign_configure() {
	local arch=$1 root=$2

	mkdir -p "$root"/{state/lists/partial,cache/archives/partial,empty}
	: >"$root/state/status"
	cat >"$root/apt.conf" <<-END
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; "$HOST_ARCH"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::GzipIndexes "true";
		Dir::Etc::main "$root/empty/none";
		Dir::Etc::parts "$root/empty";
		Dir::Etc::sourcelist "$root/sources.list";
		Dir::Etc::sourceparts "$root/empty";
		Dir::Etc::preferences "$root/empty/none";
		Dir::Etc::preferencesparts "$root/empty";
		Dir::State "$root/state";
		Dir::State::status "$root/state/status";
		Dir::Cache "$root/cache";
		Dir::Cache::pkgcache "";
		Dir::Cache::srcpkgcache "";
	END
	# There may be no such settings.
	apt-config dump | grep -E '^Acquire::(https?|ftp)::' >>"$root/apt.conf" || true
}

# foreign_apt SUITE ARCH COMMAND...: runs an apt command in the private root.
foreign_apt() {
	APT_CONFIG=$CACHE/apt/$1-$2/apt.conf LC_ALL=C "${@:3}"
}
