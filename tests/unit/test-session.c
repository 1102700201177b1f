/* Folders of sessions: names, list, resolving, lock, socket. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/fold.h"
#include "journal/reader.h"
#include "journal/session.h"
#include "tests/unit/unit.h"

#define START "{\"type\":\"session_start\","

static int
scratch_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/assent-session-XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);

	*state = dir;
	if (mkdtemp(dir) == NULL)
		return -1;
	return setenv("XDG_STATE_HOME", dir, 1);
}

static int
scratch_teardown(void **state)
{
	int rc = fs_remove_tree(AT_FDCWD, *state, NULL);

	free(*state);
	return rc;
}

static void
session_make(const char *id, const char *first)
{
	struct err e = ERR_INIT;
	char *dir = session_dir(id, &e), *path;
	int fd;

	assert_non_null(dir);
	assert_int_equal(fs_mkdirs(dir, 0700, &e), 0);
	path = fs_join(dir, "journal.jsonl");
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fs_write_all(fd, first, strlen(first)), 0);
	close(fd);
	free(path);
	free(dir);
}

/* A core that is told to use such a folder looks for itself. */
TEST_WITH(test_check, scratch_setup, scratch_teardown)
{
	char *top = session_state_dir(NULL), *id, *dir;
	char again[SESSION_SECRET_SIZE];
	struct err e = ERR_INIT;

	assert_int_equal(session_check(NULL, &e), 0);
	assert_int_equal(fs_mkdirs(top, 0700, &e), 0);
	assert_int_equal(chmod(top, 0707), 0);
	assert_int_equal(session_check("none", &e), -1);
	assert_non_null(strstr(e.text, "mode 0707"));
	e = (struct err)ERR_INIT;
	assert_int_equal(session_make_dir(&id, &dir, false, &e), -1);
	assert_non_null(strstr(e.text, "chmod go-w"));
	assert_int_equal(session_connect("x", again, &e), -1);
	assert_int_equal(chmod(top, 0700), 0);
	assert_int_equal(session_check("none", NULL), 0);
	free(dir);
	free(id);
	free(top);
}

TEST_WITH(test_list, scratch_setup, scratch_teardown)
{
	struct session_info *list;
	struct err e = ERR_INIT;
	size_t n;

	assert_int_equal(session_list(NULL, SESSION_ALL, &list, &n, &e), 0);
	assert_int_equal(n, 0);
	session_list_free(list, n);
	assert_null(session_resolve(NULL, "/p", &e));
	assert_non_null(strstr(e.text, "/p"));
	e = (struct err)ERR_INIT;
	assert_null(session_resolve("2026", "/p", &e));
	e = (struct err)ERR_INIT;

	session_make("20260101-000000-0001", START "\"t\":\"T1\",\"root\":\"/p\","
	    "\"mode\":\"exec\",\"task\":\"do it\"}\n{}\n");
	session_make("20260301-000000-0003", START "\"root\":\"/q\",\"task\":\"x\"}\n");
	/* Two of one second: the later one is not the one with the higher id. */
	session_make("20250101-000000-ffff", START "\"t\":\"2025-01-01T00:00:00.1\","
	    "\"root\":\"/two\",\"task\":\"x\"}\n");
	session_make("20250101-000000-aaaa", START "\"t\":\"2025-01-01T00:00:00.9\","
	    "\"root\":\"/two\",\"task\":\"x\"}\n");
	session_make("20260201-000000-0002", START "\"root\":\"/p\","
	    "\"task\":\"x\"}\n");
	/* Nothing was asked in it. */
	session_make("20260202-000000-0006", START "\"root\":\"/p\"}\n");
	session_make("20260401-000000-0004", START "\"root\":\"/p\"");
	session_make("20260402-000000-0005", "\x1b[2J\n");
	assert_int_equal(session_list(NULL, SESSION_ALL, &list, &n, &e), 0);
	assert_int_equal(n, 8);
	assert_string_equal(list[0].id, "20260402-000000-0005");
	assert_null(list[0].state.root);
	assert_string_equal(list[5].state.task, "do it");
	assert_string_equal(list[5].state.mode, "exec");
	assert_string_equal(list[5].state.started, "T1");
	assert_false(list[5].alive);
	session_list_free(list, n);
	assert_int_equal(session_list("/p", SESSION_ALL, &list, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(list[1].id, "20260201-000000-0002");
	session_list_free(list, n);
}

static unsigned
grep_chance(size_t below)
{
	static uint64_t seed = 1;

	seed = seed * UINT64_C(6364136223846793005) + 1;
	return (unsigned)(seed >> 33) % (unsigned)below;
}

/* A text of 1 to `most` of these characters, by chance. */
static void
grep_random(char *to, const char *from, unsigned most)
{
	unsigned n = 1 + grep_chance(most);

	to[n] = '\0';
	while (n-- > 0)
		to[n] = from[grep_chance(strlen(from))];
}

/* The look at the raw line loses no match: any pattern finds what it finds in the
 * text itself. */
TEST_WITH(test_grep_any, scratch_setup, scratch_teardown)
{
	struct session_info s = { .id = (char *)"20260101-000000-0001" };
	char pattern[16], text[16];
	AUTO_FREE char *dir = NULL, *path = NULL;
	AUTO_CLOSE int fd = -1;
	int round, found = 0, flags;

	session_make(s.id, "");
	dir = session_dir(s.id, NULL);
	path = fs_join(dir, "journal.jsonl");
	fd = open(path, O_WRONLY);
	for (round = 0; round < 50000; round++) {
		AUTO_JSON cJSON *o = cJSON_CreateObject();
		AUTO_FREE char *line = NULL, *lines = NULL;
		struct session_grep *g;
		regex_t re;
		bool matches;

		grep_random(pattern, "aabbcB01 |*??++.[]((){})^$\\\"/-", 7);
		grep_random(text, "aabbcAB12  \\\"/-,\n\t\x01", 12);
		g = session_grep_new(pattern, NULL);
		flags = REG_EXTENDED | REG_NEWLINE |
		    (strchr(pattern, 'B') == NULL ? REG_ICASE : 0);
		if (regcomp(&re, pattern, flags) != 0) {
			assert_null(g);
			continue;
		}
		assert_non_null(g);
		matches = regexec(&re, text, 0, NULL, 0) == 0;
		regfree(&re);
		json_add_int(o, "seq", 1);
		json_add_str(o, "type", "user_message");
		json_add_str(o, "text", text);
		line = json_print(o);
		lines = xasprintf("%-200s\n", line);
		assert_int_equal(pwrite(fd, lines, strlen(lines), 0),
		    strlen(lines));
		if (session_grep(g, &s) != matches)
			fail_msg("\"%s\" in %s", pattern, line);
		found += matches;
		session_grep_free(g);
	}
	assert_in_range(found, 3000, 47000);
	free(s.match.text);
}

static void
state_file(int dirfd, const char *name, const char *text)
{
	assert_int_equal(fs_replace(dirfd, name, text, strlen(text), 0600,
	    NULL), 0);
}

/* The state by the journal's lines: the same from the state at any earlier
 * line, from none, and from one that is cut off or of another journal. */
TEST_WITH(test_state, scratch_setup, scratch_teardown)
{
	static const struct {
		const char	*line;
		enum session_says says;
	} rows[] = {
		{ "\"session_start\",\"root\":\"/p\"", SESSION_UNKNOWN },
		{ "\"user_message\",\"by\":\"user\",\"text\":\"one\"",
		    SESSION_WORKS },
		{ "\"plan\",\"status\":\"proposed\"", SESSION_WAITS },
		{ "\"plan\",\"status\":\"approved\"", SESSION_WORKS },
		{ "\"budget\"", SESSION_WAITS },
		{ "\"budget\",\"action\":\"more\"", SESSION_WORKS },
		{ "\"ask\"", SESSION_WAITS },
		{ "\"answer\"", SESSION_WORKS },
		{ "\"proposal\",\"files\":[{}]", SESSION_WAITS },
		{ "\"user_message\",\"by\":\"user\",\"question\":{}",
		    SESSION_WAITS },
		{ "\"user_message\",\"by\":\"user\"", SESSION_WORKS },
		{ "\"proposal\",\"files\":[{}]", SESSION_WAITS },
		{ "\"decision\"", SESSION_WORKS },
		{ "\"apply_begin\"", SESSION_APPLIES },
		{ "\"applied\"", SESSION_WORKS },
		{ "\"proposal\",\"files\":[]", SESSION_WORKS },
		{ "\"agent_end\",\"outcome\":\"done\"", SESSION_ENDED },
		{ "\"tool_call\",\"by\":\"user\",\"name\":\"bash\"",
		    SESSION_WORKS },
		{ "\"tool_result\",\"by\":\"user\",\"name\":\"bash\"",
		    SESSION_ENDED },
		{ "\"note\",\"ended\":true", SESSION_ENDED },
		{ "\"user_message\",\"by\":\"user\",\"text\":\"two\"",
		    SESSION_WORKS },
		{ "\"proposal\",\"files\":[{}]", SESSION_WAITS },
		{ "\"agent_end\",\"outcome\":\"failed\",\"proposed\":[1]",
		    SESSION_WAITS },
		{ "\"decision\"", SESSION_WORKS },
		{ "\"proposal\",\"files\":[]", SESSION_ENDED },
		{ "\"turn_end\",\"cost_usd\":0.25", SESSION_ENDED },
		{ "\"turn_end\",\"cost_usd\":null", SESSION_ENDED },
		{ "\"compaction\",\"usage\":{},\"cost_usd\":0.5",
		    SESSION_ENDED },
		{ "\"review\",\"cost_usd\":2", SESSION_ENDED },
	};
	AUTO_BUF struct buf all = BUF_INIT(0);
	AUTO_CLOSE int fd = open(*state, O_RDONLY | O_DIRECTORY);
	struct session_state s, old;
	size_t i, from;

	for (from = 0; from < MEM_COUNT(rows); from++) {
		buf_clear(&all);
		for (i = 0; i < MEM_COUNT(rows); i++) {
			buf_addf(&all, "{\"type\":%s}\n", rows[i].line);
			state_file(fd, "journal.jsonl", buf_str(&all));
			session_state_read(fd, &s);
			assert_int_equal(session_state_says(&s), rows[i].says);
			assert_int_equal(s.at, all.len);
			assert_int_equal(s.ended, i == 19);
			if (i == from)
				session_state_write(fd, &s);
			session_state_release(&s);
		}
	}
	session_state_read(fd, &s);
	assert_string_equal(s.task, "one");
	assert_string_equal(s.latest, "two");
	assert_string_equal(s.outcome, "failed");
	assert_int_equal(s.cost, 2750000);
	state_file(fd, "state", "{\"at\":9999999,\"hunks\":2}");
	session_state_read(fd, &old);
	assert_int_equal(session_state_says(&old), SESSION_ENDED);
	session_state_release(&old);
	state_file(fd, "state", "{\"at\":10,\"hunks\":");
	session_state_read(fd, &old);
	assert_string_equal(old.latest, s.latest);
	session_state_release(&old);
	session_state_release(&s);
}

static int
dir_of(const char *id)
{
	AUTO_FREE char *dir = session_dir(id, NULL);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int
lock_of(const char *id)
{
	struct err e = ERR_INIT;
	char *dir = session_dir(id, &e);
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = session_lock(dirfd, dir, &e);

	assert_true(fd >= 0);
	close(dirfd);
	free(dir);
	return fd;
}

/* As it was read, and only while nobody has its lock. */
TEST_WITH(test_remove, scratch_setup, scratch_teardown)
{
	static const char id[] = "20260101-000000-0001";
	AUTO(session_info_release) struct session_info s = { 0 };
	struct err e = ERR_INIT, e2 = ERR_INIT;
	int fd;

	session_make(id, START "\"root\":\"/p\"}\n");
	assert_true(session_look(id, &s));
	fd = lock_of(id);
	assert_int_equal(session_remove(&s, &e), -1);
	assert_non_null(strstr(e.text, "is running"));
	close(fd);
	session_make(id, START "\"root\":\"/p\"}\n{\"type\":\"ask\"}\n");
	assert_int_equal(session_remove(&s, &e2), -1);
	assert_non_null(strstr(e2.text, "was resumed meanwhile"));
	session_info_release(&s);
	assert_true(session_look(id, &s));
	assert_int_equal(session_remove(&s, NULL), 0);
	assert_null(session_resolve(id, NULL, NULL));
}

/* A proposal that came after your message waits for you, as any; so does that
 * of a session which you had ended. A proof that ran before counts no more. */
TEST(test_waits_again)
{
	static const char *const lines[] = {
		"{\"type\":\"note\",\"by\":\"core\",\"text\":\"x\",\"ended\":true}",
		"{\"type\":\"user_message\",\"by\":\"user\",\"text\":\"go\"}",
		"{\"type\":\"proof\",\"by\":\"core\",\"which\":\"your_tests\","
		"\"status\":\"running\",\"proposal\":1,\"version\":1}",
		"{\"type\":\"evidence\",\"by\":\"core\",\"status\":\"stale\"}",
		"{\"type\":\"proposal\",\"by\":\"core\",\"final\":true,"
		"\"files\":[{\"path\":\"a\",\"hunks\":[{\"id\":\"h\"}]}]}",
	};
	struct session_state s = { 0 };
	size_t i;

	for (i = 0; i < MEM_COUNT(lines); i++) {
		AUTO_JSON cJSON *o = json_parse(lines[i], strlen(lines[i]),
		    JSON_OWN, NULL);
		AUTO_EVENT struct event e = { 0 };

		event_read(&e, o);
		(void)session_state_line(&s, &e);
	}
	assert_int_equal(session_state_waits(&s), SESSION_HUNKS);
	assert_int_equal(s.runs, 0);
	assert_false(s.ended);
	session_state_release(&s);
}

/* The short state says waiting when the screen does, after each line of old
 * journals. */
TEST(test_waits)
{
	AUTO_FREE char *dir = fs_join(getenv("srcdir"),
	    "tests/fixtures/journal");
	AUTO_DIR DIR *d = fs_opendir(dir);
	const struct dirent *de;
	int n = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		AUTO_CLOSE int fd = openat(dirfd(d), de->d_name, O_RDONLY);
		struct linefile l = { .fd = fd, .b = BUF_INIT(1 << 24) };
		struct session_state s = { 0 };
		struct fold *f = fold_new();
		const char *line;
		size_t len;

		while (strstr(de->d_name, ".jsonl") != NULL &&
		    linefile_next(&l, &line, &len, NULL) == LINEFILE_LINE) {
			AUTO_JSON cJSON *o = json_parse(line, len, JSON_OWN,
			    NULL);
			AUTO_EVENT struct event e = { 0 };
			enum session_wait w;

			event_read(&e, o);
			(void)session_state_line(&s, &e);
			fold_line(f, o);
			w = f->ask.command != NULL ? SESSION_QUESTION :
			    f->pause != NULL ? SESSION_LIMIT :
			    f->plan.status == FOLD_PLAN_PROPOSED ?
			    SESSION_PLAN : f->proposal != NULL &&
			    s.applies == 0 ? SESSION_HUNKS : SESSION_NOTHING;
			if (session_state_waits(&s) != w)
				fail_msg("%s: %d, not %d, after %.200s",
				    de->d_name, session_state_waits(&s), w,
				    line);
			if (w == SESSION_HUNKS)
				assert_int_equal(s.files, f->proposal->files_len);
			n += w != SESSION_NOTHING;
		}
		linefile_release(&l);
		session_state_release(&s);
		fold_free(f);
	}
	assert_true(n > 20);
}

/* Read all that there is to read, once it comes. */
static void
watch_read(struct session_watch *w, bool comes)
{
	struct pollfd p = { session_watch_fd(w), POLLIN, 0 };
	unsigned was = session_watch_changes(w);

	while (session_watch_step(w) || (comes &&
	    session_watch_changes(w) == was))
		(void)poll(&p, 1, comes && session_watch_changes(w) == was ?
		    -1 : 0);
}

static size_t
watch_waits(const struct session_watch *w, const char *first)
{
	size_t n;
	const struct session_info **v = session_watch_waiting(w, &n);

	if (first == NULL)
		assert_int_equal(n, 0);
	else
		assert_string_equal(v[0]->id, first);
	free(v);
	return n;
}

static void
of_is(const struct session_watch *w, const char *own, const char *id)
{
	const struct session_info *s = session_watch_of(w, "/r", own);

	if (id == NULL)
		assert_null(s);
	else
		assert_string_equal(s->id, id);
}

/* Waiting sessions, the longest first; the next one of a project; and each
 * change by others is noticed. */
TEST_WITH(test_watch, scratch_setup, scratch_teardown)
{
	static const char line[] = START "\"t\":\"2024-01-01T00:00:00.000Z\","
	    "\"root\":\"/r\",\"mode\":\"interactive\",\"task\":\"x\"}\n";
	static const char plan[] = "{\"type\":\"plan\",\"status\":"
	    "\"proposed\",\"steps\":[1,2],\"t\":\"2024-01-0%dT00:00:00.000Z\"}\n";
	static const char end[] = "{\"type\":\"agent_end\",\"outcome\":"
	    "\"done\",\"t\":\"2024-01-09T00:00:00.000Z\"}\n";
	struct session_watch *w;
	unsigned was;
	struct session_state s;
	AUTO_BUF struct buf text = BUF_INIT(0);
	char id[32];
	int i, old, fd;

	for (i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "20240101-0000%02d-0000", i);
		session_make(id, line);
	}
	w = session_watch_new();
	watch_read(w, false);
	assert_int_equal(watch_waits(w, NULL), 0);
	of_is(w, "none", "20240101-000049-0000");
	of_is(w, "20240101-000049-0000", "20240101-000048-0000");
	/* One that is open comes before newer ones. */
	old = lock_of("20240101-000003-0000");
	fd = dir_of("20240101-000003-0000");
	state_file(fd, "state", "{}");
	watch_read(w, true);
	of_is(w, "none", "20240101-000003-0000");
	of_is(w, "20240101-000003-0000", "20240101-000049-0000");
	close(fd);
	/* A core writes that it waits; then one whose turn was before. */
	for (i = 3; i > 1; i--) {
		snprintf(id, sizeof(id), "20240101-0000%02d-0000", i);
		fd = dir_of(id);
		buf_clear(&text);
		buf_adds(&text, line);
		buf_addf(&text, plan, i);
		state_file(fd, "journal.jsonl", buf_str(&text));
		watch_read(w, true);
		assert_int_equal(watch_waits(w, id), 4 - i);
		close(fd);
	}
	/* It has ended unseen; then a key came. */
	fd = dir_of("20240101-000005-0000");
	buf_clear(&text);
	buf_addf(&text, "%s%s", line, end);
	state_file(fd, "journal.jsonl", buf_str(&text));
	session_state_read(fd, &s);
	session_state_write(fd, &s);
	session_state_release(&s);
	watch_read(w, true);
	assert_int_equal(watch_waits(w, "20240101-000002-0000"), 3);
	state_file(fd, "seen", "");
	watch_read(w, true);
	assert_int_equal(watch_waits(w, "20240101-000002-0000"), 2);
	close(fd);
	/* Its core is gone, in whichever way. */
	close(old);
	watch_read(w, true);
	of_is(w, "none", "20240101-000049-0000");
	session_make("20250101-000000-0000", line);
	watch_read(w, true);
	of_is(w, "none", "20250101-000000-0000");
	/* Until the changes have settled there is nothing to do. */
	session_make("20250101-000001-0000", line);
	was = session_watch_changes(w);
	assert_false(session_watch_step(w));
	watch_read(w, session_watch_changes(w) == was);
	session_watch_free(w);
}

/* In a folder whose path is far longer than an address of a socket. */
TEST_WITH(test_socket, scratch_setup, scratch_teardown)
{
	const char *id = "20260201-000000-0002";
	char *deep = xasprintf("%s/%0200d", (char *)*state, 7), *dir, *sock;
	struct err e = ERR_INIT;
	struct stat st;
	char first[SESSION_SECRET_SIZE], again[SESSION_SECRET_SIZE];
	char *secret, *inside;
	int fd, to, in;
	char c = 0;

	setenv("XDG_STATE_HOME", deep, 1);
	session_make(id, "{}\n");
	dir = session_dir(id, &e);
	sock = fs_join(dir, "sock");
	assert_int_equal(session_connect(id, again, &e), -1);
	assert_non_null(strstr(e.text, "assent resume"));
	e = (struct err)ERR_INIT;

	fd = session_listen(dir, first, &e);
	if (fd < 0)
		fail_msg("%s", e.text);
	assert_int_equal(lstat(sock, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	to = session_connect(id, again, &e);
	assert_true(to >= 0);
	in = accept(fd, NULL, NULL);
	assert_true(in >= 0);
	assert_true(session_peer_is_user(in));
	assert_int_equal(write(to, "x", 1), 1);
	assert_int_equal(read(in, &c, 1), 1);
	assert_int_equal(c, 'x');
	close(in);
	close(to);
	close(fd);

	/* The secret in the session's folder: new each time, and readable by
	 * nobody else. */
	assert_int_equal(strlen(first), SESSION_SECRET_SIZE - 1);
	assert_string_equal(first, again);
	secret = fs_join(dir, "secret");
	assert_int_equal(lstat(secret, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	free(secret);

	/* A dead core's socket doesn't block a new one. */
	assert_int_equal(session_connect(id, again, &e), -1);
	assert_non_null(strstr(e.text, "isn't running"));
	fd = session_listen(dir, again, &e);
	assert_true(fd >= 0);
	assert_string_not_equal(first, again);
	close(fd);
	/* Nor is an empty folder of that name. */
	assert_int_equal(unlink(sock), 0);
	assert_int_equal(mkdir(sock, 0700), 0);
	fd = session_listen(dir, first, &e);
	assert_true(fd >= 0);
	close(fd);
	/* A folder that holds something is left alone. */
	inside = fs_join(sock, "x");
	assert_int_equal(unlink(sock), 0);
	assert_int_equal(mkdir(sock, 0700), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	e = (struct err)ERR_INIT;
	assert_int_equal(session_listen(dir, first, &e), -1);
	assert_true(err_is_set(&e));
	free(inside);
	free(sock);
	free(dir);
	free(deep);
	setenv("XDG_STATE_HOME", *state, 1);
}
