# Completion of assent for bash; made by `assent completion`.
_assent()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD-1]} word cmd= opts

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		--) return ;;
		attach|completion|demo|doctor|end|exec|help|log|ls|resume|try) cmd=$word; break ;;
		esac
	done
	case $prev in
	--root) COMPREPLY=($(compgen -d -- "$cur")); return ;;
	--output) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	esac
	case $cmd in
	attach) opts='--help --model --root' ;;
	completion) opts='--help' ;;
	demo) opts='--help' ;;
	doctor) opts='--cage --help --root' ;;
	end) opts='--help --root' ;;
	exec) opts='--allow-protected --approve --cage --disk --help --json --max-time --max-turns --memory --model --output --pids --plan --preset --root --test --timeout --tools' ;;
	help) opts='--help' ;;
	log) opts='--help --json --root --verify' ;;
	ls) opts='--all --help --root' ;;
	resume) opts='--help --model --root' ;;
	try) opts='--allow-protected --approve --cage --disk --help --memory --pids --preset --root --timeout' ;;
	*) opts='--approve --cage --disk --help --max-time --max-turns --memory --model --pids --plan --preset --root --test --timeout --tools --version attach completion demo doctor end exec help log ls resume try' ;;
	esac
	COMPREPLY=($(compgen -W "$opts" -- "$cur"))
}
complete -F _assent assent
