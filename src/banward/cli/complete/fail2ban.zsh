#compdef fail2ban-client fail2ban-server
# Completion for zsh: the programs know themselves what may follow.
# Installed as _fail2ban in a folder of $fpath.
local -a found
found=(${(f)"$(${words[1]} --complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
if (( ${#found} )); then
    compadd -a found
else
    _files
fi
