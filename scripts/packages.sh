# shellcheck shell=bash disable=SC2034
# Installs Debian packages that are missing. Sourced by ./run and ./check.
#
# need_packages NAME…  says what it installs and installs it, as root or with sudo; without either it prints the one
# line to run and ends the script. Everything it says goes to stderr: standard output belongs to the caller.

build_packages=(cmake ninja-build gcc libc6-dev pkg-config libmbedtls-dev libuv1-dev libjansson-dev libcmocka-dev
	python3 python3-dev)
check_packages=("${build_packages[@]}" clang libclang-rt-14-dev clang-tidy clang-format tshark bluez-meshd dbus
	dbus-daemon python3-dbus python3-gi python3-cryptography libssl-dev)

missing_packages() {
	local name
	# One call for all: dpkg-query lists what it knows, and "ii" means installed.
	local -A have=()
	while IFS=' ' read -r name state; do
		[[ $state == ii* ]] && have[$name]=1
	done < <(dpkg-query --showformat='${Package} ${db:Status-Abbrev}\n' --show "$@" 2>/dev/null)
	for name in "$@"; do
		[[ -n ${have[$name]:-} ]] || printf '%s\n' "$name"
	done
}

need_packages() {
	local missing=() as_root=()
	if ! command -v dpkg-query >/dev/null; then
		echo "This is no Debian system; taking for granted that these are there: $*" >&2
		return
	fi
	mapfile -t missing < <(missing_packages "$@")
	if ((${#missing[@]} == 0)); then
		return
	fi
	if ((EUID != 0)); then
		if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null && [[ ! -t 0 ]]; then
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
