# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# Sources of other projects, taken from crates that tools/Cargo.lock pins by checksum. It is sourced after common.sh.

# crate_folder NAME: prints the folder in which cargo keeps the crate, and fetches the crate if it is missing.
crate_folder() {
	local folder
	need cargo "install Rust with cargo"
	# rust/float needs the crates of this target; cargo leaves out those of other targets.
	folder=$(cargo metadata --format-version 1 --locked --manifest-path "$REPO/tools/Cargo.toml" \
		--filter-platform x86_64-unknown-none |
		grep -o "\"manifest_path\":\"[^\"]*/$1-[0-9][^\"/]*/Cargo.toml\"" | head -n 1 |
		sed 's/^"manifest_path":"//; s|/Cargo.toml"$||') || true
	[ -n "$folder" ] || die "cargo does not find the crate $1" \
		"tools/Cargo.lock must name it, and cargo must reach its registry: try cargo fetch in tools/"
	echo "$folder"
}

# copy_changed FROM TO: copies the files in FROM to TO. Files that do not change keep their time, so that nothing is
# compiled again.
copy_changed() {
	local file
	(cd "$1" && find . -type f) | while IFS= read -r file; do
		cmp -s "$1/$file" "$2/$file" || {
			mkdir -p "$2/${file%/*}"
			cp "$1/$file" "$2/$file"
		}
	done
}
