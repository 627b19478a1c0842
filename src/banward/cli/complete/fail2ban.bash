# Completion for bash: fail2ban-client and fail2ban-server know themselves what may follow.
# Installed as /usr/share/bash-completion/completions/fail2ban-client (and -server).
_banward_fail2ban() {
    local IFS=$'\n'
    COMPREPLY=($("$1" --complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _banward_fail2ban fail2ban-client fail2ban-server
