# hms SECONDS: print them as h:mm:ss, or m:ss below an hour.

two_digits() {
	if [ "$1" -lt 10 ]; then
		echo "0$1"
	else
		echo "$1"
	fi
}

hms() {
	h=$(($1 / 3600))
	m=$(($1 / 60))
	s=$(($1 % 60))
	if [ "$h" -gt 0 ]; then
		echo "$h:$(two_digits "$m"):$(two_digits "$s")"
	else
		echo "$m:$(two_digits "$s")"
	fi
}
