# shellcheck shell=bash disable=SC2034
# What ./run and ./check need of the machine: Debian packages, and what a bare chroot lacks. Sourced by both.
#
# need_packages NAME…  says what it installs and installs it, as root or with sudo; without either it prints the one
# line to run and ends the script. Everything it says goes to stderr: standard output belongs to the caller.

build_packages=(cmake ninja-build gcc libc6-dev pkg-config libmbedtls-dev libuv1-dev libsqlite3-dev libjansson-dev libedit-dev
	libcmocka-dev python3 python3-dev)
check_packages=("${build_packages[@]}" clang libclang-rt-14-dev clang-tidy clang-format tshark bluez-meshd bluez-test-tools dbus
	dbus-daemon python3-dbus python3-gi python3-cryptography gcc-arm-none-eabi bluez qemu-system-x86 busybox-static cpio
	kmod dpkg-dev file man-db zsh)

# Prints those that are not installed, one a line. No process substitution here and below: it needs /dev/fd, which a
# bare chroot has not.
missing_packages() {
	local name known
	# One call for all: it lists those it knows, and fails if it does not know one.
	known=$(dpkg-query --showformat='${Package} ${db:Status-Abbrev}\n' --show "$@" 2>/dev/null || true)
	for name in "$@"; do
		[[ $'\n'$known == *$'\n'"$name ii"* ]] || printf '%s\n' "$name"
	done
}

need_packages() {
	local missing=() as_root=()
	if ! command -v dpkg-query >/dev/null; then
		echo "This is no Debian system; taking for granted that these are there: $*" >&2
		return
	fi
	read -r -d '' -a missing <<<"$(missing_packages "$@")" || true
	if ((${#missing[@]} == 0)); then
		return
	fi
	if ((EUID != 0)); then
		# sudo is of use if it asks for no password, or can ask somebody.
		if ! { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; }; then
			echo "Some packages are missing, and installing them takes root. Run this, then start again:" >&2
			echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
			exit 1
		fi
		as_root=(sudo)
	fi
	echo "Installing with apt: ${missing[*]}" >&2
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
	"${as_root[@]}" "${apt[@]}" update >&2
	"${as_root[@]}" "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 </dev/null
}

# The sanitizers need /proc, and a test a pseudo terminal. A bare chroot has neither: root mounts them for the time of
# the script, others are told.
need_mounts() {
	local mounted=()
	if [[ ! -e /proc/self/maps ]]; then
		if ((EUID != 0)) || ! mount -t proc proc /proc; then
			echo "/proc is not mounted, and the sanitizers need it. As root: mount -t proc proc /proc" >&2
			exit 1
		fi
		mounted+=(/proc)
	fi
	if ((EUID == 0)) && [[ -d /dev/pts && ! -e /dev/pts/ptmx ]] &&
		mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts 2>/dev/null; then
		mounted+=(/dev/pts)
	fi
	if ((${#mounted[@]} > 0)); then
		echo "Mounted what was missing until this ends: ${mounted[*]}" >&2
		# shellcheck disable=SC2064
		trap "umount ${mounted[*]}" EXIT
	fi
}
