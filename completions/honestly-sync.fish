# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_honestly_sync_global_optspecs
    string join \n config= v/verbose q/quiet log-format= color= h/help V/version
end

function __fish_honestly_sync_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_honestly_sync_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_honestly_sync_using_subcommand
    set -l cmd (__fish_honestly_sync_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -l config -d 'The configuration; else $HONESTLY_SYNC_CONFIG, else the user\'s config folder, else /etc/honestly-sync/config.toml. Without any, every key has its default' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -l log-format -d 'How messages are written to standard error; without it, journald gets priorities and everybody else text' -r -f -a "text\t'Sentences'
json\t'A JSON object a line'"
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -l color -d 'Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -s v -l verbose -d 'Say more on standard error; twice for every request'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -s q -l quiet -d 'Say nothing but errors on standard error'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -s V -l version -d 'Print version'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -f -a "connect" -d 'Verify a Personio credential, show what it may read, store it, and run the first sync'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -f -a "sync" -d 'Bring the mirror in step with Personio'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -f -a "status" -d 'Tell how it stands: last run, last success, what changed, open notes'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -f -a "check-config" -d 'Check the configuration without asking anybody, and show every key that differs from its default'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -f -a "completions" -d 'Print the completions of a shell, for it to load'
complete -c honestly-sync -n "__fish_honestly_sync_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l client-id -d 'The client id that Personio shows under Marketplace > Connected integrations (once Settings > Integrations); else $HONESTLY_SYNC_CLIENT_ID' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l secret -d 'The secret that belongs to it: `-` reads it from standard input, and asks on a terminal without showing it; else $HONESTLY_SYNC_SECRET. Given here as a value, other users of this machine can see it' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l adopt -d 'Start from the people who are in Honestly already: a file in the feed\'s format, as exported or as sent before' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l config -d 'The configuration; else $HONESTLY_SYNC_CONFIG, else the user\'s config folder, else /etc/honestly-sync/config.toml. Without any, every key has its default' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l log-format -d 'How messages are written to standard error; without it, journald gets priorities and everybody else text' -r -f -a "text\t'Sentences'
json\t'A JSON object a line'"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l color -d 'Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l replace -d 'Accept the credential of another company over an existing mirror'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l no-sync -d 'Stop after the credential is stored'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l check-delivery -d 'Only prove the destination of the feed: sign in, list, write, read and remove a probe'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l check-notify -d 'Only send a test mail to everybody who is told of held plans and failed runs'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -l forget -d 'Remove the stored credential. The mirror stays'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -s v -l verbose -d 'Say more on standard error; twice for every request'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -s q -l quiet -d 'Say nothing but errors on standard error'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l as-of -d 'Preview another day, such as 2026-12-01' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l explain -d 'Instead of the plan, explain step by step why this person is in or out: Personio\'s id, an e-mail address or a part of a name' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l review -d 'Also write the plan to this file, as a page on which a person reviews it in a browser' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l approve -d 'Apply the held plan with exactly this digest' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l config -d 'The configuration; else $HONESTLY_SYNC_CONFIG, else the user\'s config folder, else /etc/honestly-sync/config.toml. Without any, every key has its default' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l log-format -d 'How messages are written to standard error; without it, journald gets priorities and everybody else text' -r -f -a "text\t'Sentences'
json\t'A JSON object a line'"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l color -d 'Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l dry-run -d 'Print the plan and write nothing anywhere'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l full -d 'Show all of a plan, also on a terminal'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l exit-code -d 'End a dry run with exit code 10 when the plan is not empty'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l redeliver -d 'Deliver the feed again although nothing in it has changed'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l new-columns -d 'Take in what is new at Personio since `*` in [groups] was resolved: attributes that appeared, and labels that changed and are headers. Without it they are only noted'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -l json -d 'Print one JSON document for machines'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -s v -l verbose -d 'Say more on standard error; twice for every request'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -s q -l quiet -d 'Say nothing but errors on standard error'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l warn -d 'With --check: how old the last success may be before somebody should look, such as 90m, 14h or 2d' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l crit -d 'With --check: how old the last success may be before it is serious' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l runs -d 'The run log, newest first, one line a run' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l run -d 'Every change of one run, field by field, and who approved it: its number, or `latest`' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l employee -d 'Everything that ever happened to one person: Personio\'s id, or an e-mail address or a part of a name that the mirror or its journal still knows' -r
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l config -d 'The configuration; else $HONESTLY_SYNC_CONFIG, else the user\'s config folder, else /etc/honestly-sync/config.toml. Without any, every key has its default' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l log-format -d 'How messages are written to standard error; without it, journald gets priorities and everybody else text' -r -f -a "text\t'Sentences'
json\t'A JSON object a line'"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l color -d 'Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l check -d 'One line and an exit code for a monitoring system, in the format of Nagios plugins: 0 all is well, 1 somebody should look, 2 it is serious, 3 unknown'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l full -d 'Show everything, also on a terminal'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -l json -d 'Print one JSON document for machines'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -s v -l verbose -d 'Say more on standard error; twice for every request'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -s q -l quiet -d 'Say nothing but errors on standard error'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand check-config" -l config -d 'The configuration; else $HONESTLY_SYNC_CONFIG, else the user\'s config folder, else /etc/honestly-sync/config.toml. Without any, every key has its default' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand check-config" -l log-format -d 'How messages are written to standard error; without it, journald gets priorities and everybody else text' -r -f -a "text\t'Sentences'
json\t'A JSON object a line'"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand check-config" -l color -d 'Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand check-config" -s v -l verbose -d 'Say more on standard error; twice for every request'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand check-config" -s q -l quiet -d 'Say nothing but errors on standard error'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand check-config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand completions" -l config -d 'The configuration; else $HONESTLY_SYNC_CONFIG, else the user\'s config folder, else /etc/honestly-sync/config.toml. Without any, every key has its default' -r -F
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand completions" -l log-format -d 'How messages are written to standard error; without it, journald gets priorities and everybody else text' -r -f -a "text\t'Sentences'
json\t'A JSON object a line'"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand completions" -l color -d 'Colour in messages and plans: auto only on a terminal, and never where $NO_COLOR is set' -r -f -a "auto\t''
always\t''
never\t''"
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand completions" -s v -l verbose -d 'Say more on standard error; twice for every request'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand completions" -s q -l quiet -d 'Say nothing but errors on standard error'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand help; and not __fish_seen_subcommand_from connect sync status check-config completions help" -f -a "connect" -d 'Verify a Personio credential, show what it may read, store it, and run the first sync'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand help; and not __fish_seen_subcommand_from connect sync status check-config completions help" -f -a "sync" -d 'Bring the mirror in step with Personio'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand help; and not __fish_seen_subcommand_from connect sync status check-config completions help" -f -a "status" -d 'Tell how it stands: last run, last success, what changed, open notes'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand help; and not __fish_seen_subcommand_from connect sync status check-config completions help" -f -a "check-config" -d 'Check the configuration without asking anybody, and show every key that differs from its default'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand help; and not __fish_seen_subcommand_from connect sync status check-config completions help" -f -a "completions" -d 'Print the completions of a shell, for it to load'
complete -c honestly-sync -n "__fish_honestly_sync_using_subcommand help; and not __fish_seen_subcommand_from connect sync status check-config completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
