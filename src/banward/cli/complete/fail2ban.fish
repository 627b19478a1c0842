# Completion for fish: fail2ban-client and fail2ban-server know themselves what may follow.
# Installed as /usr/share/fish/vendor_completions.d/fail2ban-client.fish (and -server).
function __banward_fail2ban
    set -l words (commandline -opc)
    $words[1] --complete -- $words[2..] (commandline -ct) 2>/dev/null
end
for program in fail2ban-client fail2ban-server
    complete -c $program -a '(__banward_fail2ban)'
end
