#!/bin/sh
# Installs Banward and starts protecting this host: see --help. Running it again changes nothing.
set -eu

usage() {
	cat <<'EOF'
Usage: sudo ./install.sh [OPTIONS]

Installs what is missing, the commands banward, fail2ban-server, fail2ban-client and
fail2ban-regex, and the service; enables the jails of the services found here; starts.

  --prefix DIR    where it goes (default /usr/local)
  --wheels DIR    take the Python packages from this folder instead of the network
  --take-over     a fail2ban runs here: stop it, import its bans, start Banward in its place
  --no-start      install only
  --dry-run       say what would be done, change nothing
  --uninstall     stop and remove all that this script installed
  -h, --help      this text
EOF
}

prefix=/usr/local wheels='' start=yes dry='' action=install take_over=''
while [ $# -gt 0 ]; do
	case "$1" in
	--prefix) prefix=${2:?--prefix needs a folder}; shift ;;
	--prefix=*) prefix=${1#*=} ;;
	--wheels) wheels=${2:?--wheels needs a folder}; shift ;;
	--wheels=*) wheels=${1#*=} ;;
	--take-over) take_over=yes ;;
	--no-start) start='' ;;
	--dry-run) dry=yes ;;
	--uninstall) action=uninstall ;;
	-h | --help) usage; exit 0 ;;
	*) echo "install.sh: unknown option '$1'" >&2; usage >&2; exit 2 ;;
	esac
	shift
done

source=$(cd "$(dirname "$0")" && pwd)
lib=$prefix/lib/banward
venv=$lib/venv
manifest=$lib/manifest
commands="banward fail2ban-server fail2ban-client fail2ban-regex"
config=/etc/fail2ban
generated=$config/jail.d/banward-detected.conf

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
run() { if [ -n "$dry" ]; then say "would run: $*"; else "$@"; fi; }
has() { command -v "$1" >/dev/null 2>&1; }

# What this script makes is noted, so that --uninstall removes just that.
note() {
	[ -z "$dry" ] || return 0
	mkdir -p "$lib"
	grep -qxF "$1" "$manifest" 2>/dev/null || printf '%s\n' "$1" >>"$manifest"
}
place() { # place SOURCE TARGET MODE: a file with @PREFIX@ filled in
	if [ -n "$dry" ]; then say "would write: $2"; return; fi
	mkdir -p "$(dirname "$2")"
	sed "s|@PREFIX@|$prefix|g" "$1" >"$2.new"
	chmod "$3" "$2.new"
	mv "$2.new" "$2"
	note "$2"
}
folder() { # folder PATH MODE: noted only if it is ours
	[ -d "$1" ] && return
	run mkdir -p "$1"
	run chmod "$2" "$1"
	note "$1"
}

# ---------------------------------------------------------------- the host

if has apt-get; then
	manager=apt
elif has dnf; then
	manager=dnf
elif has zypper; then
	manager=zypper
elif has pacman; then
	manager=pacman
elif has apk; then
	manager=apk
else
	manager=''
fi

if [ -d /run/systemd/system ]; then
	init=systemd
elif has rc-update && has openrc; then
	init=openrc
elif [ -d /etc/init.d ] && has update-rc.d && [ "$(ps -p 1 -o comm= 2>/dev/null)" = init ]; then
	init=sysv
else
	init=none
fi

install_packages() {
	say "Installing system packages: $*"
	case "$manager" in
	apt)
		[ -n "$(find /var/lib/apt/lists -name '*Packages*' 2>/dev/null | head -n 1)" ] ||
			run apt-get update -qq
		DEBIAN_FRONTEND=noninteractive run apt-get install -y -qq --no-install-recommends "$@" >/dev/null
		;;
	dnf) run dnf install -y -q "$@" ;;
	zypper) run zypper --non-interactive --quiet install "$@" ;;
	pacman) run pacman -Sy --noconfirm --needed "$@" ;;
	apk) run apk add --quiet "$@" ;;
	*) fail "no known package manager here; install by hand: $*" ;;
	esac
	for name in "$@"; do note "package $name"; done
}

find_python() {
	for name in python3 python3.14 python3.13 python3.12 python3.11; do
		has "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && {
			python=$(command -v "$name")
			return 0
		}
	done
	return 1
}

prepare_host() {
	missing=''
	if ! find_python; then
		case "$manager" in
		dnf | zypper) missing="python3.12" ;;
		pacman) missing="python" ;;
		*) missing="python3" ;;
		esac
	fi
	if [ "$manager" = apt ] && ! { [ -n "${python:-}" ] && "$python" -c 'import ensurepip, venv' 2>/dev/null; }; then
		missing="$missing python3-venv"
	fi
	has nft || has iptables || missing="$missing nftables"
	if [ -n "${python:-}" ] && ! "$python" -c 'import ctypes; ctypes.CDLL("libpcre2-8.so.0")' 2>/dev/null; then
		case "$manager" in
		apt | zypper) missing="$missing libpcre2-8-0" ;;
		*) missing="$missing pcre2" ;;
		esac
	fi
	# shellcheck disable=SC2086  # a list of words
	[ -z "$missing" ] || install_packages $missing
	find_python || { [ -n "$dry" ] && python=python3; } ||
		fail "Python 3.11 or newer is needed; this system's packages have none"
}

# ---------------------------------------------------------------- installing

install_program() {
	say "Installing Banward into $lib"
	[ -x "$venv/bin/python" ] || run "$python" -m venv "$venv"
	if [ -n "$wheels" ]; then
		set -- --no-index --find-links "$wheels"
		run "$venv/bin/pip" install -q --disable-pip-version-check "$@" -r "$source/requirements.txt"
		run "$venv/bin/pip" install -q --disable-pip-version-check "$@" --no-deps --force-reinstall banward
	else
		run "$venv/bin/pip" install -q --disable-pip-version-check -r "$source/requirements.txt"
		run "$venv/bin/pip" install -q --disable-pip-version-check --no-deps --force-reinstall "$source"
	fi
	for name in $commands; do
		module=$(printf '%s' "${name#fail2ban-}")
		if [ -n "$dry" ]; then say "would write: $prefix/bin/$name"; continue; fi
		mkdir -p "$prefix/bin"
		printf '#!%s -I\nimport sys\n\nfrom banward.cli.%s import main\n\nsys.exit(main())\n' \
			"$venv/bin/python" "$module" >"$prefix/bin/$name.new"
		chmod 755 "$prefix/bin/$name.new"
		mv "$prefix/bin/$name.new" "$prefix/bin/$name"
		note "$prefix/bin/$name"
	done
	run "$prefix/bin/banward" adapt
	place "$source/packaging/logrotate" /etc/logrotate.d/banward 644
	if ! id banward >/dev/null 2>&1; then
		shell=$(command -v nologin || echo /bin/false)
		if has useradd; then
			run useradd --system --home-dir /nonexistent --no-create-home --shell "$shell" banward
		elif has adduser; then
			run adduser -S -D -H -s "$shell" banward
		fi
		note "user banward"
	fi
}

# A tree of the user's own is left as it is; where there is none, the services that are here
# decide which jails run.
configure() {
	folder "$config" 755
	for file in "$config"/jail.conf "$config"/jail.local "$config"/jail.d/*; do
		if [ -e "$file" ] && [ "$file" != "$generated" ]; then
			say "Using your configuration in $config as it is."
			return
		fi
	done
	folder "$config/jail.d" 755
	if [ -n "$dry" ]; then say "would write: $generated"; return; fi
	"$prefix/bin/banward" detect --write "$generated"
	note "$generated"
}

install_service() {
	case "$init" in
	systemd)
		place "$source/packaging/banward.service" /etc/systemd/system/banward.service 644
		run systemctl daemon-reload
		run systemctl enable --quiet banward.service
		;;
	openrc)
		place "$source/packaging/banward.openrc" /etc/init.d/banward 755
		run rc-update -q add banward default
		;;
	sysv)
		place "$source/packaging/banward.sysv" /etc/init.d/banward 755
		run update-rc.d banward defaults
		;;
	none)
		say "No service manager runs here: Banward is started in the background and not at boot."
		;;
	esac
}

# What answers on the socket: 'banward', 'fail2ban' or 'nothing'.
who_runs() {
	"$prefix/bin/banward" running 2>/dev/null || echo nothing
}

stop_foreign() {
	case "$init" in
	systemd) run systemctl disable --now --quiet fail2ban.service 2>/dev/null || true ;;
	openrc) run rc-service fail2ban stop || true; run rc-update -q del fail2ban || true ;;
	sysv) run service fail2ban stop || true ;;
	esac
	[ "$(who_runs)" != fail2ban ] || run "$prefix/bin/fail2ban-client" stop
}

start_service() {
	[ -n "$start" ] || { say "Installed, not started (--no-start)."; return; }
	case "$(who_runs)" in
	fail2ban)
		if [ -z "$take_over" ] && [ -t 0 ] && [ -z "$dry" ]; then
			printf 'A fail2ban runs here. Stop it, import its bans and start Banward instead? [y/N] '
			read -r answer
			case "$answer" in y* | Y*) take_over=yes ;; esac
		fi
		if [ -z "$take_over" ]; then
			say "A fail2ban runs here and holds the socket. Banward is installed, but not started."
			say "To take over (stop it, import its bans, start Banward): $0 --take-over"
			return
		fi
		say "Taking over from fail2ban"
		stop_foreign
		;;
	esac
	case "$init" in
	systemd) run systemctl restart banward.service ;;
	openrc) run rc-service banward restart ;;
	sysv) run service banward restart ;;
	none)
		[ "$(who_runs)" = nothing ] || run "$prefix/bin/fail2ban-client" restart >/dev/null
		[ "$(who_runs)" = banward ] || run "$prefix/bin/fail2ban-server" -xb start >/dev/null ||
			say "Something of the configuration is wrong, the rest runs; all of it: $prefix/bin/banward check"
		;;
	esac
	[ -n "$dry" ] || { say ""; "$prefix/bin/banward" status --wait; }
}

# ---------------------------------------------------------------- removing

uninstall() {
	[ -e "$manifest" ] || { say "Nothing of Banward is installed below $prefix."; return; }
	if [ "$(who_runs)" = banward ]; then run "$prefix/bin/fail2ban-client" stop || true; fi
	case "$init" in
	systemd) run systemctl disable --now --quiet banward.service 2>/dev/null || true ;;
	openrc) run rc-update -q del banward 2>/dev/null || true ;;
	sysv) run update-rc.d -f banward remove 2>/dev/null || true ;;
	esac
	packages=''
	folders=''
	while IFS= read -r entry; do
		case "$entry" in
		"package "*) packages="$packages ${entry#package }" ;;
		"user "*)
			if has userdel; then run userdel "${entry#user }"; else run deluser "${entry#user }"; fi
			;;
		*) if [ -d "$entry" ]; then folders="$entry $folders"; else run rm -f "$entry"; fi ;;
		esac
	done <"$manifest"
	run rm -f /var/lib/fail2ban/banward.sqlite3 /var/lib/fail2ban/banward.sqlite3-wal \
		/var/lib/fail2ban/banward.sqlite3-shm
	run rm -rf "$lib"
	for path in $folders /var/lib/fail2ban /run/fail2ban; do
		[ ! -d "$path" ] || run rmdir "$path" 2>/dev/null || say "Left, since it is not empty: $path"
	done
	[ "$init" != systemd ] || run systemctl daemon-reload
	say "Banward is removed."
	[ -z "$packages" ] || say "System packages that were installed for it and stay:$packages"
}

# ---------------------------------------------------------------- main

[ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "needs root: sudo $0"
if [ "$action" = uninstall ]; then
	uninstall
	exit
fi
prepare_host
install_program
configure
install_service
start_service
