# Completion of assent for bash; made by `assent completion`.
_assent()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]} word cmd= opts

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		--) return ;;
		apply|attach|completion|decide|demo|doctor|end|estimate|exec|help|keys|log|login|logout|ls|models|redo|resume|show|stats|try|undo) cmd=$word; break ;;
		esac
	done
	case $prev in
	--root) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--ca-file|--output|--patch|--sarif) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	esac
	case $cmd in
	apply) opts='--accept --allow-protected --approve --cpu --disk --edit --help --lines --memory --overwrite --pids --preset --root --sandbox --sandbox-require --split --timeout' ;;
	attach) opts='--help --insecure-http --line-delay --line-speed --model --plain --recover --root' ;;
	completion) opts='--help' ;;
	decide) opts='--accept --comment --edit --feedback --help --include --insecure-http --lines --overwrite --patch --proposal --recover --root --split' ;;
	demo) opts='--help --line-delay --line-speed --plain --sandbox-require' ;;
	doctor) opts='--effort --help --insecure-http --live --model --protected --root --sandbox --sandbox-require --yes' ;;
	end) opts='--help --root' ;;
	estimate) opts='--help --json --max-turns --model --root' ;;
	exec) opts='--allow-protected --approve --ca-file --connect-timeout --cpu --disk --effort --help --idle-timeout --include --insecure-http --json --max-cost --max-repeats --max-time --max-total-tokens --max-turns --memory --model --output --pids --plan --preset --profile --proxy --retry-time --rollback --root --sandbox --sandbox-require --sarif --test --timeout --tools' ;;
	help) opts='--help' ;;
	keys) opts='--help' ;;
	log) opts='--help --json --root --verify' ;;
	login) opts='--help' ;;
	logout) opts='--help' ;;
	ls) opts='--all --help --root' ;;
	models) opts='--check --help --root' ;;
	redo) opts='--accept --change --edit --help --lines --list --overwrite --recover --root --split' ;;
	resume) opts='--help --insecure-http --line-delay --line-speed --model --plain --recover --root' ;;
	show) opts='--help --json --root' ;;
	stats) opts='--all --help --json --root' ;;
	try) opts='--accept --allow-protected --approve --clean --cpu --disk --edit --help --include --lines --memory --overwrite --pids --preset --root --sandbox --sandbox-require --split --timeout' ;;
	undo) opts='--accept --change --edit --help --lines --list --overwrite --recover --root --split' ;;
	*) opts='--approve --ca-file --connect-timeout --cpu --disk --effort --help --idle-timeout --insecure-http --line-delay --line-speed --max-cost --max-repeats --max-time --max-total-tokens --max-turns --memory --model --pids --plain --plan --preset --profile --proxy --retry-time --root --sandbox --sandbox-require --test --timeout --tools --version apply attach completion decide demo doctor end estimate exec help keys log login logout ls models redo resume show stats try undo' ;;
	esac
	COMPREPLY=($(compgen -W "$opts" -- "$cur"))
}
complete -F _assent assent
