# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kernels of our own, built from Debian's source package: "debug", with what a
# kernel has to find faults, and "release", with dma-heaps. The configuration is
# tests/kernels/base.config and the one that is named for the kind. Into the
# cache goes what a kernel built elsewhere would give, see kernel.sh: what boots,
# its modules, and what further modules are built against. ROOT is the checkout;
# needs foreign.sh and toolchain.sh.

SRCKERNEL_SERIES=6.12
SRCKERNEL_PACKAGE=linux-source-$SRCKERNEL_SERIES
# Half of the source's files, which an arm64 kernel without sound or an AMD GPU
# does without. Kconfig wants its own everywhere.
SRCKERNEL_UNUSED=(
	'*/arch/[!a]*.[chS]' '*/arch/a[!r]*.[chS]' '*/arch/arc/*.[chS]'
	'*/arch/arm/*.[chS]' '*/arch/*.dts' '*/arch/*.dtsi' '*/Documentation/*/*'
	'*/tools/testing/*' '*/sound/*.[ch]' '*/drivers/gpu/drm/amd/*.[ch]'
)
SRCKERNEL_NEEDS=(bc bison flex gcc libc6-dev make perl xz-utils)

# srckernel_prepare KIND: sets SRCKERNEL, the built kernel's directory. It is
# built if the source, the configuration or the compiler is another one.
srckernel_prepare() {
	local kind=$1 suite version name

	[ "$ARCH" = arm64 ] || die "the $kind kernel is for arm64 only."
	native_need "${SRCKERNEL_NEEDS[@]}" "${TOOLCHAIN[@]}"
	suite=$(kernel_suite "$SRCKERNEL_SERIES") || exit
	# An empty version is the failure, and the next command reports it.
	version=$(srckernel_version "$suite") || true
	[ -n "$version" ] ||
		die "Debian $suite has no $SRCKERNEL_PACKAGE: see the reason above, or name another mirror in CMM_DEBIAN_MIRROR."
	name=kernel/source-$version-$kind-$ARCH-$(srckernel_hash "$kind")
	cache_make "$name" srckernel_make "$kind" "$suite" "$version" ||
		die "there is no $kind kernel: see the reason above."
	SRCKERNEL=$CACHE/$name
}

# srckernel_version SUITE: of the source. Without a mirror it is what the package
# lists had when they were last read, so that the cache serves on.
srckernel_version() {
	foreign_update "$1" "$ARCH" || true
	foreign_apt "$1" "$ARCH" apt-cache show --no-all-versions "$SRCKERNEL_PACKAGE" 2>/dev/null |
		sed -n 's/^Version: //p'
}

# srckernel_fragments KIND: the configuration's parts.
srckernel_fragments() {
	echo "$ROOT"/tests/kernels/{base,"$1"}.config
}

srckernel_hash() {
	# shellcheck disable=SC2046
	short_hash "$(cat $(srckernel_fragments "$1") "$ROOT/scripts/lib/srckernel.sh"
		"${CROSS}gcc" --version)"
}

# srckernel_make KIND SUITE VERSION DIR: makes DIR what --kernel takes. The
# tree is built beside it and removed when all is well; what an interrupted
# build has left there is used.
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

# srckernel_download SUITE DIR
srckernel_download() {
	foreign_download "$1" "$ARCH" "$2" "$SRCKERNEL_PACKAGE"
}

# srckernel_unpack PACKAGE-DIR TREE
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

# srckernel_hasten TREE: CONFIG_DEBUG_KOBJECT_RELEASE delays every release by
# seconds; that it comes late at all is what finds faults.
srckernel_hasten() {
	local file=$1/lib/kobject.c delay='1 + get_random_u32_below(HZ \/ 16)'

	sed -i "s/HZ + HZ \* get_random_u32_below(4)/$delay/" "$file"
	grep -q "$delay" "$file" || {
		note "lib/kobject.c of $SRCKERNEL_PACKAGE is not as expected: adapt srckernel_hasten."
		return 1
	}
}

# srckernel_configure KIND TREE: fails unless everything that was asked for
# is in the configuration; a symbol whose dependencies are missing is not.
srckernel_configure() {
	local missing

	# shellcheck disable=SC2046
	srckernel_step "$2" scripts/kconfig/merge_config.sh -n \
		$(srckernel_fragments "$1") || return
	missing=$(srckernel_missing "$1" "$2/.config")
	[ -z "$missing" ] || {
		note "the kernel's configuration lacks what tests/kernels asks for: $missing"
		return 1
	}
}

# srckernel_missing KIND CONFIG: the lines of the fragments that CONFIG has not
# got. It has no line at all for what cannot be set.
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

# srckernel_install TREE DIR: the kernel, its modules where they were
# built, and by the kernel's own script what external modules need.
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

# srckernel_step TREE COMMAND...: runs COMMAND in TREE; shows what it
# prints only if it fails.
srckernel_step() {
	local tree=$1
	shift

	(cd "$tree" && ARCH=$KARCH CROSS_COMPILE=$CROSS "$@") >"$tree.log" 2>&1 || {
		grep -E -A 5 ': error|\*\*\* ' "$tree.log" | head -n 50 >&2
		note "the kernel's build failed: see the messages above, and $tree.log."
		return 1
	}
}
