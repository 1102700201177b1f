#!/bin/sh
# Install this folder below DIR (~/.local), or remove it from there.  It copies the
# folder and makes links; it fetches nothing.
#	install.sh [--remove] [DIR]
set -eu
unset CDPATH
remove=
[ "${1-}" != --remove ] || { remove=yes; shift; }
here=$(cd "$(dirname "$0")" && pwd -P)
dir=${1-$HOME/.local}

die() {
	echo "install.sh: $*" >&2
	exit 1
}

[ -n "$remove" ] || mkdir -p "$dir"
cd "$dir"
dir=$(pwd -P)
made=			# folders that weren't there, the last one first
if [ -e lib/assent/install.sh ]; then
	made=$(cat lib/assent/made)
elif [ -n "$remove" ]; then
	die "nothing to remove in $dir"
elif [ -e lib/assent ] || [ -e bin/assent ]; then
	die "$dir has assent already, installed in another way: remove it first"
fi
if [ -z "$remove" ]; then
	version=$("$here/assent" --version) || die "not for this machine, $(uname -sm)"
	for d in bin lib share share/man share/man/man1 share/man/man5 share/man/man7; do
		[ -d $d ] || { mkdir $d; made="$d $made"; }
	done
	rm -rf lib/assent.new
	cp -R "$here" lib/assent.new
	echo "$made" >lib/assent.new/made
fi
for page in lib/assent/man/man*/*; do
	rm -f "share/${page#lib/assent/}"
done
rm -rf bin/assent lib/assent
if [ -n "$remove" ]; then
	rmdir $made 2>/dev/null || true
	echo "removed assent from $dir; still there: your settings and keys in" \
	    "~/.config/assent, your sessions in ~/.local/state/assent"
	exit 0
fi
mv lib/assent.new lib/assent
ln -s "$dir/lib/assent/assent" bin/assent
for page in lib/assent/man/man*/*; do
	ln -sf "$dir/$page" "share/${page#lib/assent/}"
done
cat <<END
installed $version:
  $dir/lib/assent   programs, data, licenses
  $dir/bin/assent   a link to the program
  $dir/share/man    links to the manual pages
Start: $dir/bin/assent demo
Remove: $dir/lib/assent/install.sh --remove $dir
END
