/* assent log --net: the hosts that a session's commands connected to, or were
 * kept from. */
#include "config.h"

#include "front/log-net.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sanitize.h"
#include "base/url.h"
#include "front/print.h"
#include "front/log.h"
#include "journal/event.h"

struct log_net {
	FILE	*out;
	bool	 json, is_terminal;
	unsigned flags;		/* of the sanitizer */
	cJSON	*hosts;		/* events `net`, with the totals of `net_end` */
};

static bool
log_net_same(const cJSON *a, const cJSON *b)
{
	return json_is(a, "host", json_str_or(b, "host", "")) &&
	    json_int(a, "port", 0) == json_int(b, "port", 0);
}

/* The totals of a command's hosts. */
static void
log_net_end(struct log_net *l, const cJSON *line)
{
	static const char *const names[] = { "connections", "sent", "received" };
	const cJSON *total;
	cJSON *host;
	size_t i;

	cJSON_ArrayForEach(host, l->hosts) {
		if (!json_is(host, "call", json_str_or(line, "call", "")) ||
		    json_str(host, "refused") != NULL)
			continue;
		cJSON_ArrayForEach(total, json_array(line, "hosts"))
			for (i = 0; log_net_same(host, total) &&
			    i < MEM_COUNT(names); i++)
				if (json_get(host, names[i]) == NULL)
					json_add_int(host, names[i],
					    json_int(total, names[i], 0));
	}
}

static int
log_net_line(void *arg, const char *line, size_t n, struct err *e)
{
	struct log_net *l = arg;
	AUTO_JSON cJSON *o = event_parse(line, n, e);
	AUTO_FREE char *shown = NULL;
	enum event_type type;
	bool net;

	if (o == NULL)
		return -1;
	type = event_type(o);
	net = type == EVENT_NET;
	if (!net && type != EVENT_NET_END)
		return 0;
	if (l->json) {
		shown = l->is_terminal ? print_json_escaped(line, n) : NULL;
		if (shown != NULL)
			fputs(shown, l->out);
		else
			fwrite(line, 1, n, l->out);
		fputc('\n', l->out);
	} else if (net) {
		cJSON_AddItemToArray(l->hosts, o);
		o = NULL;
	} else
		log_net_end(l, o);
	return ferror(l->out) ? err_sys(e, "can't write the log") : 0;
}

/* "08:32:06  registry.example:443  192.0.2.1, allowed by --net, call_1_0,
 * 2 connections, 1200 bytes sent, 34000 received" */
static void
log_net_host(const struct log_net *l, const cJSON *o)
{
	const char *t = json_str_or(o, "t", ""), *host = json_str_or(o, "host",
	    "?"), *refused = json_str(o, "refused");
	AUTO_FREE char *name = url_authority(host, (int)json_int(o, "port", 0));
	AUTO_BUF struct buf b = BUF_INIT(0), clean = BUF_INIT(0);
	long long n = json_int(o, "connections", 0);
	size_t i;

	buf_addf(&b, "%.8s  %s  ", strlen(t) >= 19 ? t + 11 : "--:--:--", name);
	if (refused != NULL)
		buf_addf(&b, "refused: %s", refused);
	else
		buf_addf(&b, "%s, allowed by %s", json_str_or(o, "address",
		    "?"), json_str_or(o, "allowed_by", "?"));
	buf_addf(&b, ", %s", json_str_or(o, "call", "?"));
	if (refused == NULL && json_get(o, "connections") != NULL)
		buf_addf(&b, ", %lld connection%s, %lld bytes sent, %lld "
		    "received", n, n == 1 ? "" : "s",
		    (long long)json_int(o, "sent", 0),
		    (long long)json_int(o, "received", 0));
	else if (refused == NULL)
		buf_adds(&b, ", still open when the journal ends");
	/* None of it may start a line. */
	for (i = 0; i < b.len; i++)
		if (b.p[i] == '\n')
			b.p[i] = ' ';
	sanitize_add(&clean, buf_str(&b), b.len, l->flags);
	fprintf(l->out, "%s\n", buf_str(&clean));
}

int
log_net_print(FILE *out, const char *dir, bool json, bool is_terminal,
    unsigned flags, struct err *e)
{
	struct log_net l = { out, json, is_terminal, flags,
	    cJSON_CreateArray() };
	int rc = log_lines(dir, log_net_line, &l, NULL, e);
	const cJSON *o;

	cJSON_ArrayForEach(o, l.hosts)
		log_net_host(&l, o);
	if (!json && cJSON_GetArraySize(l.hosts) == 0)
		fputs("No command connected to a host.\n", out);
	cJSON_Delete(l.hosts);
	if (fflush(out) != 0 || ferror(out))
		rc = err_sys(e, "can't write the log");
	return rc;
}
