/* A front end's client, whose core is the other end of a socket pair. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/lineio.h"
#include "base/mem.h"
#include "client/client.h"
#include "journal/command.h"
#include "journal/event.h"
#include "journal/fold.h"
#include "tests/unit/unit.h"

#define HELLO "{\"type\":\"hello\",\"session\":\"s1\",\"protocol\":1}"
#define LIVE "{\"type\":\"live\"}"
#define SYNCED "{\"type\":\"synced\"}"
#define ASK(id) "{\"type\":\"ask\",\"id\":\"" id "\",\"call\":" \
	"\"c\",\"name\":\"bash\",\"command\":\"make\",\"why\":\"no sandbox\"}"
#define NOTE(text) "{\"type\":\"note\",\"text\":\"" text "\"}"

struct front {
	struct client	 client;
	struct fold	*fold;
	int		 core;
	struct buf	 shown;		/* texts of notes */
	int		 lines, closed, signals, seq;
	bool		 changed;	/* the question isn't the one that was
					   shown */
};

static void
front_line(void *arg, const struct event *l)
{
	struct front *f = arg;

	f->lines++;
	assert_true(l->type != EVENT_LIVE || f->client.live);
}

static void
front_show(void *arg, const struct event *l)
{
	struct front *f = arg;

	if (l->type == EVENT_NOTE)
		buf_addf(&f->shown, "%s ", l->note.text);
	else if (l->type == EVENT_REFUSED)
		buf_adds(&f->shown, "refused ");
}

static bool
front_stands(void *arg)
{
	return !((struct front *)arg)->changed;
}

static void
front_closed(void *arg)
{
	((struct front *)arg)->closed++;
}

static void
front_signal(void *arg, int signo)
{
	struct front *f = arg;

	assert_int_equal(signo, SIGUSR1);
	f->signals++;
	if (!client_interrupt(&f->client))
		client_leave(&f->client);
}

static const int front_signals[] = { SIGUSR1, 0 };
static const struct client_ops front_ops = {
	.line = front_line, .show = front_show, .past = 2,
	.stands = front_stands, .closed = front_closed,
	.signals = front_signals, .signal = front_signal,
};

static void
front_open(struct front *f)
{
	int sv[2];

	memset(f, 0, sizeof(*f));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	f->core = sv[1];
	assert_int_equal(fcntl(f->core, F_SETFL, O_NONBLOCK), 0);
	f->client.io = lineio_new_take(sv[0], 1 << 20, 1 << 20);
	f->fold = fold_new();
	client_open(&f->client, f->fold, &front_ops, f);
}

static void
front_close(struct front *f)
{
	if (f->core >= 0)
		close(f->core);
	client_release(&f->client);
	fold_free(f->fold);
	buf_release(&f->shown);
}

/* The core sends this line, with a number, and it is read. */
static void
core_says(struct front *f, const char *line)
{
	assert_true(dprintf(f->core, "{\"seq\":%d,%s\n", ++f->seq,
	    line + 1) > 0);
	assert_int_equal(client_read(&f->client), 0);
}

/* The lines sent to the core since. */
static const char *
core_got(struct front *f)
{
	static char got[4096];
	ssize_t n = read(f->core, got, sizeof(got) - 1);

	got[n < 0 ? 0 : n] = '\0';
	return got;
}

static void
front_begin(struct front *f)
{
	front_open(f);
	core_says(f, HELLO);
	core_says(f, LIVE);
	assert_string_equal(f->client.session, "s1");
	assert_true(f->client.live);
}

/* The user says yes. */
static bool
front_answers(struct front *f)
{
	return client_stands(&f->client) && client_send(&f->client,
	    command_answer(f->fold, true, NULL)) == 0;
}

/* An answer counts for what was asked, not for what waits when it comes. */
TEST(test_late_answer)
{
	struct front f;

	front_begin(&f);
	core_says(&f, ASK("q1"));
	assert_int_equal(client_waits(&f.client), REVIEW_ASK);
	client_ask(&f.client, REVIEW_ASK);
	assert_true(client_stands(&f.client));
	/* Another question comes, before the answer to the first. */
	core_says(&f, ASK("q2"));
	assert_int_equal(f.closed, 1);
	assert_false(front_answers(&f));
	assert_string_equal(core_got(&f), "");
	/* Asked anew, it is answered once. */
	client_ask(&f.client, REVIEW_ASK);
	assert_true(front_answers(&f));
	assert_non_null(strstr(core_got(&f), "\"id\":\"q2\""));
	front_close(&f);
}

/* The same question, but what the user sees of it has changed. */
TEST(test_changed)
{
	struct front f;

	front_begin(&f);
	core_says(&f, ASK("q1"));
	client_ask(&f.client, REVIEW_ASK);
	f.changed = true;
	/* While an editor has the terminal, nothing is printed. */
	client_hold(&f.client, true);
	core_says(&f, NOTE("one"));
	assert_int_equal(f.closed, 0);
	client_hold(&f.client, false);
	assert_false(front_answers(&f));
	assert_int_equal(f.closed, 1);
	assert_string_equal(core_got(&f), "");
	front_close(&f);
}

/* Nothing is printed into a question, and nothing is lost by it. */
TEST(test_held)
{
	struct front f;

	front_begin(&f);
	core_says(&f, NOTE("one"));
	core_says(&f, ASK("q1"));
	client_ask(&f.client, REVIEW_ASK);
	core_says(&f, NOTE("two"));
	core_says(&f, NOTE("three"));
	assert_string_equal(buf_str(&f.shown), "one ");
	/* They are folded meanwhile. */
	assert_int_equal(f.lines, 6);
	client_ask(&f.client, REVIEW_NOTHING);
	core_says(&f, NOTE("four"));
	assert_string_equal(buf_str(&f.shown), "one two three four ");
	front_close(&f);
}

/* Of the old lines of a session that goes on, only the last ones are shown. */
TEST(test_resume)
{
	struct front f;

	front_open(&f);
	core_says(&f, HELLO);
	core_says(&f, NOTE("old"));
	core_says(&f, NOTE("older"));
	core_says(&f, NOTE("last"));
	assert_string_equal(buf_str(&f.shown), "");
	core_says(&f, LIVE);
	core_says(&f, NOTE("new"));
	assert_string_equal(buf_str(&f.shown), "older last new ");
	/* An answer to all that was sent before, and the step after that. */
	client_sync(&f.client);
	client_sync(&f.client);
	assert_string_equal(core_got(&f),
	    "{\"type\":\"sync\"}\n{\"type\":\"sync\"}\n");
	core_says(&f, SYNCED);
	assert_false(client_is_synced(&f.client));
	core_says(&f, SYNCED);
	assert_true(client_is_synced(&f.client));
	assert_string_equal(core_got(&f), "");
	front_close(&f);
}

/* A signal while something is asked: the question stays; a second one leaves. */
TEST(test_interrupt)
{
	struct front f;
	sigset_t mask;

	front_begin(&f);
	core_says(&f, ASK("q1"));
	client_ask(&f.client, REVIEW_ASK);
	/* Blocked, so that they can only be read; both before they are. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	raise(SIGUSR1);
	f.client.interrupts = 1;
	client_run(&f.client);
	assert_int_equal(f.client.end, CLIENT_RUNS);
	assert_int_equal(f.signals, 1);
	assert_string_equal(core_got(&f), "");
	assert_true(client_stands(&f.client));
	/* The user has done something else since. */
	f.client.interrupts = 0;
	assert_true(client_interrupt(&f.client));
	assert_string_equal(core_got(&f), "{\"type\":\"interrupt\"}\n");
	assert_false(client_interrupt(&f.client));
	assert_string_equal(core_got(&f), "");
	front_close(&f);
}

static void
core_leaves(struct front *f)
{
	close(f->core);
	f->core = -1;
	assert_int_equal(client_read(&f->client), -1);
}

TEST(test_lost)
{
	struct front f;

	front_begin(&f);
	core_leaves(&f);
	assert_int_equal(f.client.end, CLIENT_GONE);
	assert_string_equal(f.client.why, "the background process died");
	front_close(&f);
	/* It said why it can't go on. */
	front_begin(&f);
	core_says(&f, "{\"type\":\"refused\",\"text\":\"done already\","
	    "\"exit\":0}");
	assert_null(f.client.why);
	core_says(&f, "{\"type\":\"refused\",\"text\":\"disk full\","
	    "\"exit\":1}");
	core_leaves(&f);
	assert_int_equal(f.client.end, CLIENT_REFUSED);
	assert_string_equal(f.client.why, "disk full");
	assert_int_equal(f.client.code, 1);
	front_close(&f);
}

TEST(test_ended)
{
	struct front f;

	front_begin(&f);
	core_says(&f, "{\"type\":\"ended\",\"exit\":5}");
	core_leaves(&f);
	assert_int_equal(f.client.end, CLIENT_ENDED);
	assert_int_equal(f.client.code, 5);
	front_close(&f);
}

/* A number that no process ends with isn't success. */
TEST(test_exit)
{
	struct front f;

	front_begin(&f);
	core_says(&f, "{\"type\":\"ended\",\"exit\":256}");
	assert_int_equal(f.client.code, 1);
	front_close(&f);
}

/* It hangs up when the front end has left already. */
TEST(test_left)
{
	struct front f;

	front_begin(&f);
	client_leave(&f.client);
	core_leaves(&f);
	assert_int_equal(f.client.end, CLIENT_RUNS);
	front_close(&f);
}

/* Its last lines and its end come together. */
TEST(test_last_lines)
{
	struct front f;
	static const char last[] = NOTE("bye") "\n{\"type\":\"ended\","
	    "\"exit\":3}\n";

	front_begin(&f);
	assert_int_equal(write(f.core, last, sizeof(last) - 1),
	    sizeof(last) - 1);
	close(f.core);
	f.core = -1;
	client_run(&f.client);
	assert_int_equal(f.client.end, CLIENT_ENDED);
	assert_int_equal(f.client.code, 3);
	assert_string_equal(buf_str(&f.shown), "bye ");
	front_close(&f);
}

/* A broken line is reported, and doesn't end the client. */
TEST(test_broken)
{
	struct front f;

	front_begin(&f);
	core_says(&f, "{\"type\":");
	assert_true(f.client.unread);
	core_says(&f, NOTE("more"));
	assert_string_equal(buf_str(&f.shown), "refused more ");
	assert_int_equal(f.client.end, CLIENT_RUNS);
	front_close(&f);
}

/* Without a screen: a signal interrupts, a second one leaves. */
TEST(test_stop)
{
	struct front f;

	front_begin(&f);
	client_stop(&f.client, SIGINT);
	assert_string_equal(core_got(&f), "{\"type\":\"interrupt\"}\n");
	assert_false(f.client.left);
	client_stop(&f.client, SIGTERM);
	assert_string_equal(core_got(&f), "");
	client_run(&f.client);
	assert_int_equal(f.client.end, CLIENT_RUNS);
	front_close(&f);
}

/* A command and its answer; a refusal. */
TEST(test_request)
{
	static const char lines[] = NOTE("one") "\n" LIVE "\n" NOTE("two")
	    "\n{\"type\":\"refused\",\"to\":\"end\",\"text\":\"not now\"}\n"
	    NOTE("three") "\n";
	struct event *got = NULL;
	struct err e = ERR_INIT;
	struct front f;

	front_open(&f);
	assert_int_equal(write(f.core, lines, sizeof(lines) - 1),
	    sizeof(lines) - 1);
	assert_int_equal(client_request(&f.client, f.fold, command_of("typing"),
	    EVENT_LIVE, NULL, &e), 1);
	assert_string_equal(core_got(&f), "{\"type\":\"typing\"}\n");
	assert_int_equal(client_request(&f.client, f.fold, command_of("end"),
	    EVENT_TYPES_LEN, NULL, &e), -1);
	assert_string_equal(e.text, "not now");
	/* The rest is still there; then it hung up. */
	close(f.core);
	f.core = -1;
	assert_int_equal(client_request(&f.client, f.fold, NULL, EVENT_NOTE,
	    &got, &e), 1);
	assert_string_equal(got->note.text, "three");
	assert_int_equal(client_request(&f.client, f.fold, NULL, EVENT_NOTE,
	    NULL, &e), 0);
	event_drop(&got);
	front_close(&f);
}
