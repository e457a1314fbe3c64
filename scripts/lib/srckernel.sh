# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Two kernels built from Debian's source package: "debug", with the kernel's checkers, and
# "release", with dma-heaps. The configuration is tests/kernels/base.config and the file
# there with the name of the kind. The cache keeps the same files that kernel.sh uses of
# a kernel tree built elsewhere: the image, the modules, and the files to build modules
# against. ROOT is the checkout; needs foreign.sh and toolchain.sh.

SRCKERNEL_SERIES=6.12
SRCKERNEL_PACKAGE=linux-source-$SRCKERNEL_SERIES
# Half of the source's files: an arm64 kernel without sound and AMD GPUs does not need
# them. Kconfig files stay, because Kconfig reads all of them.
SRCKERNEL_UNUSED=(
	'*/arch/[!a]*.[chS]' '*/arch/a[!r]*.[chS]' '*/arch/arc/*.[chS]'
	'*/arch/arm/*.[chS]' '*/arch/*.dts' '*/arch/*.dtsi' '*/Documentation/*/*'
	'*/tools/testing/*' '*/sound/*.[ch]' '*/drivers/gpu/drm/amd/*.[ch]'
)
SRCKERNEL_NEEDS=(bc bison flex gcc libc6-dev make perl xz-utils)

# srckernel_prepare KIND: sets SRCKERNEL, the built kernel's directory. Builds the kernel
# if the source, the configuration or the compiler changed.
srckernel_prepare() {
	local kind=$1 suite version name

	[ "$ARCH" = arm64 ] || die "the $kind kernel is for arm64 only."
	native_need "${SRCKERNEL_NEEDS[@]}" "${TOOLCHAIN[@]}"
	suite=$(kernel_suite "$SRCKERNEL_SERIES") || exit
	# The next command reports a failure: the version is then empty.
	version=$(srckernel_version "$suite") || true
	[ -n "$version" ] ||
		die "Debian $suite has no $SRCKERNEL_PACKAGE: see the reason above, or name another mirror in CMM_DEBIAN_MIRROR."
	name=kernel/source-$version-$kind-$ARCH-$(srckernel_hash "$kind")
	cache_make "$name" srckernel_make "$kind" "$suite" "$version" ||
		die "the $kind kernel could not be built: see the reason above."
	SRCKERNEL=$CACHE/$name
}

# srckernel_version SUITE: prints the version of the source package. Without a mirror,
# uses the package lists that were read last, so that a cached kernel still works.
srckernel_version() {
	foreign_update "$1" "$ARCH" || true
	foreign_apt "$1" "$ARCH" apt-cache show --no-all-versions "$SRCKERNEL_PACKAGE" 2>/dev/null |
		sed -n 's/^Version: //p'
}

# srckernel_fragments KIND: prints the files of the configuration.
srckernel_fragments() {
	echo "$ROOT"/tests/kernels/{base,"$1"}.config
}

srckernel_hash() {
	# shellcheck disable=SC2046
	short_hash "$(cat $(srckernel_fragments "$1") "$ROOT/scripts/lib/srckernel.sh"
		"${CROSS}gcc" --version)"
}

# srckernel_make KIND SUITE VERSION DIR: makes DIR a kernel tree for kernel_from_tree.
# Builds in DIR.tree, uses what an interrupted build left there, and removes it after
# success.
srckernel_make() {
	local kind=$1 dir=$4 tree=$4.tree start=$SECONDS

	cache_make "source/linux-$3" srckernel_download "$2" || return
	note "building the $kind kernel from $SRCKERNEL_PACKAGE $3"
	[ -d "$tree" ] || srckernel_unpack "$CACHE/source/linux-$3" "$tree" || return
	srckernel_configure "$kind" "$tree" || return
	srckernel_step "$tree" make -j"$(nproc)" Image modules || return
	srckernel_install "$tree" "$dir" || return
	rm -r "$tree"
	note "built it in $((SECONDS - start)) s: $(du -sm "$dir" | cut -f1) MiB in the cache"
}

# srckernel_download SUITE DIR: downloads the source package to DIR.
srckernel_download() {
	foreign_download "$1" "$ARCH" "$2" "$SRCKERNEL_PACKAGE"
}

# srckernel_unpack PACKAGE-DIR TREE: unpacks the source, without SRCKERNEL_UNUSED.
srckernel_unpack() {
	local tree=$2

	rm -rf "$tree.part"
	mkdir -p "$tree.part" &&
		dpkg-deb --fsys-tarfile "$1"/*.deb |
		tar -xOf - "./usr/src/$SRCKERNEL_PACKAGE.tar.xz" | xz -dc |
			tar -C "$tree.part" --strip-components=1 \
				"${SRCKERNEL_UNUSED[@]/#/--exclude=}" -xf - &&
		srckernel_hasten "$tree.part" &&
		mv -T "$tree.part" "$tree"
}

# srckernel_hasten TREE: shortens the delay of CONFIG_DEBUG_KOBJECT_RELEASE from seconds to
# at most 1/16 second. Any delay finds the same faults.
srckernel_hasten() {
	local file=$1/lib/kobject.c delay='1 + get_random_u32_below(HZ \/ 16)'

	sed -i "s/HZ + HZ \* get_random_u32_below(4)/$delay/" "$file"
	grep -q "$delay" "$file" || {
		note "lib/kobject.c of $SRCKERNEL_PACKAGE is not as expected: adapt srckernel_hasten."
		return 1
	}
}

# srckernel_configure KIND TREE: fails if the configuration lacks a requested line, for
# example because a dependency of its symbol is missing.
srckernel_configure() {
	local missing

	# shellcheck disable=SC2046
	srckernel_step "$2" scripts/kconfig/merge_config.sh -n \
		$(srckernel_fragments "$1") || return
	missing=$(srckernel_missing "$1" "$2/.config")
	[ -z "$missing" ] || {
		note "the kernel's configuration lacks these lines of tests/kernels: $missing"
		return 1
	}
}

# srckernel_missing KIND CONFIG: prints the lines of the fragments that CONFIG lacks. "is
# not set" is also satisfied by a symbol without a line: it cannot be set.
srckernel_missing() {
	local line symbol

	# shellcheck disable=SC2046
	grep -hE '^(# )?CONFIG_' $(srckernel_fragments "$1") | while read -r line; do
		symbol=${line#\# }
		case $line in
		'# '*) grep -q "^${symbol% is not set}=" "$2" ;;
		*) ! grep -qxF "$line" "$2" ;;
		esac && echo "$line"
	done | paste -sd, | sed 's/,/, /g'
}

# srckernel_install TREE DIR: copies the kernel and its modules to the same paths in DIR.
# The kernel's own script installs what external modules need.
srckernel_install() {
	local tree=$1 dir=$2

	srckernel_step "$tree" env srctree=. SRCARCH="$KARCH" CC=gcc HOSTCC=gcc \
		sh scripts/package/install-extmod-build "$dir" || return
	(
		cd "$tree" &&
			cp --parents -t "$dir" .config System.map "arch/$KARCH/boot/Image" \
				modules.order modules.builtin modules.builtin.modinfo &&
			sed 's/\.o$/.ko/' modules.order | xargs cp --parents -t "$dir"
	)
}

# srckernel_step TREE COMMAND...: runs COMMAND in TREE. Shows its errors if it fails.
srckernel_step() {
	local tree=$1
	shift

	(cd "$tree" && ARCH=$KARCH CROSS_COMPILE=$CROSS "$@") >"$tree.log" 2>&1 || {
		grep -E -A 5 ': error|\*\*\* ' "$tree.log" | head -n 50 >&2
		note "the kernel's build failed: see the messages above, and $tree.log."
		return 1
	}
}
